#!/usr/bin/env bash
# torch 2.14.1, Python 3.11, on a CPU, with a C++ compiler.
# In a function under torch.compile, random.random() and random.uniform() of Python give another number than
# they drew: the compiled code reads the lower half of their 64 bits as a float of 32. As a factor it is
# anything from 0 to 1e38, or negative. Where it only decides, as in "if random.random() < p" of an
# augmentation, nothing looks wrong: three quarters of the images are flipped, whether p is 0.1, 0.5 or 0.9.
# randint, choice and torch.rand are right, and so is backend="eager". No warning.
# Output (in how many of 1,000 calls an image is flipped, if ...):
#   random.random() < 0.1       plain  114   compiled  739
#   random.random() < 0.5       plain  508   compiled  742
#   random.uniform(0, 1) < 0.9  plain  896   compiled  742
#   random.randint(0, 1)        plain  497   compiled  497
#   1 * random.uniform(0.9, 1.1): plain 1.07  1.05  0.984, compiled 2.91e+38  -3.61e+32  1e+09
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import random

import torch


def tenth(images):
    if random.random() < 0.1:
        images = images.flip(0)
    return images


def half(images):
    if random.random() < 0.5:
        images = images.flip(0)
    return images


def most(images):
    if random.uniform(0, 1) < 0.9:
        images = images.flip(0)
    return images


def coin(images):
    if random.randint(0, 1):
        images = images.flip(0)
    return images


def brighter(images):
    return images * random.uniform(0.9, 1.1)


def flipped(function):
    random.seed(0)
    return sum(function(torch.tensor([0.0, 1.0]))[0].item() == 1 for _ in range(1000))


counts = {}
for name, function in (
    ("random.random() < 0.1", tenth),
    ("random.random() < 0.5", half),
    ("random.uniform(0, 1) < 0.9", most),
    ("random.randint(0, 1)", coin),
):
    torch._dynamo.reset()
    counts[name] = plain, compiled = flipped(function), flipped(torch.compile(function))
    print(f"{name:<27} plain {plain:4}   compiled {compiled:4}")
values = []
for function in (brighter, torch.compile(brighter)):
    random.seed(0)
    values.append([function(torch.ones(1)).item() for _ in range(3)])
shown = ["  ".join(f"{value:.3g}" for value in three) for three in values]
print(f"1 * random.uniform(0.9, 1.1): plain {shown[0]}, compiled {shown[1]}")
*chances, coins = counts.values()
assert coins[0] == coins[1] and values[0] != values[1], "the behaviour has changed"
assert all(650 < compiled < 800 for _, compiled in chances), "the behaviour has changed"
PY
environment/bin/python look.py
