#!/usr/bin/env bash
# torch 2.14.1, onnxscript 0.7.2, onnx 1.23.2, onnxruntime 1.32.0, Python 3.11.
# torch computes logsigmoid and binary_cross_entropy_with_logits without overflow at any logit, which is what
# they are for. torch.onnx.export writes them as the logarithm of a sigmoid, and ONNX Runtime's sigmoid is
# exactly 0 below -18: the log-likelihood of a discriminator that is sure, at a logit of -20, is -20 in
# torch and minus infinity in the file. log1p is written as log(1 + x): 0 of x below 6e-8. No warning.
# softplus is exported as such: -softplus(-x) is logsigmoid(x) in both.
# Output:
#   logit                           -10     -17     -20    -100
#   logsigmoid, torch               -10     -17     -20    -100
#   logsigmoid, file                -10  -16.23    -inf    -inf
#   cross-entropy, torch             10      17      20     100
#   cross-entropy, file              10   16.23     inf     inf
#   -softplus(-x), torch            -10     -17     -20    -100
#   -softplus(-x), file             -10     -17     -20    -100
#   log1p(1e-8), torch 1e-08, file 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 onnxscript==0.7.2 onnx==1.23.2 onnxruntime==1.32.0
cat > look.py <<'PY'
import io

import onnxruntime
import torch
from torch import nn
from torch.nn import functional


class Network(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def export(function, example):
    """The function, by way of a file."""
    file = io.BytesIO()
    torch.onnx.export(Network(function).eval(), (example,), dynamo=True, verbose=False).save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    name = session.get_inputs()[0].name
    return lambda x: torch.from_numpy(session.run(None, {name: x.numpy()})[0])


def cross_entropy(x):
    return functional.binary_cross_entropy_with_logits(x, torch.ones_like(x), reduction="none")


logits = torch.tensor([-10.0, -17.0, -20.0, -100.0])
infinite = {}
print(f"{'logit':<27}", *(f"{logit:>7.5g}" for logit in logits.tolist()))
for name, function in (
    ("logsigmoid", functional.logsigmoid),
    ("cross-entropy", cross_entropy),
    ("-softplus(-x)", lambda x: -functional.softplus(-x)),
):
    for place, way in (("torch", function), ("file", export(function, torch.randn(4)))):
        values = way(logits)
        infinite[name, place] = values.isinf().tolist()
        print(f"{name + ', ' + place:<27}", *(f"{value:>7.5g}" for value in values.tolist()))
small = torch.tensor([1e-8])
one, other = torch.log1p(small).item(), export(torch.log1p, torch.ones(1))(small).item()
print(f"log1p(1e-8), torch {one:.3g}, file {other:.3g}")
never, late = [False] * 4, [False, False, True, True]
wanted = {(name, place): never for name, place in infinite}
wanted |= {("logsigmoid", "file"): late, ("cross-entropy", "file"): late}
assert infinite == wanted and one > 9e-9 and other == 0, "the behaviour has changed"
PY
environment/bin/python look.py
