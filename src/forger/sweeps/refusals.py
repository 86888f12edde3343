"""Which jobs of a grid will be refused, told before the first one trains: the last may be days off.

A job is still refused by itself when its turn comes, so that the others train.
"""

import io
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict

from forger.errors import first_line, visible
from forger.sweeps.isolation import isolated

# Settings that are tried, seeds apart: each takes about a third of a second.
MOST = 200
# From so many on it is told what one waits for.
MANY = 20

Check = Callable[[DictConfig, Path], None]


def announce_refused(
    jobs: Sequence[Sequence[str]], compose: Callable[[int], DictConfig], check: Check
) -> None:
    """Print the jobs that `check` refuses, with its reason; it is tried once for all seeds.

    jobs: the overrides of each. compose: gives the configuration of the job at a place among them.
    """
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, overrides in enumerate(jobs):
        # A seed that is no number is a fault to be found.
        settings = tuple(o for o in overrides if not re.fullmatch(r"seed=\d+", o))
        alike.setdefault(settings, []).append(place)
    if len(alike) >= MANY:
        print(f"check    {len(alike)} settings, before the first of them is trained", flush=True)
    refused: dict[str, list[str]] = {}
    outside = HydraConfig.instance().cfg
    try:
        with isolated(), redirect_stdout(io.StringIO()):
            for number, places in enumerate(alike.values()):
                first = compose(places[0])
                # What is repeated was checked when it was trained first.
                tried = number < MOST and not first.repeat
                if tried and (reason := reason_against(first, check)):
                    names = (name_of(compose(place)) for place in places)
                    refused.setdefault(reason, []).extend(names)
    finally:
        HydraConfig.instance().cfg = outside
    if len(alike) > MOST:
        print(f"checked  {MOST} of {len(alike)} settings; the others when their turn comes")
    if refused:
        count = sum(map(len, refused.values()))
        lines = [f"refused  {', '.join(names)}: {reason}" for reason, names in refused.items()]
        told = f"{count} of {len(jobs)} jobs will be refused when their turn comes:"
        print(visible("\n".join([told, *lines])), file=sys.stderr, flush=True)


def name_of(config: DictConfig) -> str:
    """The name of a job's folder."""
    HydraConfig.instance().set_config(config)
    return str(config.hydra.sweep.subdir)


def reason_against(config: DictConfig, check: Check) -> str | None:
    """Why a job would be refused; None if it would train."""
    HydraConfig.instance().set_config(config)
    settings = config.copy()
    with open_dict(settings):
        del settings["hydra"]
    try:
        # A folder without a run: a seed by chance is chosen anew.
        check(settings, Path(config.hydra.sweep.dir))
    except Exception as error:
        return first_line(error)
    return None
