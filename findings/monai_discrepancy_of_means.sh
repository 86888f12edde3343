#!/usr/bin/env bash
# monai 1.6.1, torch 2.14.1, scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
# MMDMetric of MONAI is documented as the maximum mean discrepancy, which tells whether two sets of images
# have one distribution. It does so with a kernel such as the Gaussian one. MONAI takes the product of two
# images, x y, for the kernel, and with that the discrepancy is the distance of the two mean images and
# nothing else. A generator that makes one blurred image for ever, the mean of the data, is about as good as
# real images are, and so is noise around it; good digits that are a tenth too dark are worse by far.
# y_mapping, which may be given, changes each image before, and again only means are compared. No warning.
# Output (800 digits of 8 x 8 pixels of 0 to 1, and 800 others in their place; Gaussian kernel of width 2):
#                                   MMDMetric   Gaussian kernel
#   other digits                       0.0061            0.0004
#   the mean digit, 800 times          0.0119            0.2120
#   the mean digit with noise          0.0140            0.0202
#   pixels of different digits         0.0061            0.0128
#   other digits, a tenth darker       0.1049            0.0132
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q monai==1.6.1 torch==2.14.1 scikit-learn==1.9.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from monai.metrics import MMDMetric
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = torch.tensor(load_digits().images / 16).float().unsqueeze(1)
digits = digits[torch.randperm(len(digits))]
real, others = digits[:800], digits[800:1600]
mean = others.mean(dim=0, keepdim=True)
images = {
    "other digits": others,
    "the mean digit, 800 times": mean.expand_as(others) + 0.001 * torch.randn_like(others),
    "the mean digit with noise": mean + 0.3 * torch.randn_like(others),
    "pixels of different digits": torch.gather(others, 0, torch.rand_like(others).argsort(dim=0)),
    "other digits, a tenth darker": 0.9 * others,
}


def gaussian(x, y):
    x, y = x.flatten(1).double(), y.flatten(1).double()

    def kernel(a, b):
        return torch.exp(-torch.cdist(a, b).square() / 8)

    n = len(x)
    within = sum((kernel(a, a).sum() - n) / (n * (n - 1)) for a in (x, y))
    return float(within - 2 * kernel(x, y).mean())


seen = {}
print(f"{'':31} MMDMetric   Gaussian kernel")
for name, generated in images.items():
    seen[name] = float(MMDMetric()(real, generated)), gaussian(real, generated)
    print(f"{name:31} {seen[name][0]:9.4f} {seen[name][1]:17.4f}")
linear, kernel = zip(*seen.values())
assert max(linear[:4]) < linear[4] and max(kernel[1:4]) > 5 * kernel[4], "the behaviour has changed"
assert min(kernel[1:4]) > 0.005 > abs(kernel[0]), "the behaviour has changed"
PY
environment/bin/python look.py
