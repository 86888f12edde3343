#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11.
# LearningRateMonitor names the curves of two optimizers of one kind lr-Adam and lr-Adam-1, first those
# that have a scheduler, in the order of the schedulers, and then the others. Which network a name means
# changes with the schedules: of [generator, discriminator], lr-Adam is the generator's rate, but the
# discriminator's as soon as it alone has a scheduler, or its scheduler is returned first. Curves of two
# runs under one name are then those of different networks.
# Output (the rate is 1 for the generator and 2 for the discriminator):
#   schedulers of none                        lr-Adam 1, lr-Adam-1 2
#   schedulers of generator                   lr-Adam 1, lr-Adam-1 2
#   schedulers of generator, discriminator    lr-Adam 1, lr-Adam-1 2
#   schedulers of discriminator               lr-Adam 2, lr-Adam-1 1
#   schedulers of discriminator, generator    lr-Adam 2, lr-Adam-1 1
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
from pytorch_lightning.callbacks import LearningRateMonitor
from pytorch_lightning.loggers import CSVLogger
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

warnings.filterwarnings("ignore")
for name in ("pytorch_lightning", "lightning_fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Two(LightningModule):
    def __init__(self, scheduled):
        super().__init__()
        self.automatic_optimization = False
        self.scheduled = scheduled
        self.weights = torch.nn.ParameterList([torch.zeros(1), torch.zeros(1)])

    def configure_optimizers(self):
        both = {
            "generator": torch.optim.Adam([self.weights[0]], lr=1.0),
            "discriminator": torch.optim.Adam([self.weights[1]], lr=2.0),
        }
        return list(both.values()), [LambdaLR(both[name], lambda _: 1.0) for name in self.scheduled]

    def training_step(self, batch):
        for optimizer in self.optimizers():
            optimizer.step()


seen = []
for scheduled in ([], ["generator"], ["generator", "discriminator"], ["discriminator"],
                  ["discriminator", "generator"]):
    monitor = LearningRateMonitor()
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=CSVLogger("logs"),
        callbacks=[monitor],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Two(scheduled), DataLoader(torch.ones(2, 1)))
    rates = [round(float(trainer.callback_metrics[name])) for name in ("lr-Adam", "lr-Adam-1")]
    seen.append(rates)
    print(f"schedulers of {', '.join(scheduled) or 'none':<27} lr-Adam {rates[0]}, lr-Adam-1 {rates[1]}")
assert seen == [[1, 2]] * 3 + [[2, 1]] * 2, "the behaviour has changed"
PY
environment/bin/python look.py
