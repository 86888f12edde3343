#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11.
# A run that max_steps ends in the midst of an epoch counts that epoch as over. A checkpoint saved
# after fit and resumed with a larger max_steps goes on with the right batch, but names the rest of
# the epoch, and all epochs after it, by a number that is one too large. What follows the epoch, such
# as a sampler's set_epoch or a rate by epochs, differs from a run that was not cut. A checkpoint that
# ModelCheckpoint saved at the same step has the right number.
# Output (epoch.batch of each step):
#   uncut                                    0.0 0.1 0.2 0.3 0.4 1.0 1.1 1.2
#   cut at 3, saved by ModelCheckpoint       0.0 0.1 0.2 0.3 0.4 1.0 1.1 1.2
#   cut at 3, saved after fit                0.0 0.1 0.2 1.3 1.4 2.0 2.1 2.2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pytorch-lightning==2.6.6 torch==2.14.1
cat > look.py <<'PY'
import logging
import warnings

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

warnings.filterwarnings("ignore")
for name in ("pytorch_lightning", "lightning_fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Line(LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.steps = []

    def training_step(self, batch, number):
        self.steps.append(f"{self.current_epoch}.{number}")
        return self.layer(batch).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fit(model, steps, start=None, callbacks=()):
    trainer = Trainer(
        max_steps=steps,
        max_epochs=-1,
        accelerator="cpu",
        logger=False,
        callbacks=list(callbacks),
        enable_checkpointing=bool(callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    batches = DataLoader(torch.ones(5, 1), batch_size=1)
    trainer.fit(model, batches, ckpt_path=start, weights_only=True)
    return trainer


seen = {}
model = Line()
fit(model, 8)
seen["uncut"] = model.steps
for name, file in (("saved by ModelCheckpoint", "during.ckpt"), ("saved after fit", "after.ckpt")):
    first, second = Line(), Line()
    during = ModelCheckpoint(".", "during", every_n_train_steps=3, save_top_k=-1)
    fit(first, 3, callbacks=[during]).save_checkpoint("after.ckpt")
    fit(second, 8, file)
    seen[f"cut at 3, {name}"] = first.steps + second.steps
for name, steps in seen.items():
    print(f"{name:<40} {' '.join(steps)}")
uncut = "0.0 0.1 0.2 0.3 0.4 1.0 1.1 1.2".split()
late = "0.0 0.1 0.2 1.3 1.4 2.0 2.1 2.2".split()
assert list(seen.values()) == [uncut, uncut, late], "the behaviour has changed"
PY
environment/bin/python look.py
