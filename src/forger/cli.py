"""The command line: `forger VERB [settings]`.

A verb is a module in `forger.verbs` with a `run(config)`, and a file of its name in conf/ whose
first line says what it does.
"""

import gc
import importlib
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from errno import (
    EACCES,
    EDQUOT,
    EEXIST,
    EFBIG,
    EIO,
    EISDIR,
    ELOOP,
    ENAMETOOLONG,
    ENOSPC,
    ENOTDIR,
    EPERM,
    EROFS,
)
from pathlib import Path
from typing import Any, NamedTuple, cast

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from forger.config.messages import dotted, ends_in, nearest
from forger.config.overrides import parsed, quoted, readable, value_of
from forger.config.project import find_project, is_run_folder, trusted_packages
from forger.config.settings import SINGLE_OPTION_GROUPS, Train, names
from forger.errors import ForgerError, visible
from forger.runs.folder import (
    find_checkpoint,
    find_resumable,
    find_run,
    job_folder,
    read_config,
    version_of,
)
from forger.runs.version import version, written_by
from forger.sweeps.announce import end_of_failed, leave_if_orphaned

HERE = Path(__file__).resolve().parent
# In the package when installed from a wheel, beside src/ in a checkout.
CONF = next(folder for folder in (HERE / "conf", HERE.parents[1] / "conf") if folder.is_dir())
MULTIRUN = {"-m", "--multirun"}
USER_ERRORS = (ForgerError, HydraException, OmegaConfBaseException, YAMLError)

UNWRITABLE = (
    *(ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, EPERM),
    *(ENOTDIR, EISDIR, EEXIST, EIO, ENAMETOOLONG, ELOOP),
)

# What Hydra and OmegaConf say in a ValueError of settings, and what is meant.
REWORDED = {
    "Config group override must be": "a group takes the name of one of its options; ~GROUP takes"
    " it away",
    "invalid literal for int()": "what is in a list is named by its number, as in"
    " generator.widths.0, and has no other settings",
    "n_jobs == 0": "hydra.launcher.n_jobs (=0) must be a number of jobs, or -1 for all cores",
    "Expecting one subcommand": "--shell-completion takes install=bash, say",
    "embedded null byte": "a character of number 0 is in no name of a file: give another one",
}


