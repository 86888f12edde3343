#!/usr/bin/env bash
# pytorch-lightning 2.6.6 and 2.5.6, torch 2.14.1, Python 3.11.
# ModelCheckpoint(monitor=..., save_last=True) of Lightning 2.5 writes last.ckpt after each validation, so
# that a run that is killed goes on from there. In 2.6 it does so only where the monitored value is among
# the best: of a run whose best epoch was the first, last.ckpt is that of the first, also at the orderly
# end. Whoever resumes from it trains all epochs since anew, and whoever takes it for the final state has
# the same file as the best. For a GAN, whose distance goes up and down, that can be most of a run.
# save_last="link" did so in 2.5 already. No warning; a ModelCheckpoint without monitor is right.
# Output (ten epochs, of which number 1 is the best; the epoch in last.ckpt, and the first of a resumed run):
#   2.5.6  save_last=True      last.ckpt 9, resumed run begins with 10
#   2.5.6  save_last="link"    last.ckpt 1, resumed run begins with 2
#   2.5.6  without monitor     last.ckpt 9, resumed run begins with 10
#   2.6.6  save_last=True      last.ckpt 1, resumed run begins with 2
#   2.6.6  save_last="link"    last.ckpt 1, resumed run begins with 2
#   2.6.6  without monitor     last.ckpt 9, resumed run begins with 10
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 pytorch-lightning==2.5.6
cat > look.py <<'PY'
import json
import logging
import sys
import tempfile
import warnings

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

warnings.filterwarnings("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


class Module(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.epochs = []

    def on_train_epoch_start(self):
        self.epochs.append(self.current_epoch)

    def training_step(self, batch, index):
        return self.weight.sum()

    def validation_step(self, batch, index):
        self.log("distance", abs(self.current_epoch - 1.0))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 1.0)


def fit(epochs, callback, path=None):
    module = Module()
    trainer = pl.Trainer(
        max_epochs=epochs,
        callbacks=callback,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, DataLoader(torch.zeros(4)), DataLoader(torch.zeros(1)), ckpt_path=path)
    return module


def main():
    seen = []
    for name, given in (
        ("save_last=True", {"monitor": "distance", "save_last": True}),
        ('save_last="link"', {"monitor": "distance", "save_last": "link"}),
        ("without monitor", {"save_last": True}),
    ):
        with tempfile.TemporaryDirectory() as folder:
            fit(10, [ModelCheckpoint(folder, **given)])
            last = f"{folder}/last.ckpt"
            epoch = torch.load(last)["epoch"]
            first = fit(12, [ModelCheckpoint(folder)], last).epochs[0]
        print(f"{pl.__version__}  {name:<18}  last.ckpt {epoch}, resumed run begins with {first}")
        seen.append([epoch, first])
    assert seen == json.loads(sys.argv[1]), "the behaviour has changed"


main()
PY
environment/bin/python look.py "[[9, 10], [1, 2], [9, 10]]"
environment/bin/pip install -q pytorch-lightning==2.6.6
environment/bin/python look.py "[[1, 2], [1, 2], [9, 10]]"
