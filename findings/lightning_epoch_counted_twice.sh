#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11.
# With max_steps, a run that is resumed from a checkpoint of the last batch of an epoch counts that epoch
# as over when its loop starts. A checkpoint that a callback saves in on_train_start, which is before the
# next batch, holds the new count beside the old position in the epoch. A run that is resumed from this
# checkpoint counts the same epoch once more, and so on. current_epoch is wrong too: the batch after the
# first epoch has epoch 1, 2 or 3. With max_epochs alone the number is right.
# Output (current_epoch of the batch after the first epoch, and epoch and step in the checkpoint before it):
#   start 1: batch of epoch 1, checkpoint of epoch 1, step 3
#   start 2: batch of epoch 2, checkpoint of epoch 2, step 3
#   start 3: batch of epoch 3, checkpoint of epoch 3, step 3
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
from pytorch_lightning import Callback, LightningModule, Trainer
from torch.utils.data import DataLoader

warnings.filterwarnings("ignore")
for name in ("pytorch_lightning", "lightning_fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Line(LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.epochs = []

    def training_step(self, batch):
        self.epochs.append(self.current_epoch)
        return self.layer(batch).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Save(Callback):
    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == 3:
            trainer.save_checkpoint("start_0.ckpt")


class SaveFirst(Callback):
    def __init__(self, file):
        self.file = file

    def on_train_start(self, trainer, _):
        trainer.save_checkpoint(self.file)


def fit(steps, callback, start=None):
    trainer = Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        callbacks=[callback],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    model = Line()
    # An epoch has three batches.
    trainer.fit(model, DataLoader(torch.ones(3, 1)), ckpt_path=start, weights_only=True)
    return model.epochs


fit(4, Save())
seen = []
for start in (1, 2, 3):
    (batch,) = fit(4, SaveFirst(f"start_{start}.ckpt"), f"start_{start - 1}.ckpt")
    saved = torch.load(f"start_{start}.ckpt", weights_only=True)
    seen.append((batch, saved["epoch"], saved["global_step"]))
    print(
        f"start {start}: batch of epoch {batch},"
        f" checkpoint of epoch {saved['epoch']}, step {saved['global_step']}"
    )
assert seen == [(1, 1, 3), (2, 2, 3), (3, 3, 3)], "the behaviour has changed"
PY
environment/bin/python look.py
