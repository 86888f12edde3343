#!/usr/bin/env bash
# accelerate 1.15.0, torch 2.14.1, numpy 2.4.6, Python 3.11.
# To resume in the midst of an epoch, accelerate documents load_state, and skip_first_batches for the batches
# that were seen. save_state saves the random numbers of that moment, by which the shuffled loader draws a new
# order: the batches that are skipped are not those that were seen, and some examples come twice in the epoch
# and others never, a quarter of all if it was cut in its middle. use_seedable_sampler=True, which is said to
# make runs fully reproducible, orders an epoch by its number; the new loader counts from 0, so that the rest
# is that of the first epoch's order, and later epochs have orders again that were seen. No warning; with
# use_seedable_sampler and set_epoch(epoch) of both loaders the resumed run is the uncut one.
# Output (1,000 examples, cut in the middle of epoch 2 of 0 to 3; how many an epoch never sees):
#                             never seen in epoch    0    1    2    3   epochs as in the uncut run
#   by default                                       0    0  259    0   0 1
#   use_seedable_sampler                             0    0  239    0   0 1
#   the same, and set_epoch                          0    0    0    0   0 1 2 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q accelerate==1.15.0 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import tempfile

import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, SIZE, BATCH = 4, 1000, 10


def start(seedable):
    """The accelerator and the data of a new program."""
    AcceleratorState._reset_state(True)
    set_seed(0)
    setting = DataLoaderConfiguration(use_seedable_sampler=seedable)
    accelerator = Accelerator(cpu=True, dataloader_config=setting)
    data = DataLoader(TensorDataset(torch.arange(SIZE)), BATCH, shuffle=True)
    return accelerator, accelerator.prepare(data)


def epochs(seedable, cut=None, told=False):
    """The examples of each epoch: of one run, or of one that was cut at an epoch and a batch, and resumed."""
    accelerator, data = start(seedable)
    seen = [[] for _ in range(EPOCHS)]
    for epoch, row in enumerate(seen):
        for batch, (examples,) in enumerate(data):
            if (epoch, batch) == cut:
                with tempfile.TemporaryDirectory() as folder:
                    accelerator.save_state(folder)
                    accelerator, data = start(seedable)
                    accelerator.load_state(folder)
                return resumed(accelerator, data, seen, told, *cut)
            row.extend(examples.tolist())
    return seen


def resumed(accelerator, data, seen, told, epoch, batch):
    rest = accelerator.skip_first_batches(data, batch)
    for number in range(epoch, EPOCHS):
        source = rest if number == epoch else data
        if told:
            source.set_epoch(number)
        seen[number].extend(example for (examples,) in source for example in examples.tolist())
    return seen


cut = (2, 50)
seen = {}
print(f"{'':<25} never seen in epoch    0    1    2    3   epochs as in the uncut run")
for name, seedable, told in (
    ("by default", False, False),
    ("use_seedable_sampler", True, False),
    ("the same, and set_epoch", True, True),
):
    run, uncut = epochs(seedable, cut, told), epochs(seedable)
    missed = [SIZE - len(set(row)) for row in run]
    equal = [number for number in range(EPOCHS) if run[number] == uncut[number]]
    seen[name] = (missed[2] > 200, equal)
    print(f"{name:<44}", *(f"{number:>4}" for number in missed), " ", *equal)
wanted = {"by default": (True, [0, 1]), "use_seedable_sampler": (True, [0, 1])}
assert seen == wanted | {"the same, and set_epoch": (False, [0, 1, 2, 3])}, "the behaviour has changed"
PY
environment/bin/python look.py
