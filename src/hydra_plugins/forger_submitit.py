"""Submitit's launcher for this machine, whose jobs save what they have when their sweep ends early.

Each start of Hydra imports this file, so that it must be quick.
"""

import signal
from collections.abc import Sequence
from threading import Event, Thread
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher

try:
    from hydra_plugins.hydra_submitit_launcher.submitit_launcher import LocalLauncher
except ModuleNotFoundError:  # Not installed: conf/launcher/submitit.yaml is refused by its name.
    LocalLauncher = Launcher


class Submitit(LocalLauncher):  # pyright: ignore[reportGeneralTypeIssues]
    """Jobs side by side on this machine, each in a process of its own."""

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        import psutil

        from forger.checks import check_positive
        from forger.sweeps.orphans import leaving_at_once

        check_positive(**{"hydra.launcher.timeout_min": self.params["timeout_min"]})

        def end_jobs() -> None:
            for controller in psutil.Process().children():
                controller.terminate()

        # This thread takes Ctrl-C. Submitit's controllers inherit from the other one that they do
        # not: they would kill a job that has not saved after a second.
        Thread(target=Event().wait, daemon=True).start()
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            with leaving_at_once(end_jobs):
                return super().launch(job_overrides, initial_job_idx)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

    def __call__(self, *job: Any) -> JobReturn:
        """In the process of a job, where submitit ignores SIGTERM."""
        from forger.runs.signals import end_in_order

        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with end_in_order():
            return super().__call__(*job)
