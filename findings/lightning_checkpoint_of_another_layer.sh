#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11.
# In manual optimization, ModelCheckpoint(every_n_train_steps=...) looks for two attributes by name. If the
# module has a network called layer and a dictionary called saved_models, say of the states of its past, it
# loads the entry of the largest key into the layer, saves the checkpoint, and puts the layer back: the
# checkpoint holds weights of another time, while all else in it, and the network that trains on, are of
# now. The same module with its dictionary under another name has the right checkpoints.
# Output (a weight that is 1 larger after each step, and a copy of it kept after step 3):
#   the copy is in     weight at step 10   weight in the checkpoint of step 10
#   self.kept          10                  10
#   self.saved_models 10                   3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pytorch-lightning==2.6.6 torch==2.14.1
cat > look.py <<'PY'
import logging
from pathlib import Path

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


class Module(lightning.LightningModule):
    def __init__(self, name):
        super().__init__()
        self.automatic_optimization = False
        self.layer = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.zeros_(self.layer.weight)
        setattr(self, name, {})
        self.name = name

    def training_step(self, batch, number):
        optimizer = self.optimizers()
        optimizer.zero_grad()
        (-self.layer.weight).sum().backward()
        optimizer.step()
        if self.global_step == 3:
            getattr(self, self.name)[3] = {k: v.clone() for k, v in self.layer.state_dict().items()}

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


seen = []
print("the copy is in     weight at step 10   weight in the checkpoint of step 10")
for name in ("kept", "saved_models"):
    folder = Path(name).absolute()
    module = Module(name)
    trainer = lightning.Trainer(
        max_steps=10,
        accelerator="cpu",
        logger=False,
        callbacks=[ModelCheckpoint(folder, every_n_train_steps=10, filename="last")],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, torch.utils.data.DataLoader(torch.zeros(20, 1)))
    saved = torch.load(folder / "last.ckpt")["state_dict"]["layer.weight"].item()
    seen.append((module.layer.weight.item(), saved))
    print(f"self.{name:<13} {module.layer.weight.item():.0f} {saved:>19.0f}")
assert seen == [(10, 10), (10, 3)], "the behaviour has changed"
PY
environment/bin/python -W ignore look.py
