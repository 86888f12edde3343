"""Resuming a run from a checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback

from forger.callbacks.grid import SampleGrid
from forger.config.load import read, restore
from forger.config.overrides import typed
from forger.config.schema import shape_errors
from forger.config.sizes import check_size
from forger.data.memory import InMemory
from forger.data.minibatches import Minibatches
from forger.errors import ForgerError
from forger.gan import GAN
from forger.runs.checkpoint_states import state_errors
from forger.runs.folder import (
    ENDED,
    find_resumable,
    read_starts,
    read_summary,
    version_of,
)
from forger.runs.record import difference
from forger.runs.version import written_by


@contextmanager
def naming_version(config: DictConfig) -> Iterator[None]:
    """Errors of settings that another version of Forger stored name that version."""
    try:
        yield
    except ForgerError as error:
        run = find_resumable(config.resume)[0] if config.resume else None
        run = Path(config.repeat) if config.repeat else run
        by = written_by(version_of(run)) if run else ""
        if not by:
            raise
        raise ForgerError(f"{run}{by}: {error}") from error


def check_fits(config: DictConfig, checkpoint: Path) -> None:
    """Raises ForgerError for networks that the checkpoint cannot hold, or if it is damaged."""
    try:
        check_size(config, 4 * checkpoint.stat().st_size, f"four times {checkpoint}")
    except ForgerError:
        # Perhaps it is a part of one that could.
        read(checkpoint)
        raise


def restore_run(gan: GAN, config: DictConfig, checkpoint: Path, folder: Path) -> dict[str, Any]:
    """Put a checkpoint's weights into the GAN of a resumed run; returns the checkpoint's contents.

    Raises ForgerError if it has no state of a run, has other optimizers or schedules, or is from
    the end of its run.
    """
    state = read(checkpoint)
    if not {"global_step", "optimizer_states", "loops"} <= state.keys():
        raise ForgerError(
            f"{checkpoint} has weights but no optimizer state, so no run can be resumed from it:"
            f" give {typed('start', checkpoint)} for a new run that begins with them"
        )
    # Lightning restores the weights again later; here a wrong one gets a clear error.
    restore(gan, state, checkpoint)
    check_kept(state["config"], gan.config, checkpoint, folder)
    step, most = state["global_step"], config.trainer.max_steps
    ended = read_summary(folder).get("status") in ENDED
    if 0 < most < step or (ended and step == most):
        # The schedule has reached 0: more updates would change nothing.
        # A schedule whose length is this update, such as T_max, ends here.
        schedules = state["config"]["schedule"].values()
        planned = any(step in (node or {}).values() for node in schedules)
        way = ", and of its schedule: start one of" if planned else ": to go on give"
        where = "the end of its run" if ended else f"after trainer.max_steps (={most})"
        raise ForgerError(
            f"{checkpoint} is {where}, update {step}{way} trainer.max_steps={2 * step}"
        )
    return state


def check_kept(before: dict[str, Any], now: dict[str, Any], checkpoint: Path, folder: Path) -> None:
    """Raises ForgerError for optimizers or schedules that are not those of the checkpoint."""
    for fault in shape_errors(before, ("optimizer", "schedule")):
        raise ForgerError(f"{checkpoint} is damaged: in its configuration {fault}; give another")
    for part in ("optimizer", "schedule"):
        if changed := difference(before[part], now[part], part):
            # The restored state has its own settings: new ones would be recorded and not used.
            kept, given = (OmegaConf.select(OmegaConf.create(c), changed) for c in (before, now))
            # The length of a schedule is that of the run, unless it is set by itself.
            length = now["trainer"]["max_steps"]
            why = f" (={given}, as trainer.max_steps)" if given == length else ""
            raise ForgerError(
                f"{changed}{why} cannot be changed on resume: keep {kept}, or start a new run from"
                f" these weights by {typed('start', folder)}"
            )


def check_states(
    states: dict[str, Any], gan: GAN, data: InMemory, trainer: Trainer, checkpoint: Path
) -> None:
    """Raises ForgerError if a run cannot be resumed from these states of a checkpoint."""
    # As Lightning makes them, with groups of one's own and the parameters of terms.
    optimizers, schedules = gan.configure_optimizers()
    for optimizer in optimizers:
        # A step makes state. If it moves weights, Lightning restores them from the checkpoint.
        for parameter in (p for group in optimizer.param_groups for p in group["params"]):
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()
        optimizer.zero_grad()
    scheduled = [name for name in gan.networks if gan.schedule[name]]
    new = dict(zip(gan.networks, optimizers, strict=True))
    rates = dict(zip(scheduled, schedules, strict=True))
    callbacks: list[Callback] = trainer.callbacks  # pyright: ignore
    loop = trainer.fit_loop.state_dict()
    known = isinstance(data.train_dataloader(), Minibatches)
    if fault := next(state_errors(states, new, rates, callbacks, loop, known), None):
        raise unfit(checkpoint, fault)
    for callback in callbacks:
        state = states.get("callbacks", {}).get(callback.state_key)
        if isinstance(callback, SampleGrid) and state and state["z"].shape[1] != gan.latent_dim:
            raise unfit(
                checkpoint,
                f"callbacks.{callback.state_key} has latent vectors of {state['z'].shape[1]}"
                f" numbers, and model.latent_dim is {gan.latent_dim}",
            )


def unfit(checkpoint: Path | None, fault: str) -> ForgerError:
    return ForgerError(
        f"{checkpoint} is damaged: a run cannot be resumed from its state of optimizers, loops"
        f" and callbacks ({fault}): give another checkpoint, or start a new run"
    )


def check_data(folder: Path, checksum: str) -> None:
    """Raises ForgerError if a run would be resumed with other training examples."""
    starts = read_starts(folder)
    if starts and (before := starts[-1]["data_sha256"]) != checksum:
        raise ForgerError(
            f"the training examples are not those that {folder} was trained on, whose SHA-256 is"
            f" {before[:8]}…: restore them, or start a new run"
        )
