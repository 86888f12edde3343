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
NODE, NODES = "a node with a _target_", "nodes with a _target_"
# One value of a type in words, and several.
WORDS = {
    bool: ("true or false", "true or false"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    dict: ("a dictionary", "dictionaries"),
    types.NoneType: ("null", "nulls"),
}


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
        shown = typed_value(value)
        shown = shown if len(shown) < 200 else f"{shown[:200]}…"
        yield f"{path} (={shown}) should be {describe(hint)}{remedy(value, hint, path)}"


def remedy(value: Any, hint: Any, path: str) -> str:
    """What to type if the value is near: brackets too few or too many, a whole number, a text."""
    if isinstance(value, list) and value and fits(value[0], hint) and value[0] is not None:
        return f": give one, {path}={typed_value(value[0])}"
    if " " in path or not isinstance(value, bool | int | float | str):
        return ""
    # A list of tensors or numbers would take any text.
    if fits([value], hint) and (not isinstance(value, str) or WORDS[str][True] in describe(hint)):
        return f": give {path}=[{typed_value(value)}]"
    if isinstance(value, float) and value.is_integer() and fits(int(value), hint):
        return f": give {path}={int(value)}"
    # In a class of the user's own, a number that Hydra reads may be meant as a text.
    if not isinstance(value, str) and fits("", hint):
        return f": as a text, \"{path}='{typed_value(value)}'\""
    return ""


def typed_value(value: Any) -> str:
    """A value as people type it: null and true, not None and True."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


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


def is_list_of_floats(hint: Any) -> bool:
    """Whether the elements of a list of this type are floats, and no whole numbers."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return any(map(is_list_of_floats, arguments))
    if not (inspect.isclass(origin) and issubclass(origin, Sequence)):
        return False
    # An element may be a tensor as well.
    kinds = [*arguments, *(kind for argument in arguments for kind in typing.get_args(argument))]
    return float in kinds and int not in kinds


def describe(hint: Any, many: bool = False) -> str:
    """A type in words: `a number`, `a list of whole numbers or null`, `'normal' or 'uniform'`.

    many: whether there are several of them, as in a list.
    """
    kind, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if kind is Literal:
        return " or ".join(map(repr, arguments))
    if kind in (Union, types.UnionType):
        # A learning rate may be a tensor, and an int a float: a number is what people write.
        hidden = int if float in arguments else None
        parts = list(dict.fromkeys(describe(a, many) for a in arguments if a is not hidden))
        functions = any(typing.get_origin(a) is Callable for a in arguments)
        plain = [part for part in parts if part not in (NODE, NODES)]
        if not functions and set(plain) - {WORDS[types.NoneType][many]}:
            parts = plain
        *others, last = parts
        joint = " and " if many else " or "
        return joint.join(filter(None, [", ".join(others), last]))
    if hint is Instantiable:
        return "an option of a group, or a node with a _target_"
    kind = str if kind is Path else dict if typing.is_typeddict(kind) else kind
    if kind in WORDS:
        return WORDS[kind][many]
    # YAML has dictionaries and lists, and no other containers.
    if inspect.isclass(kind) and kind.__module__ in ("builtins", "collections.abc"):
        if issubclass(kind, Mapping):
            return WORDS[dict][many]
        if issubclass(kind, Iterable):
            of = f" of {describe(arguments[0], many=True)}" if arguments else ""
            return f"{'lists' if many else 'a list'}{of}"
    return NODES if many else NODE
