"""Whether plain values fit type hints."""

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union

from forger.config.settings import MULTI_OPTION_GROUPS, Instantiable

# A thousand files of a kind are read for a report.
type_hints = cache(typing.get_type_hints)
# What stands for anything that is made of plain values.
NODE = "a node with a _target_"


def type_errors(value: Any, hint: Any, path: str) -> Iterator[str]:
    """The value if its type rules it out, or what of a dictionary or a list of these is."""
    if typing.is_typeddict(hint) and isinstance(value, dict):
        for key in sorted(hint.__required_keys__ - value.keys()):
            yield f"{path} lacks {key}"
        hints = type_hints(hint)
        for key in hints.keys() & value.keys():
            yield from type_errors(value[key], hints[key], f"{path}.{key}")
    elif typing.get_origin(hint) is dict and isinstance(value, dict):
        for key, part in value.items():
            yield from type_errors(part, typing.get_args(hint)[1], f"{path}.{key}")
    elif typing.get_origin(hint) is list and isinstance(value, list):
        for i, part in enumerate(value):
            yield from type_errors(part, typing.get_args(hint)[0], f"{path}[{i}]")
    elif not fits(value, hint):
        group, _, name = path.partition(".")
        if hint is Instantiable and isinstance(value, dict) and group in MULTI_OPTION_GROUPS:
            # For example the settings of an experiment for a penalty that was removed.
            yield f"{path} has settings, but {group} has no {name}: remove them by ~{path}"
            return
        shown = str(value) if len(str(value)) < 200 else f"{str(value)[:200]}…"
        # In a class of the user's own, a number that Hydra reads may be meant as a text.
        number = type(value) in (int, float, bool) and fits("", hint)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        quotes = f": as a text, \"{path}='{text}'\"" if number else ""
        yield f"{path} (={shown}) should be {describe(hint)}{quotes}"


def fits(value: Any, hint: Any) -> bool:
    """Whether a plain value may stand for a parameter of this type; unknown types take anything."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    # A node is held against the signature of its own class instead.
    if isinstance(value, dict) and "_target_" in value:
        return True
    if hint is Instantiable:
        return False
    if origin in (Union, types.UnionType):
        return any(fits(value, argument) for argument in arguments)
    if origin is Literal:
        return value in arguments
    if hint in (None, type(None)):
        return value is None
    if hint is bool:
        return isinstance(value, bool)
    # bool is a kind of int in Python, but true is not a number of updates.
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is float:
        # An int that is larger than all floats is not a float.
        is_int = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**1023
        return is_int or isinstance(value, float)
    if hint in (str, Path):
        return isinstance(value, str)
    kind = origin or hint
    if kind is Callable:
        # A function cannot be written in YAML: only a node with a _target_ gives one.
        return False
    if inspect.isclass(kind) and issubclass(kind, Mapping):
        return isinstance(value, dict)
    if inspect.isclass(kind) and issubclass(kind, Sequence):
        return isinstance(value, list) and all(fits(v, a) for v in value for a in arguments[:1])
    return True


def describe(hint: Any) -> str:
    """A type as people write it: `float`, `list[int]`, `'normal' or 'uniform'`."""
    if typing.get_origin(hint) is Literal:
        return " or ".join(map(repr, typing.get_args(hint)))
    if typing.get_origin(hint) is Callable:
        return NODE
    if any(typing.get_origin(part) is Callable for part in typing.get_args(hint)):
        return " or ".join(map(describe, typing.get_args(hint)))
    if typing.get_origin(hint) in (Union, types.UnionType):
        parts = list(map(describe, typing.get_args(hint)))
        # A learning rate may be a tensor, but a number is what people write.
        plain = [part for part in parts if part != NODE]
        return " | ".join(plain if set(plain) - {"None"} else dict.fromkeys(parts))
    if hint is type(None):
        return "None"
    if hint is Instantiable:
        return "an option of a group, or a node with a _target_"
    if typing.is_typeddict(hint):
        return "dict"
    if hint is Path:
        return "str"
    kind, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if kind in (bool, int, float, str):
        return kind.__name__
    # YAML has dictionaries and lists, and no other containers.
    if inspect.isclass(kind) and kind.__module__ in ("builtins", "collections.abc"):
        if issubclass(kind, Mapping):
            return "dict"
        if issubclass(kind, Iterable):
            return f"list[{describe(arguments[0])}]" if arguments else "list"
    return NODE
