"""Settings as people type them, KEY=VALUE, and as Hydra's grammar reads them."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser, create_functions
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.errors import HydraException

FUNCTIONS = create_functions().functions.keys()
CLOSING = {"[": "]", "{": "}", "(": ")"}
# Settings whose values are names and paths, even if they look like numbers, and last parts of such.
TEXTS = {"ckpt", "resume", "repeat", "start", "runs", "out", "image", "metric"}
LAST_PARTS = {"name", "folder", "root", "dir", "file", "filename", "evaluator", "monitor"}


def readable(argument: str) -> str:
    """The argument with quotes around each text that Hydra could not read without them.

    Such as letters outside ASCII, or what has "=" or parentheses in it; and around a name or path
    that it would take for a number, as in name=2024. Lists, dictionaries, functions and several
    values of a sweep keep their meaning, and so does all else that Hydra can read.
    """
    key, equals, value = argument.partition("=")
    if not equals:
        return argument
    path = key.lstrip("+")
    if path in TEXTS or path.rpartition(".")[2] in LAST_PARTS:
        # Each value of a sweep by itself, as in name=2024,2025.
        value = ",".join(map(as_text, parts(value)))
    return f"{key}={value if parsed(f'{key}={value}') else with_quotes(value)}"


def as_text(value: str) -> str:
    """The value in quotes if Hydra would read a number, or true and false."""
    override = parsed(f"x={value}")
    read = None if override is None or override.is_sweep_override() else override.value()
    return quoted(value.strip()) if isinstance(read, int | float) else value


def value_of(argument: str) -> str:
    """The text that a setting gives, without the quotes around it."""
    override = parsed(argument)
    if override is None or override.is_sweep_override():
        return argument.partition("=")[2]
    value = override.value()
    return value if isinstance(value, str) else argument.partition("=")[2]


def typed(key: str, value: str | Path) -> str:
    """A setting to be typed into a shell, with the quotes that shell and Hydra ask for."""
    argument = f"{key}={value}"
    override = parsed(readable(argument))
    if override is None or override.is_sweep_override() or override.value() != str(value):
        argument = f"{key}={quoted(str(value))}"
    return in_shell(argument)


def in_shell(argument: str) -> str:
    """An argument that Hydra reads, with the quotes that a shell asks for."""
    # Single quotes in single quotes are hard to read.
    if "'" in argument and not set(argument) & set('"$`\\!'):
        return f'"{argument}"'
    return shlex.quote(argument)


def relative_path(folder: Path) -> Path:
    """A path as short as it can be typed from here."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def output_folder() -> Path:
    """The folder that a verb writes in, as short as it can be typed from here."""
    return relative_path(Path(HydraConfig.get().runtime.output_dir))


def quoted(text: str) -> str:
    """One text for Hydra, whatever is in it."""
    return QuotedString(text, Quote.single).with_quotes()


def parsed(argument: str) -> Override | None:
    """What Hydra reads; None if it cannot."""
    try:
        return OverridesParser.create().parse_overrides([argument])[0]
    except HydraException:
        return None


def with_quotes(value: str) -> str:
    """Each text of a value in quotes if Hydra cannot read it as it is."""
    several = list(parts(value))
    if len(several) > 1:
        return ",".join(map(with_quotes, several))
    text = value.strip()
    if parsed(f"x={text}"):
        return text
    function = re.fullmatch(r"(\w+)\s*\((.*)\)", text, re.DOTALL)
    if text.startswith("[") and text.endswith("]"):
        found = f"[{with_quotes(text[1:-1])}]"
    elif text.startswith("{") and text.endswith("}"):
        pairs = [part.partition(":") for part in parts(text[1:-1])]
        found = "{" + ",".join(f"{key}:{with_quotes(part)}" for key, _, part in pairs) + "}"
    elif function and function[1] in FUNCTIONS:
        # Hydra loses the quotes in choice(), which means what its arguments mean. Wrong arguments
        # of a function are Hydra's to refuse: it is no text.
        inside = with_quotes(function[2])
        return inside if function[1] == "choice" else f"{function[1]}({inside})"
    else:
        found = ""
    return found if found and parsed(f"x={found}") else quoted(text)


def parts(value: str) -> Iterator[str]:
    """What commas separate, outside of quotes and brackets."""
    start, i, awaited = 0, 0, ""
    while i < len(value):
        letter, before = value[i], value[start:i].rstrip()
        # A quotation begins where a value begins: the apostrophe in "it's" is a letter.
        if letter in "'\"" and (not before or before[-1] in "[{(:,"):
            quotation = re.compile(rf"(?:\\.|[^\\{letter}])*{letter}").match(value, i + 1)
            i = quotation.end() - 1 if quotation else i
        elif letter in CLOSING:
            awaited += CLOSING[letter]
        elif awaited and letter == awaited[-1]:
            awaited = awaited[:-1]
        elif letter == "," and not awaited:
            yield value[start:i]
            start = i + 1
        i += 1
    yield value[start:]


def key_of(argument: str) -> str:
    """The setting or group that an argument sets, adds (+ and ++) or removes (~)."""
    return argument.lstrip("+~").partition("=")[0]


def setting(arguments: Sequence[str], key: str, default: str) -> str:
    """What KEY=... gives, whatever plus is before it; as for Hydra, the last one counts."""
    given = [a for a in arguments if key_of(a) == key and "=" in a and not a.startswith("~")]
    return value_of(given[-1]) if given else default
