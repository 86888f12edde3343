"""Checkpoints that are saved even if the state of a callback cannot be."""

from typing import Any

from pytorch_lightning import Callback, Trainer
from pytorch_lightning.trainer.connectors.checkpoint_connector import _CheckpointConnector

from forger.errors import first_line
from forger.runs.checkpoint_sizes import check_plain

# Networks and optimizers are not checked, since callbacks do not write there.
LARGE = ("state_dict", "optimizer_states")


class CheckpointConnector(_CheckpointConnector):
    """Lightning's, which saves a run without the state of a callback that fails to give one.

    A state that is not made of plain values and tensors counts as failed: nobody could read that
    checkpoint again.
    """

    # Callbacks that were reported already.
    refused: tuple[Callback, ...] = ()

    def dump_checkpoint(self, weights_only: bool | None = None) -> dict[str, Any]:
        callbacks: list[Callback] = self.trainer.callbacks  # pyright: ignore
        try:
            return self.dump_with(callbacks, weights_only)
        except Exception:
            faults = {c: fault for c in callbacks if (fault := self.fault_of(c, weights_only))}
            if not faults:  # It is none of theirs.
                raise
        contents = self.dump_with([c for c in callbacks if c not in faults], weights_only)
        for callback, fault in faults.items():
            if callback not in self.refused and self.trainer.is_global_zero:
                name = type(callback).__name__
                print(
                    f"the state of the callback {name} cannot be saved ({fault}):"
                    " checkpoints do not include it, and a resumed run starts it anew",
                    flush=True,
                )
        self.refused = (*self.refused, *faults)
        return contents

    def dump_with(self, callbacks: list[Callback], weights_only: bool | None) -> dict[str, Any]:
        """A checkpoint as if there were only these callbacks."""
        found = self.trainer.callbacks  # pyright: ignore[reportAttributeAccessIssue]
        self.trainer.callbacks = callbacks  # pyright: ignore[reportAttributeAccessIssue]
        try:
            contents = super().dump_checkpoint(weights_only)
        finally:
            self.trainer.callbacks = found  # pyright: ignore[reportAttributeAccessIssue]
        check_plain({key: value for key, value in contents.items() if key not in LARGE})
        return contents

    def fault_of(self, callback: Callback, weights_only: bool | None) -> str | None:
        """Why a checkpoint cannot have this callback's state; None if it can."""
        try:
            self.dump_with([callback], weights_only)
        except Exception as error:
            return first_line(error)


def save_in_any_case(trainer: Trainer) -> None:
    """Let a trainer save its networks whatever a callback's own state does."""
    trainer._checkpoint_connector.__class__ = CheckpointConnector
