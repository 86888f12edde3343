#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11.
# EarlyStopping(patience=...) of Lightning writes its patience into each checkpoint, and a resumed run takes
# it from there. Who resumes a run that was stopped too early with a larger patience, which is what one
# resumes it for, gets the old one: the run ends after one more epoch. A smaller patience has no effect
# either. min_delta and stopping_threshold, which decide with it, are those of the new callback. No warning.
# Output (epochs of a run of at most 30 whose best epoch was the second):
#   patience 3 from the start                    5 epochs
#   patience 10 from the start                  12 epochs
#   stopped by 3, resumed with 10                6 epochs, patience is 3
#   not stopped by 20, resumed with 3           22 epochs, patience is 20
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 pytorch-lightning==2.6.6
cat > look.py <<'PY'
import logging
import tempfile
import warnings

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping
from torch.utils.data import DataLoader

warnings.filterwarnings("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


class Module(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def training_step(self, batch, index):
        return self.weight.sum()

    def validation_step(self, batch, index):
        self.log("distance", abs(self.current_epoch - 1.0))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 1.0)


def fit(patience, epochs=30, path=None):
    stopping = EarlyStopping("distance", patience=patience)
    trainer = pl.Trainer(
        max_epochs=epochs,
        callbacks=[stopping],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(Module(), DataLoader(torch.zeros(1)), DataLoader(torch.zeros(1)), ckpt_path=path)
    return trainer, stopping


def main():
    seen = []
    for patience in (3, 10):
        epochs = fit(patience)[0].current_epoch
        seen.append(epochs)
        print(f"{f'patience {patience} from the start':<42} {epochs:3} epochs")
    for name, old, length, new in (
        ("stopped by 3, resumed with 10", 3, 30, 10),
        ("not stopped by 20, resumed with 3", 20, 10, 3),
    ):
        with tempfile.NamedTemporaryFile() as file:
            fit(old, length)[0].save_checkpoint(file.name)
            trainer, stopping = fit(new, path=file.name)
        seen.append(trainer.current_epoch)
        print(f"{name:<42} {seen[-1]:3} epochs, patience is {stopping.patience}")
    assert seen == [5, 12, 6, 22], "the behaviour has changed"


main()
PY
environment/bin/python look.py
