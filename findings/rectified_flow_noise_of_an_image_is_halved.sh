#!/usr/bin/env bash
# rectified-flow-pytorch 0.14.0, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# A rectified flow is invertible: sample(noise=z) makes an image of a noise, and sample(image=x, reverse=True)
# tells the noise of an image, to change real images or to measure how likely they are. RectifiedFlow of
# rectified-flow-pytorch works between -1 and 1, and brings what it made to the range of 0 to 1. It does the
# same to a noise that it found, and leaves the image that it starts from at 0 to 1. The noise of an image is
# that of a pale one, halved and moved to a mean of 0.5, and there and back is another image. NanoFlow of the
# same package is right. No warning; data_normalize_fn=None and data_unnormalize_fn=None, with images from -1
# to 1, are right.
# Output (a flow that leaves everything where it is; three pixels):
#                                  noise             image             noise again       image again
#   RectifiedFlow                -1.50  0.00  1.00 -0.25  0.50  1.00  0.38  0.75  1.00  0.69  0.88  1.00
#   RectifiedFlow, no functions  -1.50  0.00  1.00 -1.50  0.00  1.00 -1.50  0.00  1.00 -1.50  0.00  1.00
#   NanoFlow                     -1.50  0.00  1.00 -0.25  0.50  1.00 -1.50  0.00  1.00 -0.25  0.50  1.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q rectified-flow-pytorch==0.14.0 torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import torch

warnings.filterwarnings("ignore", category=FutureWarning)
from rectified_flow_pytorch import NanoFlow, RectifiedFlow


class Still(torch.nn.Module):
    """The flow that leaves everything where it is."""

    def __init__(self):
        super().__init__()
        self.zero = torch.nn.Parameter(torch.zeros(1))

    def forward(self, state, times):
        return self.zero * state


def normalize(images):
    return 2 * images - 1


def unnormalize(values):
    return (values + 1) / 2


nothing = {"data_normalize_fn": None, "data_unnormalize_fn": None}
ranges = {"normalize_data_fn": normalize, "unnormalize_data_fn": unnormalize}
seen = {}
noise = torch.tensor([[-1.5], [0.0], [1.0]])
print(f"{'':<30} noise             image             noise again       image again")
for name, flow in (
    ("RectifiedFlow", RectifiedFlow(Still())),
    ("RectifiedFlow, no functions", RectifiedFlow(Still(), **nothing)),
    ("NanoFlow", NanoFlow(Still(), "times", **ranges)),
):
    image = flow.sample(batch_size=3, data_shape=(1,), noise=noise)
    again = flow.sample(batch_size=3, data_shape=(1,), image=image, reverse=True)
    back = flow.sample(batch_size=3, data_shape=(1,), noise=again)
    seen[name] = torch.allclose(noise, again), torch.allclose(image, back)
    rows = (" ".join(f"{value:5.2f}" for value in values.flatten()) for values in (noise, image, again, back))
    print(f"{name:<28}", *rows)
assert seen.pop("RectifiedFlow") == (False, False), "the behaviour has changed"
assert all(all(right) for right in seen.values()), "the right ways have changed"
PY
environment/bin/python look.py
