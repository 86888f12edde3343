#!/usr/bin/env bash
# transformers 5.24.0, torch 2.14.1, numpy 2.4.6, Python 3.11.
# get_cosine_with_min_lr_schedule_with_warmup and get_polynomial_decay_schedule_with_warmup of transformers
# let the rate fall to a rate of one's own, min_lr or lr_end. They divide it by the default rate of the
# optimizer, which is 0.001 in Adam if none was given, and multiply with it the rate of each group of
# parameters. Where the groups have rates of their own, as those of a generator and a discriminator, none of
# them ends where it was to end, but at another multiple each: ten times too low, or two times too high, and
# what is written down as the default, which trains nothing, decides by how much. No warning; one group, or
# groups of equal rates that are also the default, are right.
# Output (the rates after the last step; min_lr=1e-5 and lr_end=1e-5):
#                generator 1e-4, discriminator 4e-4   the same, Adam(lr=2e-4)   one group
#   cosine       1e-06 4e-06                          5e-06 2e-05               1e-05
#   polynomial   1e-06 4e-06                          5e-06 2e-05               1e-05
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q transformers==5.24.0 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from transformers import get_cosine_with_min_lr_schedule_with_warmup as cosine
from transformers import get_polynomial_decay_schedule_with_warmup as polynomial

STEPS = 100


def last(make, rates, **default):
    """The rates of groups of parameters after all steps."""
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates]
    optimizer = torch.optim.Adam(groups, **default)
    scheduler = make(optimizer)
    for _ in range(STEPS):
        optimizer.step()
        scheduler.step()
    return [float(f"{group['lr']:.3g}") for group in optimizer.param_groups]


seen = []
print(f"{'':<12} {'generator 1e-4, discriminator 4e-4':<36} {'the same, Adam(lr=2e-4)':<25} one group")
for name, make in (
    ("cosine", lambda optimizer: cosine(optimizer, 0, STEPS, min_lr=1e-5)),
    ("polynomial", lambda optimizer: polynomial(optimizer, 0, STEPS, lr_end=1e-5)),
):
    seen.append([last(make, [1e-4, 4e-4]), last(make, [1e-4, 4e-4], lr=2e-4), last(make, [1e-4], lr=1e-4)])
    none, given, one = (" ".join(f"{rate:.0e}" for rate in rates) for rates in seen[-1])
    print(f"{name:<12} {none:<36} {given:<25} {one}")
assert seen == [[[1e-6, 4e-6], [5e-6, 2e-5], [1e-5]]] * 2, "the behaviour has changed"
PY
environment/bin/python look.py
