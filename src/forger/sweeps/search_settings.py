"""The settings of a search: what is minimised and maximised, and what no trial could have."""

from omegaconf import DictConfig, OmegaConf

from forger.checks import check_positive
from forger.config.build import instantiate_node
from forger.errors import ForgerError


def objectives(settings: DictConfig) -> list[str]:
    """The names of the curves that trials are compared by."""
    return [*settings.minimize, *settings.maximize]


def check_settings(hydra: DictConfig) -> None:
    """Raises ForgerError for settings of a search, in Hydra's own node, that no trial could have."""
    search = hydra.sweeper
    check_positive(n_trials=search.n_trials, n_starts=search.n_starts)
    if not objectives(search):
        raise ForgerError(
            "minimize and maximize are empty, so no run is better than another: give"
            " 'hydra.sweeper.minimize=[metric/fid]'"
        )
    # By the names that people type.
    typed = OmegaConf.create({"hydra": {"sweeper": OmegaConf.to_container(search)}})
    instantiate_node(typed, "hydra.sweeper.sampler", seed=search.seed)
    if search.get("pruner"):
        instantiate_node(typed, "hydra.sweeper.pruner")
