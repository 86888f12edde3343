"""What an error of Hydra, OmegaConf or the system means, in a sentence for people."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from forger.config.conf_folder import CONF, groups
from forger.config.messages import OF_WHOLE_RUN, nearest, nearest_setting, whole_run
from forger.config.overrides import key_of, parsed
from forger.config.setters import named_by
from forger.config.settings import MULTI_OPTION_GROUPS
from forger.config.unwritable import unwritable_named
from forger.errors import ForgerError

# Errors that a user can correct; any other one is a defect and keeps its traceback.
USER_ERRORS = (ForgerError, HydraException, OmegaConfBaseException, YAMLError)

# Words in an error of Hydra, OmegaConf or a launcher, and the sentence that replaces it.
REWORDED = {
    # Of Hydra's own groups.
    "Config group override must be": "a group takes an option: give GROUP=NAME, or ~GROUP",
    "invalid literal for int()": "an element of a list is named by its number, as in"
    " generator.widths.0",
    "n_jobs == 0": "hydra.launcher.n_jobs (=0) must be a number of jobs, or -1 for all cores",
    "--resolve flag can only": "--resolve is for settings that are shown: give --cfg job --resolve",
    "arg 3 must not be zero": "a range with a step of 0 has no end: give another step",
    "surrogates not allowed": "bytes that are no UTF-8 are in a name: give another one",
    'Could not detect "srun"': "launcher=slurm starts jobs by srun, which is not on this machine:"
    " give the command on a node of the cluster, or +launcher=submitit",
    "not a valid value for backend": "MPLBACKEND is no backend of Matplotlib: unset it",
    "embedded null": "a character of number 0 is in no name of a file: give another one",
}


@contextmanager
def explained(verb: str, show_trace: bool = False) -> Iterator[None]:
    """Raises ForgerError with a sentence for each error of a library that the user can correct."""
    try:
        with unwritable_named(show_trace):
            yield
    except ForgerError:
        raise
    except USER_ERRORS as error:
        if show_trace:
            raise
        raise ForgerError(explain(error, verb)) from error
    except RecursionError as error:
        if show_trace or not is_of_defaults(error):
            raise
        raise ForgerError(
            "the defaults of files in conf/ name each other without end: an experiment begins with"
            " another by the line - ring, without its group, and ring does not begin with it"
        ) from error
    except (ValueError, RuntimeError) as error:
        found = [sentence for pattern, sentence in REWORDED.items() if pattern in str(error)]
        if show_trace or not found:
            raise
        raise ForgerError(found[0]) from error


def is_of_defaults(error: RecursionError) -> bool:
    """Whether Hydra went round in a circle of defaults, for which it does not look."""
    return any(f.filename.endswith("defaults_list.py") for f in extract_tb(error.__traceback__))


def explain(error: Exception, verb: str) -> str:
    """What was wrong in words for people, with the nearest name that would have been right."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return explain_option(error.missing_cfg_file, error.options) + named_by(error)
    if isinstance(error, OverrideParseException):
        return explain_grammar(error, verb)
    if isinstance(error, YAMLError):
        return f"cannot read YAML: {' '.join(str(error).split())}"
    text = str(error)
    # Hydra's own sentence names no remedy.
    if several := re.search(r"Ambiguous value for argument '(.*)'", text):
        key = several[1].partition("=")[0]
        sweep = "-m for a sweep over them, " if verb == "train" else ""
        return (
            f"{several[1]} has several values: add {sweep}[] for a list, or quotes inside quotes"
            f" for one text, \"{key}='...'\""
        )
    if twice := re.search(r"Multiple values for (\S+)\. |^(\S+) appears more than once", text):
        return explain_twice(twice[1] or twice[2])
    if known := re.search(r"An item is already at '(.*)'", text):
        return f"{known[1]} is a setting already: leave out the + before it"
    if isinstance(error, ConfigCompositionException) and (reason := explain_key(error, verb)):
        return reason
    if merging := re.search(r"Error merging override ([^=]*)=", text):
        cause = str(error.__cause__).partition("\n")[0]
        if error.__cause__ and not cause.startswith("Cannot merge"):
            return f"{merging[1]}: {cause}"
        return (
            f"{merging[1]} is a group of settings: set them, {merging[1]}.x=..., or remove it"
            f" first, ~{merging[1]} +{merging[1]}=..."
        )
    first = text.splitlines()[0] if text else type(error).__name__
    if " is defined before " in first:
        return f"{first.rstrip('.')}: move the lines with override to the end of its defaults"
    if isinstance(error, OmegaConfBaseException) and error.full_key and "nterpolation" in first:
        # Of other verbs than train the folder is what out= gives.
        given = verb != "train" and error.full_key == "hydra.run.dir"
        return f"{'out' if given else error.full_key} has no value: {first}; give one"
    return first


