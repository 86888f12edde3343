"""Errors that a user can correct."""

import functools
import inspect
import sysconfig
import traceback
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# Where Forger, Python and installed packages are: what raises elsewhere is a user's own code.
LIBRARIES = (Path(__file__).parent, Path(sysconfig.get_path("stdlib")))
# Folders of packages, of this environment, of the user or of the system.
PACKAGES = {"site-packages", "dist-packages"}

# Unicode's categories of characters that control, format or separate lines.
INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


class ForgerError(ValueError):
    """A setting, file or machine that does not fit; the message names it and the remedy.

    The command line prints the message alone and ends with exit code 2.
    """


def first_line(error: BaseException) -> str:
    """One line of what an error says, or its name if that is not a sentence."""
    lines = str(error).splitlines()
    return lines[0] if lines and " " in lines[0] else f"{type(error).__name__} {error}".strip()


def line_of_own_code(error: BaseException) -> str:
    """The file and line of the user's own code that an error came through last, or nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [own_line(frame.filename, frame.lineno) for frame in reversed(frames)]
    return next(filter(None, lines), "")


def line_of_own_method(method: Callable[..., Any]) -> str:
    """The file and line where a method begins if it is the user's own, or nothing."""
    code = inspect.unwrap(method).__code__
    return own_line(code.co_filename, code.co_firstlineno)


def own_line(file: str, line: int | None) -> str:
    """A line of a file in brackets if the file is the user's own, or nothing."""
    return f" ({Path(file).name}, line {line})" if is_own(file) else ""


def reason(error: BaseException) -> str:
    """`first_line`, and where in the user's own code it comes from."""
    return f"{first_line(error)}{line_of_own_code(error)}"


def is_own(file: str) -> bool:
    """Whether a file of a traceback is a user's; one such as <string> is no file."""
    path = Path(file)
    of_library = any(map(path.is_relative_to, LIBRARIES)) or PACKAGES.intersection(path.parts)
    return path.is_absolute() and not of_library


def sentence_alone(call: Callable[P, T]) -> Callable[P, T]:
    """The call, whose ForgerError hides those behind it: notebooks would show hundreds of lines."""

    @functools.wraps(call)
    def alone(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return call(*arguments, **named)
        except ForgerError as error:
            raise error.with_traceback(None) from None

    return alone


def visible(text: str) -> str:
    """The text with its control characters, but line ends, written out.

    What others wrote could otherwise clear the terminal, or show letters in another order.
    """
    return "".join(
        letter.encode("unicode_escape").decode()
        if letter != "\n" and unicodedata.category(letter) in INVISIBLE
        else letter
        for letter in text
    )


def try_call(call: Callable[..., Any], what: str, *arguments: Any) -> Any:
    """The call's result; raises ForgerError, which begins with `what`, where it fails."""
    try:
        return call(*arguments)
    except Exception as error:
        raise ForgerError(f"{what}: {reason(error)}") from error
