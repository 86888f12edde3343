"""Every class that a stored configuration may name, made of every kind of plain value, under watch.

Nothing may be opened, written, removed, run or connected to.
"""

import importlib
import inspect
import os
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from forger.config.build import instantiate_node
from forger.config.trust import check_trust
from forger.config.trusted import CLASSES, DATASETS, FUNCTIONS, GET_CLASS
from forger.errors import ForgerError

TOUCHING = (
    "os.",
    "shutil.",
    "socket.",
    "subprocess.",
    "tempfile.",
    "urllib.",
    "ftplib.",
    "pty.",
)
# They look, or change this process alone.
LOOKING = ("os.listdir", "os.scandir", "os.putenv", "os.unsetenv", "os.add_dll_directory")
# Where Python and its packages lie, from where they import; and what Linux tells of itself.
HOMES = tuple({os.path.realpath(p) for p in (*sys.path, sys.prefix, sys.base_prefix) if p})
touched: list[str] | None = None


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if touched is None:
        return
    if event == "open":
        path, _, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if not isinstance(path, int) and (writes or not is_home(os.fsdecode(path))):
            touched.append(f"{event} {path}")
    elif event.startswith(TOUCHING) and event not in LOOKING:
        touched.append(f"{event} {arguments}")


def is_home(path: str) -> bool:
    return path.startswith(("/proc/", "/sys/", "/dev/null")) or os.path.realpath(path).startswith(
        HOMES
    )


# No hook can be taken away again.
sys.addaudithook(watch)


@contextmanager
def watched() -> Iterator[list[str]]:
    """What is touched within."""
    global touched
    touched = found = []
    try:
        yield found
    finally:
        touched = None


def modules(name: str) -> Iterator[str]:
    """A module, and those in it if it is a package."""
    module = importlib.import_module(name)
    yield name
    for part in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."):
        yield from modules(part.name)


@cache
def admitted(group: str) -> list[str]:
    """The full names of all that a stored configuration may make in a group."""
    found = [
        f"{name}.{part}"
        for home in CLASSES[group]
        for name in modules(home)
        for part, value in vars(sys.modules[name]).items()
        if inspect.isclass(value) and value.__module__ == name
    ]
    return [*found, *FUNCTIONS.get(group, ())]


def first_admitted(group: str) -> list[str]:
    """Those of a group's names that no group before it admits: in each they make the same."""
    groups = list(CLASSES)
    before = {name for other in groups[: groups.index(group)] for name in admitted(other)}
    return [name for name in admitted(group) if name not in before]


def arguments(name: str, value: Any) -> Iterator[dict[str, Any]]:
    """Nodes in which the class has this value for each of its settings in turn, and for all."""
    module, _, part = name.rpartition(".")
    try:
        parameters = inspect.signature(getattr(sys.modules[module], part)).parameters.values()
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    yield {"_args_": [value]}
    yield dict.fromkeys(names, value)
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        names += ["dirpath", "save_dir", "log_dir", "filename"]
    needed = {p.name: 3 for p in parameters if p.default is p.empty and p.name in names}
    for one in names:
        yield needed | {one: value}


@pytest.mark.slow
@pytest.mark.parametrize("group", CLASSES)
def test_to_make_what_a_file_may_name_touches_nothing(
    group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for victim in ("curves.jsonl", "folder/last.ckpt"):
        (tmp_path / victim).write_text("another's")
    values = [str(tmp_path), "folder", "../x", "~/x", "ftp://127.0.0.1:9/x", "a::memory", 3, [3]]
    assert admitted(group)
    names = first_admitted(group)
    taken = 0
    for name in names:
        for value in values:
            for node in arguments(name, value):
                config = {group: {"_target_": name, **node}}
                # What is imported late is imported now.
                for last in (False, True):
                    with watched() as found, torch.device("meta"):
                        try:
                            check_trust(config, [], "x")
                            taken += 1
                            instantiate_node(OmegaConf.create(config), group)
                        except ForgerError:
                            pass
                    if not found:
                        break
                    assert not last, f"{config}: {found}"
    assert taken or not names
    left = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*"))
    assert left == ["curves.jsonl", "folder", "folder/last.ckpt"]
    assert (tmp_path / "curves.jsonl").read_text() == "another's"


def test_a_data_set_is_named_and_not_made(tmp_path: Path) -> None:
    for home in DATASETS:
        for part, value in vars(importlib.import_module(home)).items():
            if inspect.isclass(value) and value.__module__ == home:
                node = {"_target_": GET_CLASS, "path": f"{home}.{part}"}
                check_trust({"data": {"dataset": node}}, [], "x")
                made = {"_target_": f"{home}.{part}", "root": "here"}
                with pytest.raises(ForgerError, match="trust="):
                    check_trust({"data": {"dataset": made}}, [], "x")


def test_the_watch_sees(tmp_path: Path) -> None:
    with watched() as found:
        (tmp_path / "x").write_text("x")
        (tmp_path / "x").read_text()
        (tmp_path / "x").unlink()
    assert [line.split()[0] for line in found] == ["open", "open", "os.remove"]