def explain_twice(group: str) -> str:
    """What is wrong with a group that has an option and is given another one by "+"."""
    options = [a.partition("=")[2] for a in sys.argv if re.match(rf"\+?{group}=", a)]
    if not options:
        # An option that has options of its own, as infogan's terms have, is chosen again by +.
        return f"{group} is given by two options: choose each option once, without +"
    if len(options) == 1:
        both = f", or {group}=[...,{options[0]}] for both" if group in MULTI_OPTION_GROUPS else ""
        return f"{group} has an option already: give {group}={options[0]}, without +{both}"
    together = f"give +{group}=[{','.join(options)}]"
    how = together if group in MULTI_OPTION_GROUPS else "give one of them"
    return f"{group} is given {len(options)} times: {how}"


def explain_key(error: ConfigCompositionException, verb: str) -> str | None:
    """What is wrong with a key that Hydra does not find; None if that is not the error."""
    # Hydra gives only the text of the override, not the key.
    unknown = re.search(r"Could not (?:override|delete|append)[^']*'([^']*)'", str(error))
    if not unknown:
        return None
    given = unknown[1].partition("=")[0]
    key = max(given, getattr(error.__cause__, "full_key", None) or "", key=len)
    of_stored_run = not {"resume", "repeat"}.isdisjoint(map(key_of, sys.argv))
    _, _, node = key.partition("@")
    if node:
        # Of an experiment, say, whose option for the whole is replaced.
        network, _, part = node.partition(".")
        file = re.match(r"In '(.*?)'", str(error))
        if network in OF_WHOLE_RUN and file:
            return whole_run(f"{file[1]}.yaml")
        where = f"{file[1]}.yaml chooses {key}" if file else f"{given} is given"
        without = f"take a copy of {file[1]}.yaml without {key}" if file else f"leave out {given}"
        return f"{where}, but the chosen {network} has no {part}: give one that has, or {without}"
    if key in groups():
        # A stored run has nodes and no groups, so its options cannot be replaced.
        if of_stored_run:
            return f"{key} of a stored run cannot be replaced: set its values, {key}.x=..."
        if key in MULTI_OPTION_GROUPS and unknown[0].startswith("Could not delete"):
            return f"~{key} is for a single option: give {key}=[] to remove all, or those that stay"
        return f"{key} has no option yet: add one by +{key}=..."
    answer = nearest_setting(key, verb)
    # Otherwise it is a setting, and something else is wrong, such as a + before it.
    if answer != f": did you mean {key}?":
        return f"{key} is not a setting{answer}"
    if "does not exist" in str(error):
        # What Hydra says of a setting that it finds empty.
        return f"{key} is null: there is nothing to remove, leave out ~{key}"
    if of_stored_run:
        return f"{key} is not in config/config.yaml of the run: restore it, or leave out {key}"
    return None


def explain_option(file: str, options: Sequence[str] | None) -> str:
    """What is wrong with the choice of an option, GROUP/OPTION, that has no file."""
    group, _, option = file.rpartition("/")
    if group == "hydra/launcher":
        package = option.partition("_")[0]
        return f"{option} is not installed: pip install -e '.[{package}]'"
    if (own := Path("conf", f"{file}.yaml")).is_file():
        searched = "give 'hydra.searchpath=[file://conf]', or conf = \"conf\" under [tool.forger]"
        return f"{own} is there, but conf is not searched: {searched} in pyproject.toml"
    options = options or [file.stem for file in (CONF / group).glob("*.yaml")]
    return f"{group} has no option {option}{nearest(option, options)}"


def explain_grammar(error: OverrideParseException, verb: str) -> str:
    """What is wrong with an argument that Hydra's grammar does not read."""
    given = " ".join(str(error.override).split())
    key, equals, _ = given.lstrip("+").partition("=")
    # A value without a key is most often a forgotten KEY=.
    if not equals:
        example = f", such as ckpt={given}" if os.path.exists(given) else ""
        return (
            f"cannot read {given}: a setting is KEY=VALUE{example}; forger {verb} --help lists all"
        )
    if parsed(f"{key}=0") is None:
        return f"{key} is not a setting{nearest_setting(key, verb)}"
    # Otherwise the parser lists what characters it would have taken.
    of_function = re.search(r" while evaluating '.*': (.*)", str(error))
    lacking = "a value, bracket or quote is missing, or a comma is too many"
    return f"cannot read {given}: {of_function[1] if of_function else lacking}"
