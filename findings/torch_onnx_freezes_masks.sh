#!/usr/bin/env bash
# torch 2.14.1, onnxscript 0.7.2, onnx 1.23.2, onnxruntime 1.32.0, Python 3.11.
# torch.onnx.export draws torch.bernoulli of a fixed probability, and the dropout of a learned constant
# that stays random at sampling, once while it exports, and writes the outcome into the file as a constant.
# The exported network has one mask for ever, without a warning, though ONNX has random operators and the
# exporter uses them for torch.rand_like(x) < p, which means the same.
# Output (different results of 20 calls, and the random operators in the file):
#   bernoulli of a buffer   torch 20, ONNX  1  []
#   dropout of a constant   torch 20, ONNX  1  []
#   rand_like(x) < p        torch 20, ONNX 20  ['RandomUniformLike']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 onnxscript==0.7.2 onnx==1.23.2 onnxruntime==1.32.0
cat > look.py <<'PY'
import logging

import onnxruntime
import torch
from torch import nn

logging.disable(logging.WARNING)


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("p", torch.full((4, 64), 0.5))
        self.constant = nn.Parameter(torch.ones(4, 64))


class Bernoulli(Masked):
    def forward(self, z):
        return z * torch.bernoulli(self.p)


class Dropout(Masked):
    def forward(self, z):
        return z * nn.functional.dropout(self.constant, 0.5, training=True)


class Compared(Masked):
    def forward(self, z):
        return z * (torch.rand_like(z) < self.p)


z = torch.ones(4, 64)
seen = []
networks = {
    "bernoulli of a buffer": Bernoulli(),
    "dropout of a constant": Dropout(),
    "rand_like(x) < p": Compared(),
}
for name, network in networks.items():
    network.eval().requires_grad_(False)
    model = torch.onnx.export(network, (z,), dynamo=True, verbose=False).model_proto
    session = onnxruntime.InferenceSession(model.SerializeToString())
    given = {session.get_inputs()[0].name: z.numpy()}
    in_torch = len({network(z).numpy().tobytes() for _ in range(20)})
    in_onnx = len({session.run(None, given)[0].tobytes() for _ in range(20)})
    drawn = [n.op_type for n in model.graph.node if n.op_type.startswith(("Random", "Bern", "Drop"))]
    seen.append((in_torch, in_onnx, drawn))
    print(f"{name:<22}  torch {in_torch}, ONNX {in_onnx:>2}  {drawn}")
wanted = [(20, 1, []), (20, 1, []), (20, 20, ["RandomUniformLike"])]
assert seen == wanted, "the behaviour has changed"
PY
environment/bin/python look.py
