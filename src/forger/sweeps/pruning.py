"""The trial of a search that this process trains for, which may be ended early."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate

from forger.errors import ForgerError

try:
    import optuna
    from optuna.trial import Trial

    from forger.sweeps.journal import open_storage
except ModuleNotFoundError as error:
    raise ForgerError("pruning needs Optuna: pip install -e '.[tune]'") from error


def trial_of_this_job() -> tuple[str, Trial | None]:
    """The objective and the trial that this process trains for; no trial if none can be pruned."""
    hydra = HydraConfig.get() if HydraConfig.initialized() else None
    if hydra is None or hydra.mode != RunMode.MULTIRUN or not hydra.sweeper.get("pruner"):
        return "", None
    # Optuna prunes by one objective only.
    if len(hydra.sweeper.minimize) + len(hydra.sweeper.maximize) > 1:
        return "", None
    study = optuna.load_study(
        study_name=Path(hydra.sweep.dir).name,
        storage=open_storage(hydra.sweeper.storage),
        sampler=optuna.samplers.RandomSampler(),
        pruner=instantiate(hydra.sweeper.pruner, _convert_="all"),
    )
    # From the study, since Hydra's part of the configuration lacks what settings refer to.
    (objective,) = study.metric_names or []
    return objective, Trial(study, study.trials[hydra.job.num]._trial_id)
