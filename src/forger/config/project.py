"""The project that Forger is used in: [tool.forger] in the pyproject.toml of the working directory.

It says once what each command would have to be told, the folder with configurations of its own and
the package that stored configurations may name:

    [tool.forger]
    conf = "conf"
    package = "my_project"
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from traceback import extract_tb
from typing import Any, NamedTuple

from forger.errors import ForgerError, first_line

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Project(NamedTuple):
    """The settings of a project; None for one that is not given."""

    # Folder with groups and options of its own, an absolute path.
    conf: Path | None = None
    # Package that configurations of its runs may name, as by `trust`.
    package: str | None = None


def is_run_folder(folder: Path) -> bool:
    """Whether this is the folder of a run, which perhaps came from a stranger."""
    return any((folder / file).exists() for file in ("run.json", "config/config.yaml"))


def working_directory() -> Path:
    """Raises ForgerError if it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise ForgerError("the working directory is there no more: cd to another one") from error


def find_project() -> Project:
    """The project of the working directory; an empty one where there is none, or in a run folder.

    Raises ForgerError if its file cannot be read, or names what is not there.
    """
    file = working_directory() / "pyproject.toml"
    # A run folder may come from a stranger, who could name a package there.
    if is_run_folder(file.parent) or not file.is_file():
        return Project()
    try:
        table: Any = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("forger", {})
    except (OSError, ValueError, AttributeError) as error:
        raise ForgerError(f"{file} cannot be read: {error}") from error
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise ForgerError(f"[tool.forger] in {file} may have only texts, such as conf = 'conf'")
    if unknown := table.keys() - set(Project._fields):
        raise ForgerError(
            f"[tool.forger] in {file} has an unknown setting {min(unknown)}: give only conf and"
            " package"
        )
    conf, package = table.get("conf"), table.get("package")
    if conf is not None and not (file.parent / conf).is_dir():
        raise ForgerError(f"conf (={conf}) of [tool.forger] in {file} is not a folder: create it")
    if package is not None and not package.isidentifier():
        raise ForgerError(
            f"package (={package}) of [tool.forger] in {file} is not the name of a"
            " package: give one such as my_package"
        )
    return Project(conf and (file.parent / conf).resolve(), package)


def trusted_packages() -> list[str]:
    """What is trusted in this working directory without being typed."""
    package = find_project().package
    return [] if package is None else [package]


def import_from_working_directory() -> None:
    """Let users' own networks, losses and data sets be imported from there.

    Not from a run folder, which may come from a stranger and contain a torch.py.
    """
    here = working_directory()
    if not is_run_folder(here):
        sys.path.insert(0, str(here))


@contextmanager
def hiding_told() -> Iterator[None]:
    """Raises ForgerError if a library is not found here, since a file or folder has its name."""
    try:
        yield
    except Exception as error:
        here = working_directory()
        others = [path for path in sys.path if path not in ("", str(here))]
        passed = {frame.filename for frame in extract_tb(error.__traceback__)}
        for file in [*here.glob("*.py"), *here.glob("*/__init__.py")]:
            own = file if file.parent == here else file.parent
            imported = own.stem in sys.modules or str(file) in passed
            if imported and PathFinder.find_spec(own.stem, others):
                raise ForgerError(
                    f"{first_line(error)}: {own} hides the installed package {own.stem}: give it"
                    " another name"
                ) from error
        raise


def not_imported_here(target: str) -> str:
    """The reason why a class in the working directory is not found there; empty for others."""
    here, module = working_directory(), target.partition(".")[0]
    if not is_run_folder(here) or not any((here / m).exists() for m in (module, f"{module}.py")):
        return ""
    return "; nothing is imported from here, a run folder: give the command in another one"
