#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11.
# save_hyperparameters() saves the arguments of __init__ as they are at the moment of the call, not as they
# were given: an argument that a line above it scales, say the rate by the number of devices or the width by
# a factor, is saved scaled. load_from_checkpoint gives it to __init__, which scales it again. Each save and
# load multiplies it once more; a learning rate of 1 that __init__ doubles is 16 after three of them, without
# a warning. hparams.yaml and the table of the logger show the scaled one too. With save_hyperparameters() as
# the first line it is right.
# Output (the rate of a new module, and after each save and load):
#   lr = 2 * lr above the call     2 4 8 16
#   lr = 2 * lr below the call     2 2 2 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pytorch-lightning==2.6.6 torch==2.14.1
cat > look.py <<'PY'
import logging

import pytorch_lightning as lightning
import torch

logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


class Module(lightning.LightningModule):
    def training_step(self, batch, number):
        return self.weight.sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr)


class Above(Module):
    def __init__(self, lr):
        super().__init__()
        lr = 2 * lr
        self.save_hyperparameters()
        self.lr = lr
        self.weight = torch.nn.Parameter(torch.zeros(1))


class Below(Module):
    def __init__(self, lr):
        super().__init__()
        self.save_hyperparameters()
        lr = 2 * lr
        self.lr = lr
        self.weight = torch.nn.Parameter(torch.zeros(1))


def rates(kind):
    """The rate of the optimizer in four runs, each from the checkpoint of the last."""
    module, found = kind(lr=1), []
    for _ in range(4):
        trainer = lightning.Trainer(
            max_steps=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, torch.utils.data.DataLoader(torch.zeros(2, 1)))
        found.append(trainer.optimizers[0].param_groups[0]["lr"])
        trainer.save_checkpoint("last.ckpt")
        module = kind.load_from_checkpoint("last.ckpt")
    return found


seen = [rates(Above), rates(Below)]
print("lr = 2 * lr above the call    ", *seen[0])
print("lr = 2 * lr below the call    ", *seen[1])
assert seen == [[2, 4, 8, 16], [2, 2, 2, 2]], "the behaviour has changed"
PY
environment/bin/python -W ignore look.py
