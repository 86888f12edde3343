#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11.
# EMAWeightAveraging of Lightning averages where global_step - 1 is a multiple of update_every_n_steps. In
# manual optimization with two optimizers, as GANs are trained, global_step grows by two in each
# training_step, so that global_step - 1 is odd: with 2, 4, 10 or 100 the average is never taken. It stays
# at the initial weights, which are what validation sees and what checkpoints hold as the model, and at the
# end of fit they are copied over the trained network: the training is lost, without a warning.
# Output (20 training steps that raise a weight from 0 to 20):
#   update_every_n_steps=1   averages taken: 20, weight before the end 20, after fit 19.0
#   update_every_n_steps=3   averages taken: 7, weight before the end 20, after fit 17.0
#   update_every_n_steps=2   averages taken: 0, weight before the end 20, after fit 0.0
#   update_every_n_steps=10  averages taken: 0, weight before the end 20, after fit 0.0
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
from pytorch_lightning.callbacks import EMAWeightAveraging
from torch.utils.data import DataLoader

warnings.filterwarnings("ignore")
for name in ("pytorch_lightning", "lightning_fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Two(LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.generator = torch.nn.Parameter(torch.zeros(1))
        self.discriminator = torch.nn.Parameter(torch.zeros(1))
        self.last = 0

    def configure_optimizers(self):
        return [torch.optim.SGD([weight], lr=1.0) for weight in (self.discriminator, self.generator)]

    def training_step(self, batch):
        for optimizer, weight in zip(self.optimizers(), (self.discriminator, self.generator), strict=True):
            optimizer.zero_grad()
            self.manual_backward(-weight.sum())
            optimizer.step()
        self.last = round(self.generator.item())


seen = []
for every in (1, 3, 2, 10):
    average = EMAWeightAveraging(decay=0.5, update_every_n_steps=every)
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        callbacks=[average],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    model = Two()
    trainer.fit(model, DataLoader(torch.ones(20, 1)))
    taken = int(average._average_model.n_averaged) if average._average_model else None
    after = round(model.generator.item(), 1)
    seen.append((taken, model.last, after > 0))
    print(
        f"update_every_n_steps={every:<3} averages taken: {taken},"
        f" weight before the end {model.last}, after fit {after}"
    )
assert seen == [(20, 20, True), (7, 20, True), (0, 20, False), (0, 20, False)], "the behaviour has changed"
PY
environment/bin/python look.py
