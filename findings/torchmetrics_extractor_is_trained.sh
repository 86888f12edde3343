#!/usr/bin/env bash
# torchmetrics 1.9.0, torch 2.14.1, Python 3.11.
# FrechetInceptionDistance takes a network of one's own for its features, as digits need it. Where the metric
# is an attribute of a module, as the documentation advises, train() of that module puts the features' network
# into training mode as well: batch normalisation then takes out the very difference that is to be measured,
# and dark images are as near to real ones as real ones are. Each update also moves the network's running
# averages, so that all distances in eval mode are others from then on. KernelInceptionDistance does the same.
# The network's weights are among the module's parameters, of which optimizers are made. No warning of any of
# it; the network that torchmetrics brings along stays in eval mode.
# Output (real images, and the same number at half their brightness):
#   module in eval mode         Frechet distance 0.767  kernel distance 0.1976
#   module in training mode     Frechet distance 0.003  kernel distance -0.0008
#   in eval mode again          Frechet distance 1.825  kernel distance 0.5937
#   parameters of the module that are the features' network: 10 of 12
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchmetrics==1.9.0
cat > look.py <<'PY'
import warnings

import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

warnings.filterwarnings("ignore", "Metric `Kernel Inception Distance` will save")


class Features(nn.Sequential):
    num_features = 8


class Module(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.generator = nn.Linear(2, 2)
        self.frechet = FrechetInceptionDistance(feature=features)
        self.kernel = KernelInceptionDistance(feature=features, subsets=10, subset_size=500)

    def distances(self, real, dark):
        values = []
        for metric in (self.frechet, self.kernel):
            metric.reset()
            for images, is_real in ((real, True), (dark, False)):
                for batch in images.split(100):
                    metric.update(batch, real=is_real)
            torch.manual_seed(0)
            value = metric.compute()
            values.append(float(value[0] if isinstance(value, tuple) else value))
        return values


def main():
    torch.manual_seed(0)
    layers = [nn.Flatten(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 32)]
    features = Features(*layers, nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 8))
    for _ in range(100):
        features(torch.rand(100, 1, 8, 8))
    real, dark = torch.rand(1000, 1, 8, 8), torch.rand(1000, 1, 8, 8) / 2
    module = Module(features)
    seen = {}
    for name, training in (
        ("module in eval mode", False),
        ("module in training mode", True),
        ("in eval mode again", False),
    ):
        module.train(training)
        seen[name] = frechet, kernel = module.distances(real, dark)
        print(f"{name:<27} Frechet distance {frechet:.3f}  kernel distance {kernel:.4f}")
    mine = len(list(features.parameters()))
    whole = len(list(module.parameters()))
    print(f"parameters of the module that are the features' network: {mine} of {whole}")
    before, training, after = seen.values()
    assert all(t < b / 20 for t, b in zip(training, before)), "the behaviour has changed"
    assert abs(after[0] - before[0]) > 0.01 and mine == whole - 2, "the behaviour has changed"


main()
PY
environment/bin/python look.py
