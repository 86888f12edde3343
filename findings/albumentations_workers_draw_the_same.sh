#!/usr/bin/env bash
# albumentations 2.0.8, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# Compose of albumentations draws from a generator of its own, which is made with it and copied into each
# worker of a DataLoader as it stands. All workers augment alike, and, since workers start anew for each
# epoch, each epoch has the augmentations of the first. Of 600 random crops 50 are different with 4 workers,
# nearly all without: the more workers, the less augmentation. A seed does not change that, nor do the seeds
# that torch gives to its workers; persistent_workers=True lets the epochs differ, but not the workers.
# torchvision, which draws from torch, is right. No warning.
# Output (200 examples, 3 epochs; how many of the 600 random crops are different):
#   workers                      0     1     4  4 persistent
#   albumentations             600   200    50   150
#   albumentations, seed=0     599   199    50   150
#   torchvision                600   600   600   600
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q albumentations==2.0.8 opencv-python-headless==5.0.0.93 numpy==2.4.6 \
  torch==2.14.1 torchvision==0.29.1
cat > look.py <<'PY'
import warnings

import albumentations
import numpy as np
import torch
from torchvision.transforms import v2

NUMBERS = np.arange(1000 * 1000, dtype=np.float32).reshape(1000, 1000, 1)
warnings.filterwarnings("ignore", message="This DataLoader will create")  # on a machine of fewer cores


class Crops(torch.utils.data.Dataset):
    """One picture many times, cropped at random: its pixels are their own numbers."""

    def __init__(self, crop):
        self.crop = crop

    def __len__(self):
        return 200

    def __getitem__(self, index):
        return self.crop()


def of_albumentations(seed):
    compose = albumentations.Compose([albumentations.RandomCrop(8, 8)], seed=seed)
    return lambda: int(compose(image=NUMBERS)["image"][0, 0, 0])


def of_torchvision():
    crop, picture = v2.RandomCrop(8), torch.from_numpy(NUMBERS).permute(2, 0, 1)
    return lambda: int(crop(picture)[0, 0, 0])


def different(crop, workers, persistent):
    torch.manual_seed(0)
    options = {"shuffle": True, "num_workers": workers, "persistent_workers": persistent}
    loader = torch.utils.data.DataLoader(Crops(crop), batch_size=10, **options)
    return len({int(number) for _ in range(3) for batch in loader for number in batch})


print(f"{'workers':<24}     0     1     4  4 persistent")
seen = []
for name, make in (
    ("albumentations", lambda: of_albumentations(None)),
    ("albumentations, seed=0", lambda: of_albumentations(0)),
    ("torchvision", of_torchvision),
):
    settings = (0, False), (1, False), (4, False), (4, True)
    seen.append([different(make(), *setting) for setting in settings])
    print(f"{name:<24}", *(f"{number:5}" for number in seen[-1]))
for none, one, four, persistent in seen[:2]:
    assert none > 550 and one <= 200 and four <= 50 and persistent <= 150, "the behaviour has changed"
assert min(seen[2]) > 550, "the behaviour has changed"
PY
environment/bin/python look.py
