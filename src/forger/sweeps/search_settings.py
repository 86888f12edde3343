"""The settings of a search: what is minimised and maximised, and what no trial could have."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from omegaconf import DictConfig, OmegaConf
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection

from forger.checks import check_positive
from forger.config.build import instantiate_node
from forger.errors import ForgerError, first_line


@dataclass
class Settings:
    """Settings of a search, hydra.sweeper of `forger train -m +sweep=optuna`."""

    n_trials: int
    minimize: list[str]
    maximize: list[str]
    storage: str
    sampler: dict
    seed: int
    pruner: dict | None
    n_starts: int
    params: dict


def objectives(settings: DictConfig) -> list[str]:
    """The names of the curves that trials are compared by."""
    return [*settings.minimize, *settings.maximize]


def check_settings(search: DictConfig, space: Mapping[str, Any]) -> None:
    """Raises ForgerError for a search in which no trial could be made, or be better than another.

    search: its settings. space: what is searched, by path.
    """
    if not space:
        raise ForgerError(
            "no setting is searched: give several values, such as"
            " model.k=1,2,5, or an interval, such as model.ema_halflife=interval(1e3,1e5)"
        )
    check_positive(n_trials=search.n_trials, n_starts=search.n_starts)
    if not objectives(search):
        raise ForgerError(
            "minimize and maximize are empty, so no run is better than another: give"
            " 'hydra.sweeper.minimize=[metric/fid]'"
        )
    # By the names that people type.
    typed = OmegaConf.create({"hydra": {"sweeper": OmegaConf.to_container(search)}})
    with warnings.catch_warnings():
        # Of what Optuna calls experimental.
        warnings.simplefilter("ignore")
        sampler = instantiate_node(typed, "hydra.sweeper.sampler", seed=search.seed)
        if search.get("pruner"):
            instantiate_node(typed, "hydra.sweeper.pruner")
        try_sampler(sampler, space, len(objectives(search)))


def try_sampler(sampler: BaseSampler, space: Mapping[str, Any], n_objectives: int) -> None:
    """Raises ForgerError if the sampler cannot choose from this space.

    It chooses for two trials in memory: most draw the first at random, and tell only then.
    """
    study = optuna.create_study(
        sampler=sampler, directions=[StudyDirection.MINIMIZE] * n_objectives
    )
    # Some call it when all is tried; Optuna's own works in its loop only.
    study.stop = lambda: None
    try:
        for _ in range(2):
            study.tell(study.ask(dict(space)), [0.0] * n_objectives)
    except Exception as error:
        absent = error.name if isinstance(error, ModuleNotFoundError) else None
        remedy = f": pip install {absent}" if absent else "; give another sampler or other values"
        reason = first_line(error).rstrip(".")
        raise ForgerError(
            f"hydra.sweeper.sampler ({type(sampler).__name__}): {reason}{remedy}"
        ) from error
