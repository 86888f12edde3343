"""Write docs/configuration.md, the reference of all settings, from conf/ and what it names.

What a setting means is in the comment above it in its file, or else in the docstring of what
its `_target_` names; its type by the signature, or by the settings of the verb.
"""

import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, Union

import yaml

from forger.config.conf_folder import CONF, verbs
from forger.config.meanings import docstring, parameter_meaning, settings_in
from forger.config.origins import reference
from forger.config.settings import Train
from forger.runs.files import atomic_write

PAGE = Path(__file__).with_suffix(".md")
HEAD = """\
# Configuration

Every verb, every group with its options, every setting. Written by `python docs/configuration.py`
from `conf/`, where all values live.

| to | write |
|---|---|
| change a setting, by its path | `forger train model.k=2 generator.width=64` |
| take another option of a group | `forger train loss=hinge` |
| take several, of a group that takes them | `forger train 'penalty=[r1,r2]'` |
| add one to those | `forger train +callbacks=early_stopping` |
| do without some | `forger train ~callbacks.measure ~callbacks.best` |
| see all settings as they would be | `forger train loss=hinge --cfg job` |

A value `${a.b}` is that of another setting: change it there. `???` must be given. An option is in
bold; its type is the class or function that is built. [Words](student.md#words) that are not plain
are explained.
"""
# conf/local holds what one machine sets for itself.
GROUPS = sorted(f.name for f in CONF.iterdir() if f.is_dir() and f.name != "local")


def page() -> str:
    parts = [HEAD, "## Verbs\n", *(part for verb in verbs() for part in verb_section(verb))]
    return "\n".join(
        [*parts, "## Groups\n", *(p for group in GROUPS for p in group_section(group))]
    )


def verb_section(verb: str) -> Iterator[str]:
    file = CONF / f"{verb}.yaml"
    yield f"### forger {verb}\n\n{verbs()[verb]}.\n"
    if chosen := choices(file):
        yield f"Unless others are chosen: {', '.join(chosen)}.\n"
    module = import_module(f"forger.verbs.{verb.replace('-', '_')}")
    hints = typing.get_type_hints(Train if verb == "train" else module.Settings)
    yield table(
        [f"`{s.path}`", kind(hints.get(s.path)), code(s.value), s.comment]
        for s in settings_in(file)
        # What groups fill is told there.
        if s.path not in GROUPS and not s.path.startswith("hydra.")
    )


def group_section(group: str) -> Iterator[str]:
    files = [CONF / f"{verb}.yaml" for verb in ("train", "sample")]
    defaults = [d for file in files for d in yaml.safe_load(file.read_text())["defaults"]]
    usual = [d[group] for d in defaults if isinstance(d, dict) and group in d]
    several = usual and isinstance(usual[0], list)
    given = f"[{','.join(usual[0])}]" if several else usual and usual[0]
    yield f"### {group}\n"
    yield f"`{'' if usual else '+'}{group}={'[OPTION,...]' if several else 'OPTION'}`" + (
        f", by default `{given}`.\n" if given else ".\n"
    )
    files = sorted((CONF / group).glob("*.yaml"))
    presets = [file for file in files if "@package _global_" in file.read_text()]
    if own := [file for file in files if file not in presets]:
        yield table(row for file in own for row in option(file))
    if presets:
        yield "\n".join(map(preset, presets)) + "\n"


def preset(file: Path) -> str:
    """An item of a list: an option that sets what belongs to other groups."""
    found = [*choices(file), *(f"`{s.path}={s.value}`" for s in settings_in(file))]
    lines = [*header(file)[1:], *([f"Sets: {', '.join(found)}."] if found else [])]
    # A line that starts with a word and a colon stays one.
    text = re.sub(r"\n(?!\w+: )", " ", "\n".join(lines))
    return f"- **{file.stem}**: " + text.replace("\n", "\\\n  ")


def option(file: Path) -> Iterator[list[str]]:
    """The rows of an option: itself, and its settings."""
    target = next(iter(re.findall(r"_target_: (\S+)", file.read_text())), "")
    meaning = " ".join(header(file)) or prose(target)
    if starts := choices(file):
        meaning += f" Starts from {', '.join(starts)}."
    yield [f"**{file.stem}**", code(target), "", meaning.strip()]
    inherited = {
        s.path: s
        for base in yaml.safe_load(file.read_text()).get("defaults", [])
        if isinstance(base, str) and base != "_self_"
        for s in settings_in(file.with_stem(base))
    }
    for s in settings_in(file):
        base = inherited.get(s.path, s)
        hint, meaning = parameter(s.target or base.target, s.path.split(".")[-1])
        path = f"{file.parent.name}.{s.path}"
        meaning = s.comment or base.comment or meaning
        if not meaning and (source := reference(s.value)):
            meaning = f"Taken from `{source}`."
        yield [code(path), hint, code(s.value), meaning]


def header(file: Path) -> list[str]:
    """The comment that a file begins with."""
    lines = file.read_text().splitlines()
    return [line.lstrip("# ") for line in takewhile(lambda line: line.startswith("#"), lines)]


def choices(file: Path) -> list[str]:
    """What the defaults list of a file chooses, as it would be typed."""
    content = yaml.safe_load(file.read_text()) or {}
    chosen = []
    for entry in content.get("defaults", []):
        if isinstance(entry, str):
            name = entry.partition("@")[0]
            chosen += [] if name == "_self_" else [f"`{file.parent.name}={name}`"]
            continue
        for group, name in entry.items():
            name = f"[{','.join(name)}]" if isinstance(name, list) else name
            group = group.removeprefix("override ").lstrip("/")
            if name not in (None, "[]") and not group.startswith(("hydra/job", "optional")):
                chosen.append(f"`{group}={name}`")
    return chosen


def parameter(target: str, name: str) -> tuple[str, str]:
    """Type and meaning of a parameter of Forger's own; of other packages their pages tell."""
    if not target.startswith("forger."):
        return "", ""
    found = pkgutil.resolve_name(target)
    callee = found.__init__ if inspect.isclass(found) else found
    return kind(typing.get_type_hints(callee).get(name)), parameter_meaning(target, name)


def prose(target: str) -> str:
    """What a docstring of Forger's own says before it comes to parameters and errors."""
    if not target.startswith("forger."):
        return ""
    found = pkgutil.resolve_name(target)
    names = "|".join(inspect.signature(found).parameters) or "-"
    text = re.split(rf"(?:^|(?<=\s))(?:(?:{names}), )*(?:{names}): |Raises ", docstring(found))[0]
    return text.replace("\n", " ").strip()


def kind(hint: Any) -> str:
    """A type in words, nothing for those that YAML has not."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        # Of a tensor there is nothing to say: YAML has none.
        kinds = [each for each in map(kind, arguments) if each]
        return "" if kinds == ["null"] else " or ".join(kinds)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if inspect.isclass(origin) and issubclass(origin, Sequence):
        each = kind(arguments[0])
        return f"list of ({each})" if " or " in each else f"list of {each}"
    return {type(None): "null", Path: "str"}.get(hint) or (
        hint.__name__ if hint in (int, float, str, bool) else ""
    )


def code(text: str) -> str:
    return f"`{' '.join(text.split())}`" if text else ""


def table(rows: Iterator[list[str]]) -> str:
    lines = [["setting", "type", "value", "what it is"], ["---"] * 4, *rows]
    cells = [[cell.replace("|", r"\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


if __name__ == "__main__":
    with atomic_write(PAGE) as partial:
        partial.write_text(page())
