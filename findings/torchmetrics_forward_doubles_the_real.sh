#!/usr/bin/env bash
# torchmetrics 1.9.0, torch 2.14.1, Python 3.11.
# metric(batch) of torchmetrics is documented to update the metric and give the value of the batch.
# KernelInceptionDistance and FrechetInceptionDistance with reset_real_features=False, meant to keep the real
# features, double them at each such call: what is kept is added to itself. Ten calls count each real image
# 1,024 times, the list of features grows likewise, and the distance is another one: the unbiased kernel
# distance takes the copies for pairs of real images that are alike. No warning; update() is right.
# Output (60 real images, 6 batches of 20 others; real features held, and the distances afterwards):
#   update()     real    60    60    60    60    60    60   kernel distance 0.24  Frechet distance 0.431
#   metric()     real   120   240   480   960  1920  3840   kernel distance 0.37  Frechet distance 0.446
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchmetrics==1.9.0 torch-fidelity==0.4.0
cat > look.py <<'PY'
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance


class Pixels(nn.Module):
    num_features = 4

    def forward(self, x):
        return x.flatten(1)


torch.manual_seed(0)
real = torch.randn(60, 1, 2, 2)
others = [1.1 * torch.randn(20, 1, 2, 2) for _ in range(6)]
seen = {}
for name in ("update()", "metric()"):
    kernel = KernelInceptionDistance(Pixels(), subsets=2000, subset_size=20, reset_real_features=False)
    frechet = FrechetInceptionDistance(
        Pixels(), reset_real_features=False, normalize=True, input_img_size=(1, 2, 2)
    )
    held = []
    for metric in (kernel, frechet):
        metric.update(real, real=True)
        for batch in others:
            feed = metric.update if name == "update()" else metric
            feed(batch, real=False)
            if metric is kernel:
                held.append(sum(map(len, kernel.real_features)))
    torch.manual_seed(0)
    mean = kernel.compute()[0].item()
    distance = frechet.compute().item()
    seen[name] = (held, mean, distance)
    counts = " ".join(f"{count:>5}" for count in held)
    print(f"{name:<11}  real {counts}   kernel distance {mean:.2f}  Frechet distance {distance:.3f}")
(kept, right, _), (doubled, wrong, _) = seen.values()
changed = kept != [60] * 6 or doubled != [60 * 2**i for i in range(1, 7)] or wrong < right + 0.05
assert not changed, "the behaviour has changed"
PY
environment/bin/python look.py
