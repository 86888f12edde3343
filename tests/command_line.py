"""The command line in a process of its own; within the test's process, see conftest's `forger`.

`Command`, `run_command` and `succeed` fork a process that has imported torch and Lightning already,
which saves the seconds that a new interpreter takes; `new_interpreter` is what people type. It is
also for joblib's launcher: a forked process waits five minutes for joblib's idle workers to end.
"""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from forger.runs.curves import read_curves

FORGER = [sys.executable, "-m", "forger.cli"]

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["forger.verbs.train", "forger.verbs.sample"])


class Command:
    """A command that has been started in a folder."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.output = tempfile.TemporaryDirectory()
        for name in ("stdout", "stderr"):
            # One that is killed at once leaves none.
            Path(self.output.name, name).touch()
        self.process = processes.Process(
            target=call_main,
            args=(folder, arguments, environment_of(**environment), self.output.name),
        )
        self.process.start()

    def running(self) -> bool:
        return self.process.is_alive()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def send_signal(self, sent: int) -> None:
        os.kill(self.pid, sent)

    def wait(self) -> subprocess.CompletedProcess[str]:
        """The exit code, that of a signal negative, and what was printed."""
        self.process.join()
        assert self.process.exitcode is not None
        printed = [Path(self.output.name, name).read_text() for name in ("stdout", "stderr")]
        return subprocess.CompletedProcess([], self.process.exitcode, *printed)


def call_main(
    folder: Path, arguments: tuple[str, ...], environment: dict[str, str], output: str
) -> None:
    """`forger …` in this process, whose output goes to files."""
    from forger.cli import main

    # As `forger` does when it imports a verb, which this process has imported before it was forked.
    gc.freeze()
    # A shell lets what it starts in the background ignore Ctrl-C, and so would the command.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        with Path(output, name).open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    os.chdir(folder)
    sys.argv = ["forger", *arguments]
    main()


def environment_of(**environment: str) -> dict[str, str]:
    """The test's own, with lines of 200 characters."""
    return dict(os.environ) | {"COLUMNS": "200"} | environment


def run_command(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return Command(folder, *arguments, **environment).wait()


def new_interpreter(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FORGER, *arguments],
        cwd=folder,
        env=environment_of(**environment),
        capture_output=True,
        text=True,
    )


def succeed(folder: Path, *arguments: str) -> str:
    """What a command that ends well prints; nothing of it goes to stderr."""
    return expect_success(run_command(folder, *arguments))


def expect_success(ended: subprocess.CompletedProcess[str]) -> str:
    """What a command printed that ended well and wrote nothing to stderr."""
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


def interrupt(
    folder: Path, run: Path, sent: int, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """A command that gets a signal once its run, in that folder, has points of its curves."""
    command = Command(folder, *arguments)
    while not read_curves(run) and command.running():
        time.sleep(0.02)
    command.send_signal(sent)
    return command.wait()
