"""How checkpoints are written, whoever asks for one: Forger's callbacks, Lightning's, SLURM."""

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO

from forger.files import whole


class WholeCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint under another name, on the disk before it takes the place of the last.

    Lightning's goes by way of the system's temporary folder: from another disk a rename is a copy.
    Raises ForgerError if it cannot be written; the one before stays.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        # In memory first: of a full disk torch's own writer says no more than "unexpected pos".
        buffer = BytesIO()
        torch.save(checkpoint, buffer)
        with whole(Path(path)) as partial, partial.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
