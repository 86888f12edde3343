#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# DistributedSampler shuffles by seed + epoch. Runs of the seeds 0, 1 and 2, of which one takes the mean, see
# the data in the same orders, one epoch later or earlier: epoch 1 of seed 0 is epoch 0 of seed 1, to the last
# batch of each process. Of the orders that five seeds have in ten epochs most are there several times, and
# what the orders do to a result is counted as if it had been seen independently. torch.manual_seed changes
# nothing about them. Lightning puts this sampler in for several devices, with the seed of seed_everything.
# RandomSampler, which a DataLoader has on one device, has an order of its own for each seed and epoch.
# Output (ten epochs of 1,000 examples):
#   DistributedSampler, seeds 0 1 2 3 4       50 epochs, 14 different orders
#   DistributedSampler, seeds 0 100 200 300   40 epochs, 40 different orders
#   DistributedSampler, manual_seed 0 1 2     30 epochs, 10 different orders
#   RandomSampler, manual_seed 0 1 2 3 4      50 epochs, 50 different orders
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch.utils.data import DistributedSampler, RandomSampler

DATA = range(1000)


def distributed(seed, start):
    torch.manual_seed(start)
    sampler = DistributedSampler(DATA, num_replicas=2, rank=0, seed=seed)
    for epoch in range(10):
        sampler.set_epoch(epoch)
        yield tuple(sampler)


def alone(start):
    torch.manual_seed(start)
    sampler = RandomSampler(DATA)
    for _ in range(10):
        yield tuple(sampler)


seen = []
for name, runs in (
    ("DistributedSampler, seeds 0 1 2 3 4", [distributed(seed, seed) for seed in range(5)]),
    ("DistributedSampler, seeds 0 100 200 300", [distributed(100 * n, n) for n in range(4)]),
    ("DistributedSampler, manual_seed 0 1 2", [distributed(0, start) for start in range(3)]),
    ("RandomSampler, manual_seed 0 1 2 3 4", [alone(start) for start in range(5)]),
):
    orders = [order for run in runs for order in run]
    seen.append((len(orders), len(set(orders))))
    print(f"{name:<41} {seen[-1][0]} epochs, {seen[-1][1]} different orders")
assert seen == [(50, 14), (40, 40), (30, 10), (50, 50)], "the behaviour has changed"
PY
environment/bin/python look.py
