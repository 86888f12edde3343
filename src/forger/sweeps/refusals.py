"""Which jobs of a grid will be refused, told before the first one trains: the last may be days off.

A job is still refused by itself when its turn comes, so that the others train.
"""

import io
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict

from forger.config.overrides import key_of
from forger.errors import first_line, visible
from forger.sweeps.isolation import isolated

# Settings that are tried, seeds apart: each takes about a third of a second.
MOST = 200

Check = Callable[[DictConfig, Path], None]


def announce_refused(
    jobs: Iterable[tuple[Sequence[str], DictConfig]], before: int, check: Check
) -> None:
    """Print the jobs that `check` refuses, with its reason; it is tried once for all seeds.

    jobs: the overrides of each and its configuration. before: how many jobs come before these.
    """
    names: dict[tuple[str, ...], list[str]] = {}
    reasons: dict[tuple[str, ...], str] = {}
    outside = HydraConfig.instance().cfg
    try:
        with isolated(), redirect_stdout(io.StringIO()):
            for number, (overrides, config) in enumerate(jobs, before):
                settings = tuple(o for o in overrides if key_of(o) != "seed")
                names.setdefault(settings, []).append(name_of(config, number))
                # What is repeated was checked when it was trained first.
                tried = len(names[settings]) > 1 or len(names) > MOST or config.repeat
                if not tried and (reason := reason_against(config, check)):
                    reasons[settings] = reason
    finally:
        HydraConfig.instance().cfg = outside
    if len(names) > MOST:
        print(f"checked  {MOST} of {len(names)} settings; the others when their turn comes")
    if reasons:
        refused: dict[str, list[str]] = {}
        for settings, reason in reasons.items():
            refused.setdefault(reason, []).extend(names[settings])
        count, total = (sum(map(len, some.values())) for some in (refused, names))
        lines = [f"refused  {', '.join(jobs)}: {reason}" for reason, jobs in refused.items()]
        told = f"{count} of {total} jobs will be refused when their turn comes:"
        print(visible("\n".join([told, *lines])), file=sys.stderr, flush=True)


def name_of(config: DictConfig, number: int) -> str:
    """The name of a job's folder; Hydra's own node becomes that of this job."""
    with open_dict(config):
        config.hydra.job.num = number
    HydraConfig.instance().set_config(config)
    return str(config.hydra.sweep.subdir)


def reason_against(config: DictConfig, check: Check) -> str | None:
    """Why a job would be refused; None if it would train."""
    settings = config.copy()
    with open_dict(settings):
        del settings["hydra"]
    try:
        # A folder without a run: a seed by chance is chosen anew.
        check(settings, Path(config.hydra.sweep.dir))
    except Exception as error:
        return first_line(error)
    return None
