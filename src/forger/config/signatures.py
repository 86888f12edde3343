"""What a class or a function takes."""

import inspect
import pkgutil
import typing
from contextlib import suppress
from typing import Any


def arguments(target: Any) -> tuple[set[str], dict[str, Any], bool]:
    """The names that a call of the target takes, their type hints, and whether it takes any name.

    A constructor with `**others` hands them to its parent's, or to another library.
    """
    names: set[str] = set()
    hints: dict[str, Any] = {}
    for callee in target.__mro__[:-1] if inspect.isclass(target) else (target,):
        if inspect.isclass(callee) and "__init__" not in vars(callee) and callee is not target:
            continue
        try:
            found = inspect.signature(callee).parameters.values()
        # Some classes written in C have no signature: they check their own arguments.
        except (TypeError, ValueError):
            return names, hints, True
        others = "".join(f"**{p.name}" for p in found if p.kind is p.VAR_KEYWORD)
        names |= {p.name for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
        with suppress(Exception):
            function = callee.__init__ if inspect.isclass(callee) else callee
            hints = typing.get_type_hints(function) | hints
        if not others:
            return names, hints, False
        if inspect.isclass(callee) and not to_parent(callee, others):
            break
    return names, hints, True


def to_parent(child: type, others: str) -> bool:
    """Whether a class hands `**others` to its parent's constructor, as far as its source is there.

    DDPStrategy of Lightning does not: they are of torch's DistributedDataParallel.
    """
    try:
        _, call, rest = inspect.getsource(child.__init__).partition("super().__init__(")
    except (OSError, TypeError):
        return True
    return not call or others in rest


def arguments_of(name: Any) -> tuple[set[str], dict[str, Any], bool]:
    """`arguments` of what is imported by this name; of what cannot be, that it takes any name.

    It is refused later, with the reason.
    """
    try:
        return arguments(pkgutil.resolve_name(name))
    except Exception:
        return set(), {}, True
