"""The arguments of `forger VERB`, made ready for Hydra."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from forger.config.conf_folder import CONF, verbs
from forger.config.messages import nearest
from forger.config.overrides import quoted, readable, setting, value_of
from forger.config.project import find_project
from forger.config.settings import SINGLE_OPTION_GROUPS
from forger.config.stored_run import load_stored_run
from forger.errors import ForgerError

MULTIRUN = {"-m", "--multirun"}
# Hydra's options in full; it would take the beginning of one for the whole.
OPTIONS = {
    *("--help", "--hydra-help", "--version", "--cfg", "--resolve", "--package", "--run"),
    *("--multirun", "--shell-completion", "--config-path", "--config-name", "--config-dir"),
    *("--experimental-rerun", "--info"),
}
FOLDERS = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir")


def prepare(verb: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The name of the configuration that Hydra composes for a verb, and the arguments for it."""
    if verb not in verbs():
        raise ForgerError(f"forger has no verb {verb}{nearest(verb, verbs())}")
    check_options(arguments)
    if (key := positional(verb)) and (given := list(takewhile(is_path, arguments))):
        value = quoted(given[0]) if len(given) == 1 else f"[{','.join(map(quoted, given))}]"
        arguments = [f"{key}={value}", *arguments[len(given) :]]
    arguments = [readable(argument) for argument in arguments]
    for group, _, option in (argument.partition("=") for argument in arguments):
        # Hydra would merge two options into one node.
        if group in ("experiment", *SINGLE_OPTION_GROUPS) and option.startswith("["):
            raise ForgerError(f"{group} (={option}) must be one option of the group, not a list")
    for argument in arguments:
        # Hydra takes an empty name for the working directory, and trains among what lies there.
        if argument.partition("=")[0] in FOLDERS and not value_of(argument).strip():
            raise ForgerError(f"{argument.partition('=')[0]} is empty: name a folder")
    name = verb
    if verb == "train":
        several = not MULTIRUN.isdisjoint(arguments)
        several |= setting(arguments, "hydra.mode", "").upper() == "MULTIRUN"
        name, arguments = load_stored_run(arguments, several)
        if name == "train":
            # Hydra can remove one option, but not a group that takes several.
            arguments = ["logger=[]" if a == "~logger" else a for a in arguments]
    if not any(argument.startswith("hydra.searchpath=") for argument in arguments):
        # First: Python's parser wants all settings side by side.
        arguments = [*search_path(), *arguments]
    if not MULTIRUN.isdisjoint(arguments):
        arguments = prepare_sweep(verb, arguments)
    # --help and --cfg only show settings, and need no -m.
    elif not any(argument.startswith("-") for argument in arguments):
        for group in ("sweep", "launcher"):
            if setting(arguments, f"+{group}", "null") != "null":
                raise ForgerError(f"+{group} is for several runs: add -m")
    return name, arguments


def check_options(arguments: Sequence[str]) -> None:
    """Raises ForgerError for what begins with two dashes, as settings do elsewhere."""
    for name in (argument.partition("=")[0] for argument in arguments):
        if name.startswith("--") and name not in OPTIONS:
            raise ForgerError(f"{name} is no option: a setting has no dashes, {name[2:]}=...")


def prepare_sweep(verb: str, arguments: Sequence[str]) -> list[str]:
    """The arguments of several runs, with the settings that all of them have in common."""
    if verb != "train":
        raise ForgerError(
            f"-m is an option of forger train: call forger {verb} once for each value"
        )
    if shows := {"-c", "--cfg", "-i", "--info"}.intersection(arguments):
        raise ForgerError(f"{shows.pop()} shows the settings of one run: remove -m")
    # A removed option has no value: ~callbacks.measure.
    settings = [a for a in arguments if a.startswith("~") or ("=" in a and a[0] != "-")]
    parsed = OverridesParser.create().parse_overrides(settings)
    common = [override.key_or_group for override in parsed if not override.is_sweep_override()]
    # First, wherever it was given: Python's parser wants all settings side by side.
    rest = [argument for argument in arguments if argument not in MULTIRUN]
    return ["-m", *rest, f"hydra.callbacks.announce.shared={common}"]


def search_path() -> list[str]:
    """The setting by which Hydra finds the project's own options; none without a project."""
    conf = find_project().conf
    return [f"hydra.searchpath=[{quoted(f'file://{conf}')}]"] if conf else []


def is_path(argument: str) -> bool:
    """Whether an argument is no setting; a path may have "=" in it, if there is such a file."""
    return not argument.startswith("-") and ("=" not in argument or Path(argument).exists())


def positional(verb: str) -> str | None:
    """The setting that a verb takes without its name, as in `forger sample FOLDER`."""
    content = OmegaConf.load(CONF / f"{verb}.yaml")
    taken = (str(key) for key in content if key == "ckpt" or OmegaConf.is_missing(content, key))
    return next(taken, None)
