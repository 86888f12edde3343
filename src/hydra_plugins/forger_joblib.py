"""Hydra's joblib launcher, whose workers end with their sweep.

Each start of Hydra imports this file, so that it must be quick.
"""

import os
from collections.abc import Sequence

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher

try:
    from hydra_plugins.hydra_joblib_launcher.joblib_launcher import JoblibLauncher
except ModuleNotFoundError:  # Not installed: conf/launcher/joblib.yaml is refused by its name.
    JoblibLauncher = Launcher


class Joblib(JoblibLauncher):  # pyright: ignore[reportGeneralTypeIssues]
    """Jobs side by side on this machine, in processes that follow this one."""

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        from forger.sweeps.orphans import follow, leaving_at_once

        self.joblib |= {"initializer": follow, "initargs": (os.getpid(),)}
        with leaving_at_once():
            return super().launch(job_overrides, initial_job_idx)
