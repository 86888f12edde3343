"""Writing and reading of checkpoints, for Forger's callbacks, Lightning's and SLURM."""

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning import LightningModule
from torch import nn

from forger.runs.checkpoint_sizes import check_sizes
from forger.runs.files import atomic_write
from forger.runs.version import version


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint under another name, on the disk before it takes the place of the last.

    Lightning's goes by way of the system's temporary folder: from another disk a rename is a copy.
    Raises ForgerError if one cannot be written, and the one before stays; or if one that is read
    states sizes that it does not have.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        # In memory first: on a full disk torch's own writer only says "unexpected pos".
        buffer = BytesIO()
        torch.save(checkpoint, buffer)
        with atomic_write(Path(path)) as partial, partial.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            # On the disk before the rename: after a power cut the file is complete.
            os.fsync(file.fileno())

    def load_checkpoint(self, path: str | Path, *arguments: Any, **settings: Any) -> dict[str, Any]:
        check_sizes(Path(path))
        return super().load_checkpoint(path, *arguments, **settings)

    def remove_checkpoint(self, path: str | Path) -> None:
        # Lightning's would remove a folder with everything in it, and files at an address.
        if Path(path).is_file():
            Path(path).unlink()


def add_configuration(gan: LightningModule, checkpoint: dict[str, Any]) -> None:
    """Before a checkpoint is written: `GAN.on_save_checkpoint`."""
    checkpoint.update(config=gan.config, forger_version=version())


def register_parts(gan: LightningModule, **groups: Mapping[str, Any]) -> None:
    """Let those of a GAN's parts that are modules be in its checkpoints, and on its device."""
    for group, parts in groups.items():
        for name, part in parts.items():
            if isinstance(part, nn.Module):
                gan.add_module(f"{group}_{name}", part)
    gan.register_load_state_dict_pre_hook(keep_own_parts)


def keep_own_parts(gan: nn.Module, state_dict: dict[str, Any], *_: object) -> None:
    """Before weights are loaded: the state of penalties, terms and augmentations may be absent.

    Checkpoints up to 0.1.0 have none, and a run may be resumed without them or with others.
    """
    own, parts = gan.state_dict(), ("penalty_", "term_", "augment_")
    for key in [key for key in state_dict if key.startswith(parts) and key not in own]:
        del state_dict[key]
    for key in own.keys() - state_dict.keys():
        if key.startswith(parts):
            state_dict[key] = own[key]
