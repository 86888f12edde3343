"""The command line: `forger VERB [settings]`.

A verb is a module in `forger.verbs` with a `run(config)`, and a file of its name in conf/ whose
first line says what it does.
"""

import atexit
import gc
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, cast

from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from forger.config.arguments import prepare
from forger.config.completion import complete
from forger.config.explain import USER_ERRORS, explained
from forger.config.help import asked_text, overview
from forger.config.project import hiding_told, import_from_working_directory, trusted_packages
from forger.config.run_hydra import run_hydra
from forger.config.unwritable import before_jobs, closed_pipe_ends, unwritable_named
from forger.errors import ForgerError, visible
from forger.runs.names import job_folder
from forger.runs.signals import end_in_order
from forger.runs.version import version
from forger.sweeps.announce import end_of_failed, unstarted
from forger.sweeps.orphans import leave_if_orphaned


@end_in_order()
def main() -> None:
    """The console script; exits with 2 and one sentence for what a user can correct."""
    # None where it was closed, as by >&-: nobody reads then.
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    # What a terminal of another encoding cannot show must not end a run.
    cast(Any, sys.stdout).reconfigure(errors="replace")
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return
    if "--version" in arguments:
        print(f"forger {version()}")
        return
    if arguments[0] == "--complete":
        return sys.stdout.writelines(f"{text}\n" for text in complete(arguments[1:] or [""]))
    show_trace = os.environ.get("HYDRA_FULL_ERROR") == "1"
    try:
        import_from_working_directory()
        call(arguments[0], arguments[1:], show_trace)
        with unwritable_named(show_trace):
            sys.stdout.flush()
    except ForgerError as error:
        if show_trace:
            raise
        lines = str(error).splitlines()
        print(f"forger: {visible(lines[0] if lines else 'ForgerError')}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        # Before a run trains, or in a verb that only reads: there is nothing to save.
        if show_trace:
            raise
        print("\nforger: interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


class Outcome(NamedTuple):
    """What a verb leaves: the value of its `run`, and the folder that it wrote in."""

    value: Any
    folder: Path


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
        if text := asked_text(verb, name, arguments):
            with closed_pipe_ends():
                print(text, flush=True)
            return None
        sys.argv[1:] = arguments
        return hand_to_hydra(verb, name, show_trace)


def hand_to_hydra(verb: str, name: str, show_trace: bool) -> Outcome | None:
    """Run a verb on what Hydra composes of the configuration `name` and of sys.argv."""
    # Hydra passes resolvers on to jobs in other processes.
    OmegaConf.register_new_resolver("job_folder", job_folder, replace=True)
    trusted = trusted_packages()
    outcome: Outcome | None = None
    begun = False

    def task(config: DictConfig) -> object:
        nonlocal outcome, begun
        begun = True
        leave_if_orphaned()
        try:
            value = run_verb(verb, config, trusted, show_trace)
        finally:
            leave_if_orphaned()
        if HydraConfig.get().mode == RunMode.RUN:
            outcome = Outcome(value, Path(HydraConfig.get().runtime.output_dir))
        return value

    try:
        run_hydra(name, task)
    except SystemExit as end:
        if isinstance(end.__cause__, USER_ERRORS):
            raise end.__cause__ from end.__cause__.__cause__
        raise
    except Exception as error:
        if isinstance(error, OSError) and not (
            begun or show_trace or isinstance(error, HydraException)
        ):
            raise before_jobs(error) from error
        if show_trace or (code := end_of_failed(error)) is None:
            raise
        sys.exit(code)
    finally:
        # Hydra writes there before it looks at the jobs.
        if refused := unstarted():
            remove_empty(refused)
    return outcome


def run_verb(verb: str, config: DictConfig, trusted: Sequence[str], show_trace: bool) -> object:
    """What the verb's `run` returns, called by Hydra; trusted: packages to add to `trust`."""
    if OmegaConf.is_list(config.get("trust")):
        config.trust = [*config.trust, *trusted]
    try:
        with unwritable_named(show_trace), closed_pipe_ends():
            return import_verb(verb).run(config)
    except BaseException as error:
        # In a sweep the other jobs go on, and Hydra raises the first error at its end.
        if show_trace or HydraConfig.get().mode == RunMode.MULTIRUN:
            raise
        remove_empty(Path(HydraConfig.get().runtime.output_dir))
        if not isinstance(error, USER_ERRORS):
            raise
        # SystemExit passes through Hydra, which prints its own account of any other error.
        raise SystemExit(2) from error


def import_verb(verb: str) -> ModuleType:
    """The module of a verb."""
    name = f"forger.verbs.{verb.replace('-', '_')}"
    if name not in sys.modules:
        # Nothing imported is garbage, so the collector would look through torch in vain. This is
        # done once: what a job of a sweep leaves must be collected.
        gc.disable()
        with hiding_told():
            importlib.import_module(name)
        gc.freeze()
        gc.enable()
        # From that of torch 2.15 on, triton complains of all that is left at the end of Python.
        if "triton" in sys.modules and sys.modules["torch"].__version__ >= "2.15":
            atexit.register(gc.unfreeze)
    return sys.modules[name]


def remove_empty(folder: Path) -> None:
    """Remove an output folder that Hydra made, and those above it, unless something is in them."""
    inside = [parent for parent in folder.parents if Path.cwd() in parent.parents]
    with suppress(OSError):
        for made in [folder, *inside] if folder != Path.cwd() else []:
            made.rmdir()


if __name__ == "__main__":
    main()
