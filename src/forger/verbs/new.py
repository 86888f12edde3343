"""`forger new`: a folder for a project of one's own, which runs at once."""

import keyword
import os
import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from omegaconf import DictConfig

from forger.config.schema import check
from forger.errors import ForgerError
from forger.runs.files import report_write_errors

# The files of a project whose name is my_project.
TEMPLATE = Path(__file__).parents[1] / "project"


@dataclass
class Settings:
    name: str


def run(config: DictConfig) -> None:
    """Copy the template to a new folder, all of it or nothing, with its name replaced.

    Raises ForgerError if the name is none for a package, or something is there already.
    """
    check(config, Settings)
    name, folder = config.name, Path(config.name)
    # pip takes no others: its names are of ASCII, and _ neither begins nor ends them.
    if not re.fullmatch("[a-zA-Z]([a-zA-Z0-9_]*[a-zA-Z0-9])?", name) or keyword.iskeyword(name):
        raise ForgerError(
            f"name (={name}) is not a name for a package: give English letters, digits and,"
            " between them, _"
        )
    if os.path.lexists(folder):
        raise ForgerError(f"{folder.resolve()} exists already: give another name, or remove it")
    if name != "my_project" and (TEMPLATE / name).exists():
        raise ForgerError(f"name (={name}) is a folder of every project: give another one")
    if find_spec(name) is not None:
        raise ForgerError(f"name (={name}) is the name of an installed package: give another one")
    partial = Path(f".{uuid4().hex}")
    with report_write_errors(folder):
        try:
            caches = shutil.ignore_patterns("__pycache__", ".ruff_cache")
            shutil.copytree(TEMPLATE, partial, ignore=caches)
            # In reverse order a folder comes after its content, and is renamed last.
            for path in sorted(partial.rglob("*"), reverse=True):
                if path.is_file():
                    text = path.read_text("utf-8").replace("my_project", name)
                    path.write_text(text, "utf-8")
                path.rename(path.with_name(path.name.replace("my_project", name)))
            partial.rename(folder)
        except shutil.Error as error:
            # It lists all files that could not be copied: one says why.
            raise OSError(error.args[0][0][2].partition("] ")[2].partition(": ")[0]) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    print(f"project  {folder}")
    print(f"train    cd {folder} && forger train experiment=moons")
    print(f"test     cd {folder} && pytest")
