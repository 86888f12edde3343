#!/usr/bin/env bash
# torch 2.14.1, numpy 2.4.6, Python 3.11, on a CPU.
# FlopCounterMode of torch counts the operations of whatever runs beneath it. It knows some kernels, and what
# runs in another one costs nothing. On a CPU, scaled_dot_product_attention is such a kernel, though the same
# formula written out is counted, and so is LSTM, though GRU is counted. TransformerEncoderLayer is counted in
# full, until eval() lets it take a kernel for sampling: then the whole layer costs nothing. By this counter an
# LSTM is cheaper than a GRU, and a network cheaper to sample from than it is. No warning.
# Output (operations for 32 tokens of 64 numbers):
#                                       exact   training       eval
#   GRU                             1,572,864  1,572,864  1,572,864
#   LSTM                            2,097,152          0          0
#   attention, written out            262,144    262,144    262,144
#   scaled_dot_product_attention      262,144          0          0
#   TransformerEncoderLayer         3,407,872  3,407,872          0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

WIDTH, TOKENS = 64, 32


class Attention(nn.Module):
    """Each token looks at all of them: two products of TOKENS * TOKENS * WIDTH."""

    def __init__(self, by_torch):
        super().__init__()
        self.by_torch = by_torch

    def forward(self, x):
        if self.by_torch:
            return scaled_dot_product_attention(x, x, x)
        return torch.softmax(x @ x.mT / WIDTH**0.5, -1) @ x


def counted(network, x):
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network(x)
    return counter.get_total_flops()


attention, linear = 2 * TOKENS**2 * WIDTH, TOKENS * WIDTH**2
layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, batch_first=True)
seen = {}
print(f"{'':<34}    exact   training       eval")
for name, network, multiplications in (
    ("GRU", nn.GRU(WIDTH, WIDTH, batch_first=True), 6 * linear),
    ("LSTM", nn.LSTM(WIDTH, WIDTH, batch_first=True), 8 * linear),
    ("attention, written out", Attention(False), attention),
    ("scaled_dot_product_attention", Attention(True), attention),
    ("TransformerEncoderLayer", layer, 12 * linear + attention),
):
    x = torch.randn(1, TOKENS, WIDTH)
    seen[name] = [2 * multiplications, counted(network.train(), x), counted(network.eval(), x)]
    print(f"{name:<30}", *(f"{count:>10,}" for count in seen[name]))
for name, (exact, training, evaluation) in seen.items():
    wanted = {"LSTM": (0, 0), "scaled_dot_product_attention": (0, 0), "TransformerEncoderLayer": (exact, 0)}
    assert (training, evaluation) == wanted.get(name, (exact, exact)), "the behaviour has changed"
PY
environment/bin/python look.py
