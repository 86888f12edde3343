"""Ray's launcher, whose jobs save what they have when their sweep is told to end.

Each start of Hydra imports this file, so that it must be quick.
"""

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher

try:
    from hydra_plugins.hydra_ray_launcher.ray_launcher import RayLauncher
except ModuleNotFoundError:  # Not installed: conf/launcher/ray.yaml is refused by its name.
    RayLauncher = Launcher


class Ray(RayLauncher):  # pyright: ignore[reportGeneralTypeIssues]
    """Jobs as tasks of Ray's, on this machine or on a cluster."""

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        from hydra_plugins.hydra_ray_launcher import _core

        import ray
        from forger.sweeps.orphans import leaving_at_once

        core: Any = _core
        submit, jobs = core.launch_job_on_ray, []

        def submit_and_note(*job: Any) -> Any:
            jobs.append(submit(*job))
            return jobs[-1]

        def end_jobs() -> None:
            for job in jobs:
                ray.cancel(job)
            # Until they have saved: Ray ends its workers with this process.
            ray.wait(jobs, num_returns=len(jobs))
            ray.shutdown()

        # Ray's start replaces the handler of SIGTERM.
        core.start_ray(self.ray_cfg.init)
        core.launch_job_on_ray = submit_and_note
        try:
            with leaving_at_once(end_jobs):
                return super().launch(job_overrides, initial_job_idx)
        finally:
            core.launch_job_on_ray = submit
