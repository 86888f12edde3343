"""Archives of published data sets: found by their content, or downloaded."""

import hashlib
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from torchvision.datasets.utils import calculate_md5, download_url

from forger.data.idx import unpack
from forger.errors import ForgerError
from forger.runs.files import atomic_write


class Archive(NamedTuple):
    """A file of a data set as it was published.

    md5: MD5 sum of the archive. content: SHA-256 sum of the file in it, by which this file is known
    if it was packed anew, or not at all; empty if it is not known.
    """

    name: str
    urls: tuple[str, ...]
    md5: str
    content: str = ""


class Package(NamedTuple):
    """A package of Debian's, and the folder that it fills."""

    name: str
    folder: Path


def obtain(
    title: str, archives: Sequence[Archive], folder: Path, package: Package | None = None
) -> list[Path]:
    """The files of a data set, in the order of its archives.

    A file in `folder`, in its sub-folders or in the package is known by its content, whatever its
    name. What is missing is downloaded into `folder`, each archive whole or not at all.
    Raises ForgerError, with the remedy, if an archive is corrupt or cannot be downloaded.
    """
    places = [folder] if package is None else [folder, package.folder]
    files = [file for place in places for file in sorted(place.rglob("*")) if file.is_file()]
    found = find(archives, files)
    missing = [archive for archive in archives if archive not in found]
    for archive in missing:
        if corrupt := next((file for file in files if file.name == archive.name), None):
            raise ForgerError(
                f"{corrupt} is corrupt: its MD5 sum is not {archive.md5}; put the original file"
                " there"
            )
    with TemporaryDirectory(prefix="forger-") as scratch:
        if not all(download(archive, Path(scratch)) for archive in missing):
            install = (
                "" if package is None else f" install its package by `apt install {package.name}`,"
            )
            raise ForgerError(
                f"{title} is not in {folder} and could not be downloaded: connect to the internet,"
                f"{install} or put {', '.join(archive.name for archive in missing)} there"
            )
        for archive in missing:
            found[archive] = folder / archive.name
            # Under another name first: other processes must not see half a file.
            with atomic_write(found[archive]) as partial:
                shutil.copyfile(Path(scratch, archive.name), partial)
    return [found[archive] for archive in archives]


def find(archives: Sequence[Archive], files: Sequence[Path]) -> dict[Archive, Path]:
    """Those of the archives that are among the files, packed as published or otherwise."""
    names = {archive.name for archive in archives}
    published = {archive.md5: archive for archive in archives}
    contents = {archive.content: archive for archive in archives if archive.content}
    found: dict[Archive, Path] = {}
    # The names of the archives first: to hash all other files may take long.
    for file in sorted(files, key=lambda file: file.name not in names):
        if len(found) == len(archives):
            break
        archive = published.get(calculate_md5(file))
        if archive is None and contents:
            archive = contents.get(content_sum(file))
        if archive is not None:
            found.setdefault(archive, file)
    return found


def content_sum(file: Path) -> str:
    """SHA-256 sum of what is packed in a file, or of the file; empty if it cannot be unpacked."""
    try:
        return hashlib.sha256(unpack(file)).hexdigest()
    except (OSError, EOFError, zlib.error):
        return ""


def download(archive: Archive, folder: Path) -> bool:
    """Whether one of its addresses gave the archive, which is then in the folder."""
    for url in archive.urls:
        try:
            download_url(url, folder, archive.name, archive.md5)
        except (RuntimeError, OSError):
            continue
        return True
    return False
