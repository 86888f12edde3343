#!/usr/bin/env bash
# torchvision 0.29.1, torch 2.14.1, numpy 2.4.6, Python 3.11.
# ToTensor and v2.ToImage copy an array of three channels, since its channels change places. One of a single
# channel they do not: a grey picture of floats, and with v2 one of bytes, is the memory of the array itself.
# inplace=True further on, as Normalize and RandomErasing offer it to save a copy, then writes into the data
# set. Digits are normalised anew in each epoch, and what was erased stays erased, while the same lines are
# right of colour pictures. It also follows the workers: one that starts anew in each epoch has the data as
# they were, one that persists has not. No warning.
# Output (mean of the pictures that the DataLoader gives in epochs 1 to 4; all pixels are 0.75 in the data):
#   Normalize             grey  0.50  0.00 -1.00 -3.00   colour  0.50  0.50  0.50  0.50
#   v2.Normalize          grey  0.50  0.00 -1.00 -3.00   colour  0.50  0.50  0.50  0.50
#   RandomErasing         grey  0.67  0.56  0.48  0.34   colour  0.67  0.64  0.63  0.57
#   Normalize, 1 worker   grey  0.50  0.50  0.50  0.50   colour  0.50  0.50  0.50  0.50
#   the same, persistent  grey  0.50  0.00 -1.00 -3.00   colour  0.50  0.50  0.50  0.50
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Normalize, RandomErasing, ToTensor, v2


class Pictures(Dataset):
    def __init__(self, channels, transforms):
        self.pictures = np.full((4, 8, 8, channels), 0.75, np.float32)
        self.transform = Compose(transforms)

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        return self.transform(self.pictures[index])


def epochs(channels, transforms, given):
    torch.manual_seed(0)
    loader = DataLoader(Pictures(channels, transforms), batch_size=4, **given)
    return [next(iter(loader)).mean().item() for _ in range(4)]


def main():
    normalize = [ToTensor(), Normalize([0.5], [0.5], inplace=True)]
    seen = {}
    for name, transforms, given in (
        ("Normalize", normalize, {}),
        ("v2.Normalize", [v2.ToImage(), v2.Normalize([0.5], [0.5], inplace=True)], {}),
        ("RandomErasing", [ToTensor(), RandomErasing(1.0, inplace=True)], {}),
        ("Normalize, 1 worker", normalize, {"num_workers": 1}),
        ("the same, persistent", normalize, {"num_workers": 1, "persistent_workers": True}),
    ):
        seen[name] = [epochs(channels, transforms, given) for channels in (1, 3)]
        grey, colour = (" ".join(f"{mean:5.2f}" for mean in means) for means in seen[name])
        print(f"{name:<21} grey {grey}   colour {colour}")
    again, once = [0.5, 0.0, -1.0, -3.0], [0.5] * 4
    for name in ("Normalize", "v2.Normalize", "the same, persistent"):
        assert seen[name] == [again, once], "the behaviour has changed"
    assert seen["Normalize, 1 worker"] == [once, once], "the behaviour has changed"
    assert seen["RandomErasing"][0] < seen["RandomErasing"][1], "the behaviour has changed"


if __name__ == "__main__":
    main()
PY
environment/bin/python look.py
