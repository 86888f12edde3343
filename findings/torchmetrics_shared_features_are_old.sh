#!/usr/bin/env bash
# torchmetrics 1.9.0, torch 2.14.1, Python 3.11.
# FeatureShare of torchmetrics lets several metrics, such as the Frechet and the kernel distance, compute the
# features of a batch once. It knows a batch by the tensor object and not by what is in it. A tensor that is
# filled anew for each batch, as a buffer on the device or the output of a CUDA graph is, has the features of
# its first contents for ever: real and generated images are then equal, and the Frechet distance of any
# generator is 0. It also stays in the network that was handed over: called directly, with the metrics gone,
# it answers from memory, also after its weights have changed. No warning; a MetricCollection is right.
# Output (real images, and others at a third of their brightness):
#   MetricCollection, a new tensor for each batch   Frechet distance 0.331  kernel distance  0.0912
#   MetricCollection, one tensor filled anew        Frechet distance 0.331  kernel distance  0.0912
#   FeatureShare, a new tensor for each batch       Frechet distance 0.331  kernel distance  0.0912
#   FeatureShare, one tensor filled anew            Frechet distance 0.000  kernel distance -0.0007
#   the network itself, its weights set to 0        answers with 0: False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchmetrics==1.9.0 torch==2.14.1
cat > look.py <<'PY'
import warnings

import torch
from torchmetrics import MetricCollection
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance
from torchmetrics.wrappers import FeatureShare

warnings.filterwarnings("ignore", message=".*will save all extracted features.*")


class Features(torch.nn.Module):
    num_features = 8

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(16, 8)

    def forward(self, images):
        return self.layer(images.flatten(1))


def measure(collection, reuse):
    torch.manual_seed(0)
    network = Features().eval().requires_grad_(False)
    torch.manual_seed(1)
    distances = [
        FrechetInceptionDistance(feature=network),
        KernelInceptionDistance(feature=network, subset_size=50),
    ]
    metrics = collection(distances)
    buffer = torch.empty(64, 1, 4, 4)
    for real in (True, False):
        for _ in range(5):
            images = torch.rand(64, 1, 4, 4) * (1 if real else 0.3)
            metrics.update(buffer.copy_(images) if reuse else images, real=real)
    values = metrics.compute()
    frechet, kernel = values["FrechetInceptionDistance"], values["KernelInceptionDistance"][0]
    return round(float(frechet), 3), round(float(kernel), 4), network


seen = {}
for collection in (MetricCollection, FeatureShare):
    for reuse in (False, True):
        frechet, kernel, network = measure(collection, reuse)
        seen[collection, reuse] = frechet, kernel
        how = "one tensor filled anew" if reuse else "a new tensor for each batch"
        name = f"{collection.__name__}, {how}"
        print(f"{name:<47} Frechet distance {frechet:5.3f}  kernel distance {kernel:7.4f}")
images = torch.rand(4, 1, 4, 4)
network(images)
torch.nn.init.zeros_(network.layer.weight)
torch.nn.init.zeros_(network.layer.bias)
answer = bool((network(images) == 0).all())
print(f"{'the network itself, its weights set to 0':<47} answers with 0: {answer}")
right = seen[MetricCollection, False]
assert seen[MetricCollection, True] == seen[FeatureShare, False] == right, "the behaviour has changed"
assert right[0] > 0.2 and abs(seen[FeatureShare, True][0]) < 1e-3, "the behaviour has changed"
assert seen[FeatureShare, True][1] < 0.01 < right[1] and not answer, "the behaviour has changed"
PY
environment/bin/python look.py