def main() -> None:
    """The console script; exits with 2 and one sentence for what a person can mend."""
    # The user's own networks, losses and data sets are importable from where they work; but not
    # from a run folder, which perhaps came from a stranger and would bring a torch.py of its own.
    if not is_run_folder(Path.cwd()):
        sys.path.insert(0, os.getcwd())
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return
    if arguments[0] == "--version":
        print(f"forger {version()}")
        return
    show_trace = os.environ.get("HYDRA_FULL_ERROR") == "1"
    try:
        call(arguments[0], arguments[1:], show_trace)
        with unwritable_named(show_trace):
            sys.stdout.flush()
    except ForgerError as error:
        if show_trace:
            raise
        said = str(error).splitlines()
        print(f"forger: {visible(said[0] if said else 'ForgerError')}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        # Before a run trains, or of a verb that only looks: there is nothing to save.
        if show_trace:
            raise
        print("\nforger: interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


class Outcome(NamedTuple):
    """What a verb leaves: the value of its `run`, and the folder that it wrote in."""

    value: Any
    folder: Path


@contextmanager
def unwritable_named(show_trace: bool) -> Iterator[None]:
    """Raises ForgerError where others cannot write, such as Hydra or TensorBoard."""
    try:
        yield
    except OSError as error:
        if show_trace or error.errno not in UNWRITABLE:
            raise
        raise unwritable(error) from error


def unwritable(error: OSError) -> ForgerError:
    """What to say of a place that cannot be written."""
    if error.errno == ENAMETOOLONG:
        long = Path(str(error.filename)).name
        return ForgerError(f"{long[:40]}... is too long for a name of a file")
    where = "hydra.run.dir" if MULTIRUN.isdisjoint(sys.argv) else "hydra.sweep.dir"
    what = f"cannot write {error.filename or 'to the disk'}: {error.strerror}"
    return ForgerError(f"{what}; another folder is given by {where}=...")


@contextmanager
def explained(verb: str, show_trace: bool = False) -> Iterator[None]:
    """Raises ForgerError with a sentence for every error of others that the user can mend."""
    try:
        with unwritable_named(show_trace):
            yield
    except ForgerError:
        raise
    except USER_ERRORS as error:
        if show_trace:
            raise
        raise ForgerError(explain(error, verb)) from error
    except ValueError as error:
        said = [sentence for pattern, sentence in REWORDED.items() if pattern in str(error)]
        if show_trace or not said:
            raise
        raise ForgerError(said[0]) from error


@contextmanager
def command_line(verb: str, arguments: Sequence[str]) -> Iterator[None]:
    """Within, sys.argv is that of `forger VERB ARGUMENTS`, and Hydra raises errors.

    It would print its own account of an error and exit; we give ours.
    """
    before, full_error = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv, os.environ["HYDRA_FULL_ERROR"] = [f"forger {verb}", *arguments], "1"
    try:
        yield
    finally:
        sys.argv = before
        del os.environ["HYDRA_FULL_ERROR"]
        if full_error is not None:
            os.environ["HYDRA_FULL_ERROR"] = full_error


def call(verb: str, arguments: Sequence[str], show_trace: bool = False) -> Outcome | None:
    """Hand the verb's configuration and the settings to Hydra; None of a sweep, or of --help.

    Raises ForgerError for what the user can mend; the error itself if show_trace is set.
    """
    with command_line(verb, arguments), explained(verb, show_trace):
        name, arguments = prepare(verb, arguments)
        sys.argv[1:] = arguments
        return hand_to_hydra(verb, name, show_trace)


def prepare(verb: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The name of the configuration that Hydra composes for a verb, and the arguments for it."""
    if verb not in verbs():
        raise ForgerError(f"forger has no verb {verb}{nearest(verb, verbs())}")
    if (key := positional(verb)) and arguments and not arguments[0].startswith("-"):
        given, *rest = arguments
        if "=" not in given or Path(given).exists():
            arguments = [f"{key}={quoted(given)}", *rest]
    arguments = [readable(argument) for argument in arguments]
    for group, _, option in (argument.partition("=") for argument in arguments):
        # Of two options, Hydra would make a mixture.
        if group in ("experiment", *SINGLE_OPTION_GROUPS) and option.startswith("["):
            raise ForgerError(f"{group} (={option}) takes one option of its group, not a list")
    name = verb
    if verb == "train":
        several = not MULTIRUN.isdisjoint(arguments)
        several |= setting(arguments, "hydra.mode", "").upper() == "MULTIRUN"
        name, arguments = load_stored_run(arguments, several)
        if name == "train":
            # Hydra takes away one option, not a group that takes several.
            arguments = ["logger=[]" if a == "~logger" else a for a in arguments]
    conf = find_project().conf
    if conf and not any(argument.startswith("hydra.searchpath=") for argument in arguments):
        # First: Python's parser wants all settings side by side.
        arguments.insert(0, f"hydra.searchpath=[{quoted(f'file://{conf}')}]")
    if not MULTIRUN.isdisjoint(arguments):
        if verb != "train":
            raise ForgerError(f"-m is of forger train: call forger {verb} once for each value")
        if shows := {"-c", "--cfg", "-i", "--info"}.intersection(arguments):
            raise ForgerError(f"{shows.pop()} shows the settings of one run: leave out -m")
        # What is taken away has no value: ~callbacks.measure.
        settings = [a for a in arguments if a.startswith("~") or ("=" in a and a[0] != "-")]
        parsed = OverridesParser.create().parse_overrides(settings)
        shared = [override.key_or_group for override in parsed if not override.is_sweep_override()]
        # First, wherever it was given: Python's parser wants all settings side by side.
        rest = [argument for argument in arguments if argument not in MULTIRUN]
        arguments = ["-m", *rest, f"hydra.callbacks.announce.shared={shared}"]
    elif not any(argument.startswith("-") for argument in arguments):
        for group in ("sweep", "launcher"):
            if setting(arguments, f"+{group}", "null") != "null":
                raise ForgerError(f"+{group} is for several runs: add -m")
    return name, arguments


def positional(verb: str) -> str | None:
    """The setting that a verb takes without its name, as in `forger sample FOLDER`: its first."""
    content = OmegaConf.load(CONF / f"{verb}.yaml")
    return next((str(key) for key in content if OmegaConf.is_missing(content, key)), None)


def hand_to_hydra(verb: str, name: str, show_trace: bool) -> Outcome | None:
    """Run a verb on what Hydra composes of the configuration `name` and of sys.argv."""
    # Hydra carries it to jobs in other processes.
    OmegaConf.register_new_resolver("job_folder", job_folder, replace=True)
    trusted = trusted_packages()
    outcome: Outcome | None = None
    begun = False

    def task(config: DictConfig) -> object:
        nonlocal outcome, begun
        begun = True
        leave_if_orphaned()
        try:
            value = work(config)
        finally:
            leave_if_orphaned()
        if HydraConfig.get().mode == RunMode.RUN:
            outcome = Outcome(value, Path(HydraConfig.get().runtime.output_dir))
        return value

    def work(config: DictConfig) -> object:
        name = f"forger.verbs.{verb.replace('-', '_')}"
        if name not in sys.modules:
            # Nothing imported is garbage: the collector would look through torch in vain. Only
            # once: what a job of a sweep leaves is to be collected.
            gc.disable()
            importlib.import_module(name)
            gc.freeze()
            gc.enable()
        module = sys.modules[name]
        if OmegaConf.is_list(config.get("trust")):
            config.trust = [*config.trust, *trusted]
        try:
            with unwritable_named(show_trace):
                return module.run(config)
        except BrokenPipeError:
            # Who reads has read enough, as in forger info | head; Hydra would speak of an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except (*USER_ERRORS, KeyboardInterrupt) as error:
            # In a sweep the other jobs go on, and Hydra raises the first error at its end.
            if show_trace or HydraConfig.get().mode == RunMode.MULTIRUN:
                raise
            folder = Path(HydraConfig.get().runtime.output_dir)
            inside = [parent for parent in folder.parents if Path.cwd() in parent.parents]
            # Hydra has made them; they stay if there is anything in them.
            with suppress(OSError):
                for made in [folder, *inside] if folder != Path.cwd() else []:
                    made.rmdir()
            if isinstance(error, KeyboardInterrupt):
                raise
            # It passes through Hydra, which would print an account of any other error.
            raise SystemExit(2) from error

    try:
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)(task)()
    except SystemExit as end:
        if isinstance(end.__cause__, USER_ERRORS):
            raise end.__cause__ from end.__cause__.__cause__
        raise
    except Exception as error:
        # What Hydra does before anything else.
        makes_folder = not begun and not isinstance(error, HydraException)
        if isinstance(error, OSError) and makes_folder and not show_trace:
            raise unwritable(error) from error
        if show_trace or (code := end_of_failed(error)) is None:
            raise
        sys.exit(code)
    return outcome


def load_stored_run(arguments: list[str], several: bool) -> tuple[str, list[str]]:
    """The name of what Hydra composes, and the arguments: of resume= and repeat=, a run's own.

    several: whether they are of a sweep. Raises ForgerError if one is to resume a run.
    """
    for key in ("resume", "repeat"):
        given = setting(arguments, key, "null")
        if given == "null":
            continue
        if several and key == "resume":
            raise ForgerError(
                f"resume goes on with one run, in its folder: leave out -m; for several runs by its"
                f" settings give repeat={given} -m"
            )
        if key == "resume":
            run, checkpoint = find_resumable(given)
        else:
            checkpoint = find_checkpoint(given)
            run = find_run(checkpoint)
        # Composed from here, not from the file, in which Hydra would find settings of its own.
        ConfigStore.instance().store("run", read_stored_config(run))
        arguments = [a for a in arguments if not a.startswith(f"{key}=")]
        common = ["hydra.output_subdir=null", "hydra/job_logging=none"]
        if key == "resume":
            resumed = [
                f"resume={quoted(str(checkpoint or run))}",
                f"hydra.run.dir={quoted(str(run))}",
            ]
            return "run", [*arguments, *resumed, *common]
        name = setting(arguments, "name", "${now:%Y-%m-%d_%H-%M-%S_%f}")
        anew = [f"hydra.run.dir={quoted(f'outputs/runs/repeat/{name}')}"]
        # As in conf/train.yaml.
        train = cast(DictConfig, OmegaConf.load(CONF / "train.yaml"))
        job = OmegaConf.to_container(train.hydra.sweep)["subdir"]  # pyright: ignore
        anew += [f"hydra.sweep.dir={quoted(f'outputs/sweeps/{name}')}"]
        anew += [f"hydra.sweep.subdir='{job}'"]
        anew += ["+hydra.callbacks.announce._target_=forger.sweeps.announce.Announce"]
        anew += ["+hydra.callbacks.announce.shared=[]"]
        return "run", [*anew, *arguments, f"repeat={quoted(str(run))}", *common]
    return "train", arguments


def setting(arguments: list[str], key: str, default: str) -> str:
    """What the first argument KEY=... gives."""
    return next((value_of(a) for a in arguments if a.startswith(f"{key}=")), default)


def read_stored_config(run: Path) -> DictConfig:
    """The configuration of a run to go on with; whom to trust is not for the file to say.

    Raises ForgerError if it sets what is no setting of a run, such as Hydra's own launchers.
    """
    config = read_config(run)
    if unknown := config.keys() - set(names(Train)):
        what = ", ".join(sorted(map(str, unknown)))
        file = f"{run / 'config' / 'config.yaml'}{written_by(version_of(run))}"
        raise ForgerError(f"{file} sets {what}: no configuration that forger train has left")
    return OmegaConf.create(config | {"resume": None, "repeat": None, "trust": []})


def verbs() -> dict[str, str]:
    """Each verb and what it does."""
    files = sorted(CONF.glob("*.yaml"))
    return {file.stem: file.read_text().splitlines()[0].lstrip("# ") for file in files}


def groups() -> list[str]:
    return [folder.name for folder in CONF.iterdir() if folder.is_dir()]


def overview() -> str:
    lines = [f"  {verb:<16}{what}" for verb, what in verbs().items()]
    return "\n".join(
        [
            "forger VERB [settings]",
            "",
            *lines,
            "",
            "A first run:   forger train",
            "A change:      forger train generator=dcgan discriminator=dcgan model.k=2",
            "A sweep:       forger train -m model.latent_dim=16,64 model.k=1,2",
            "A verb's help: forger train --help",
        ]
    )


def explain(error: Exception, verb: str) -> str:
    """What was wrong in words for people, with the nearest name that would have been right."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        group, _, option = error.missing_cfg_file.rpartition("/")
        if group == "hydra/launcher":
            package = option.partition("_")[0]
            return f"{option} is no launcher installed here: pip install -e '.[{package}]'"
        options = error.options or [file.stem for file in (CONF / group).glob("*.yaml")]
        return f"{group} has no option {option}{nearest(option, options)}"
    if isinstance(error, OverrideParseException):
        given = " ".join(str(error.override).split())
        key, equals, _ = given.lstrip("+").partition("=")
        if not equals:
            return f"cannot read {given}: a setting is KEY=VALUE; forger {verb} --help lists all"
        if parsed(f"{key}=0") is None:
            return f"{key} is not a setting{nearest_setting(key, verb)}"
        return f"cannot read {given}: {str(error).splitlines()[0]}"
    if isinstance(error, YAMLError):
        return f"cannot read YAML: {' '.join(str(error).split())}"
    text = str(error)
    if several := re.search(r"Ambiguous value for argument '(.*)'", text):
        key = several[1].partition("=")[0]
        return (
            f"{several[1]} gives several values: add -m for a sweep over them, [] for a list, or"
            f" quotes in quotes for one text, \"{key}='...'\""
        )
    unknown = re.search(r"Could not (?:override|delete|append)[^']*'([^']*)'", text)
    if isinstance(error, ConfigCompositionException) and unknown:
        given, cause = unknown.group(1).split("=")[0], error.__cause__
        key = max(given, getattr(cause, "full_key", None) or "", key=len)
        if key in groups():
            stored = any(argument.startswith(("resume=", "repeat=")) for argument in sys.argv)
            how = f"set its values, {key}.x=..., in a stored run" if stored else f"give +{key}=..."
            return f"{key} cannot be chosen so: {how}"
        answer = nearest_setting(key, verb)
        # Otherwise it is one, and cannot be added, say.
        if answer != f": did you mean {key}?":
            return f"{key} is not a setting{answer}"
    if merging := re.search(r"Error merging override ([^=]*)=", text):
        cause = str(error.__cause__).partition("\n")[0]
        if error.__cause__ and not cause.startswith("Cannot merge"):
            return f"{merging[1]}: {cause}"
        return (
            f"{merging[1]} is a node with settings of its own: set these, {merging[1]}.x=..., or"
            f" take it away first, ~{merging[1]} +{merging[1]}=..."
        )
    return text.splitlines()[0] if text else type(error).__name__


def nearest_setting(key: str, verb: str) -> str:
    """The nearest of all settings that a verb has with the options chosen, or where they are."""
    choices = groups()
    choosing = {*choices, "hydra.searchpath"}
    chosen = [a for a in sys.argv[1:] if a.partition("=")[0].lstrip("+") in choosing]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        try:
            config = hydra.compose(verb, chosen)
        except Exception:  # Of several values, say, or options of a stored run.
            config = hydra.compose(verb)
    OmegaConf.set_struct(config, False)
    keys = dotted(OmegaConf.to_container(config, resolve=False))
    settings_here = [k for k in [*keys, *choices] if "_target_" not in k]
    # People type the last part of a path: k, lr, optimizer.lr.
    first, same = key.partition(".")[0], ends_in(key.rpartition(".")[2], settings_here)
    paths = [k for k in same if k.startswith(f"{first}.")] or same
    if not paths and key not in settings_here and "." not in key:
        names = {k.rpartition(".")[2] for k in settings_here}
        for near in get_close_matches(key, names, n=1):
            paths = (
                [near]
                if near in settings_here
                else [k for k in settings_here if k.endswith(f".{near}")]
            )
    if paths and key not in settings_here:
        return f": did you mean {' or '.join(paths)}?"
    answer = nearest(key, settings_here)
    return answer if "did you mean" in answer else f": forger {verb} --help lists all"


if __name__ == "__main__":
    main()
