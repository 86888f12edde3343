#!/usr/bin/env bash
# torch 2.14.1, onnxscript 0.7.2, onnx 1.23.2, onnxruntime 1.32.0, Python 3.11.
# torch.onnx.export takes a constant of 1e-8 or less that is added or subtracted for zero and leaves the
# addition out. That is the epsilon of pixel normalisation and of weight demodulation, x * rsqrt(mean(x^2) +
# 1e-8), and of log(x + 1e-8) and sqrt(var + 1e-8): the file divides by zero, or takes log(0), where the
# network does not, and gives NaN, infinity or, of small x, a number ten times too large. No warning; on
# ordinary inputs both agree, so that a comparison finds nothing. optimize=False keeps the epsilon.
# Output (pixel normalisation of four equal numbers, by the network and by its file):
#   epsilon  of     network  file, optimize=True  file, optimize=False
#   1e-07    1         1.0          1.0                  1.0
#   1e-07    1e-05   0.032        0.032                0.032
#   1e-07    0         0.0          0.0                  0.0
#   1e-08    1         1.0          1.0                  1.0
#   1e-08    1e-05     0.1          1.0                  0.1
#   1e-08    0         0.0          nan                  0.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 onnxscript==0.7.2 onnx==1.23.2 onnxruntime==1.32.0
cat > look.py <<'PY'
import io
import math

import onnxruntime
import torch
from torch import nn


class PixelNorm(nn.Module):
    def __init__(self, epsilon):
        super().__init__()
        self.epsilon = epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + self.epsilon)


def export(network, optimize):
    """The network as a function, by way of a file."""
    file = io.BytesIO()
    torch.onnx.export(network, (torch.randn(1, 4),), dynamo=True, optimize=optimize, verbose=False).save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    name = session.get_inputs()[0].name
    return lambda x: torch.from_numpy(session.run(None, {name: x.numpy()})[0])


seen = []
print("epsilon  of     network  file, optimize=True  file, optimize=False")
for epsilon in (1e-7, 1e-8):
    network = PixelNorm(epsilon).eval()
    ways = (network, export(network, True), export(network, False))
    for size in (1.0, 1e-5, 0.0):
        values = [round(way(torch.full((1, 4), size))[0, 0].item(), 3) for way in ways]
        seen.append(["nan" if math.isnan(value) else value for value in values])
        print(f"{epsilon:<8} {size:<6g} {values[0]:>6} {values[1]:>12} {values[2]:>20}")
right = [[1.0] * 3, [0.032] * 3, [0.0] * 3]
wanted = [*right, [1.0] * 3, [0.1, 1.0, 0.1], [0.0, "nan", 0.0]]
assert seen == wanted, f"the behaviour has changed: {seen}"
PY
environment/bin/python look.py
