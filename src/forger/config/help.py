"""What `forger --help`, `forger VERB --help` and `forger VERB --cfg job` print.

Of a verb that is examples, groups with their options, and settings with their meanings.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from textwrap import fill
from typing import Any, cast

import yaml
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf, open_dict

from forger.config.arguments import HELP
from forger.config.completion import groups
from forger.config.conf_folder import CONF, verbs
from forger.config.meanings import parameter_meaning, settings_in
from forger.config.origins import reference
from forger.config.presets import composed
from forger.config.settings import LIST_GROUPS

WIDTH = 100


def overview() -> str:
    """All verbs, each with the first line of its file, and first commands."""
    lines = "\n".join(f"  {verb:<16}{what}" for verb, what in verbs().items())
    return f"""\
forger VERB [settings]

{lines}

A first run:   forger train
A change:      forger train generator=dcgan discriminator=dcgan model.k=2
A sweep:       forger train -m model.latent_dim=16,64 model.k=1,2
A verb's help: forger train --help"""


def asked_text(verb: str, name: str, arguments: Sequence[str]) -> str:
    """What --help or --cfg job shows; empty without either.

    name: of the configuration that Hydra composes for the verb.
    """
    if not HELP.isdisjoint(arguments):
        return help_text(verb, name, arguments)
    typed = get_args_parser().parse_args(arguments)
    if typed.cfg != "job":
        return ""
    # What is left out is told beside the settings, which a program may read.
    with redirect_stdout(sys.stderr):
        config = composed(name, typed.overrides, typed.config_dir)
    HydraConfig.instance().set_config(config)
    with open_dict(config):
        del config["hydra"]
    return OmegaConf.to_yaml(config, resolve=typed.resolve).rstrip()


def help_text(verb: str, name: str, arguments: Sequence[str]) -> str:
    """The help of a verb, with the options and values that the arguments choose; see above."""
    # Of several values, as in a sweep, none is shown.
    typed = get_args_parser().parse_args(arguments)
    parsed = OverridesParser.create().parse_overrides(typed.overrides)
    given = [override for override in parsed if not override.is_sweep_override()]
    config = composed(name, [str(o.input_line) for o in given], typed.config_dir)
    keys = [str(key) for key in config if key != "hydra"]
    plain = cast(dict[str, Any], OmegaConf.to_container(OmegaConf.masked_copy(config, keys)))
    several = {g: list(plain[g]) for g in LIST_GROUPS if g in plain}
    chosen = {str(group): o for group, o in config.hydra.runtime.choices.items()} | several
    parts = [OmegaConf.load(CONF / f"{verb}.yaml").hydra.help.template.strip()]
    # A stored run has no groups: its options cannot be replaced.
    if options := groups(verb) if name == verb else {}:
        parts += ["Groups and their options", "\n".join(group_lines(options, chosen))]
    meanings = own_comments(CONF / f"{verb}.yaml", "")
    # Where Hydra looks for options: Forger's and those of a project.
    places = [Path(s.path) for s in config.hydra.runtime.config_sources if s.schema == "file"]
    for group, options in chosen.items():
        group, _, package = group.partition("@")
        for option in [options] if isinstance(options, str) else options or ():
            meanings |= comments(places, group, option, package or group)
    lines = [line for key in keys for line in setting_lines(plain[key], meanings, key, "")]
    return "\n\n".join([*parts, "Settings", "\n".join(lines)])


def group_lines(options: Mapping[str, Sequence[str]], chosen: Mapping[str, Any]) -> Iterator[str]:
    """For each group a line as it is typed for what is chosen now, and one of all else there is."""
    for group, names in sorted(options.items()):
        now = chosen.get(group)
        value = f"[{','.join(now)}]" if isinstance(now, list) else now or "..."
        # A group without a default is added to the configuration.
        yield indented(f"{'' if group in chosen else '+'}{group}={value}", 2)
        taken = now if isinstance(now, list) else [now]
        if others := [name for name in names if name not in taken]:
            yield indented(f"{'also' if now else 'one of'} {', '.join(others)}", 6)


def setting_lines(node: Any, meanings: Mapping[str, str], path: str, target: str) -> Iterator[str]:
    """Two lines for each leaf of a configuration: as it is typed, and what it means.

    target: the class that gets the leaf.
    """
    if node == {}:
        return
    if not isinstance(node, dict):
        yield indented(f"{path}={written(node)}", 2)
        meaning = meanings.get(path) or parameter_meaning(target, path.rpartition(".")[2])
        if not meaning and (source := reference(node)):
            meaning = f"It is {source}: set that instead."
        if meaning:
            yield indented(meaning, 6)
        return
    target = node.get("_target_", target)
    for key, value in node.items():
        if not str(key).startswith("_"):
            yield from setting_lines(value, meanings, f"{path}.{key}".lstrip("."), target)


def written(value: Any) -> str:
    """A value as it is typed; dots for one that must be given."""
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).strip().removesuffix("\n...")
    return "..." if value == "???" else text.replace(", ", ",")


def comments(places: Sequence[Path], group: str, option: str, package: str) -> dict[str, str]:
    """The comments on the settings of an option, and of those that it starts from, by path."""
    found: dict[str, str] = {}
    for file in (place / group / f"{option}.yaml" for place in places):
        # A preset says why it sets something, not what that is.
        if not file.is_file() or "@package _global_" in (text := file.read_text("utf-8")):
            continue
        for base in yaml.safe_load(text).get("defaults", []):
            if isinstance(base, str) and base != "_self_":
                found |= comments(places, group, base.partition("@")[0], package)
        found |= own_comments(file, package)
    return found


def own_comments(file: Path, package: str) -> dict[str, str]:
    """The comments on the settings that a file sets."""
    return {f"{package}.{s.path}".lstrip("."): s.comment for s in settings_in(file) if s.comment}


def indented(text: str, columns: int) -> str:
    space = " " * columns
    return fill(text, WIDTH, initial_indent=space, subsequent_indent=space, break_long_words=False)
