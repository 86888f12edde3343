#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11.
# EMAWeightAveraging puts the averaged weights into the module while it validates. An exception or Ctrl-C
# during validation leaves them there, and ModelCheckpoint(save_on_exception=True), meant for just that,
# saves the two for one another: the average as the weights that are trained, and the trained ones as the
# average. A resumed run trains on from the average and averages from the raw weights, without a warning. The
# weights in "state_dict", which are the average in all other checkpoints, are the raw ones here.
# Output (10 steps that raise a weight from 0 to 10, and the average with decay 0.5, then an exception):
#   in training     saved as the average  9.00, as the trained weight 10.00, resumed from 10.00
#   in validation   saved as the average 10.00, as the trained weight  9.00, resumed from  9.00
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
from pytorch_lightning.callbacks import EMAWeightAveraging, ModelCheckpoint

logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


class Module(lightning.LightningModule):
    def __init__(self, place):
        super().__init__()
        self.place = place
        self.first = None
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def training_step(self, batch, number):
        if self.first is None:
            self.first = self.weight.item()
        if self.place == "training" and self.global_step == 10:
            raise RuntimeError
        return -self.weight.sum()

    def validation_step(self, batch, number):
        if self.place == "validation":
            raise RuntimeError

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


def trainer(steps, callbacks):
    return lightning.Trainer(
        max_steps=steps,
        val_check_interval=10,
        limit_val_batches=1,
        num_sanity_val_steps=0,
        accelerator="cpu",
        logger=False,
        callbacks=[EMAWeightAveraging(decay=0.5), *callbacks],
        enable_progress_bar=False,
        enable_model_summary=False,
    )


data = torch.utils.data.DataLoader(torch.zeros(20, 1))
seen = []
for place in ("training", "validation"):
    folder = Path(place).absolute()
    try:
        trainer(20, [ModelCheckpoint(folder, save_on_exception=True)]).fit(Module(place), data, data)
    except RuntimeError:
        pass
    [file] = folder.iterdir()
    contents = torch.load(file)
    average = contents["state_dict"]["weight"].item()
    trained = contents["current_model_state"]["weight"].item()
    module = Module("nowhere")
    trainer(11, [ModelCheckpoint(folder)]).fit(module, data, data, ckpt_path=file)
    seen.append(tuple(round(value, 1) for value in (average, trained, module.first)))
    print(
        f"in {place:<12} saved as the average {average:>5.2f}, as the trained weight {trained:>5.2f},"
        f" resumed from {module.first:>5.2f}"
    )
assert seen == [(9.0, 10.0, 10.0), (10.0, 9.0, 9.0)], "the behaviour has changed"
PY
environment/bin/python -W ignore look.py
