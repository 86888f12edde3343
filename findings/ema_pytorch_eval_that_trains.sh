#!/usr/bin/env bash
# ema-pytorch 0.8.3, torch 2.14.1, numpy 2.4.6, Python 3.11.
# EMA.forward_eval of ema-pytorch is said to call the averaged network without gradients and in eval mode. It
# leaves out the latter: the average is in the mode of the network that it was copied from, which is training.
# Dropout drops, batch normalisation takes the statistics of the batch, so that an image depends on which
# others are made with it, and each call moves the running averages of the averaged network, which stay moved:
# later calls in eval mode, and the checkpoint, are others for having looked. No warning; ema.eval() before it
# is right.
# Output (the average of a generator with batch normalisation):
#   ema.forward_eval   an image among some others, and among others: differs by 0.239
#                      the average in eval mode, before and after 100 calls: differs by 0.508
#   after ema.eval()   an image among some others, and among others: differs by 0.000
#                      the average in eval mode, before and after 100 calls: differs by 0.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q ema-pytorch==0.8.3 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import copy

import torch
from ema_pytorch import EMA


def look(evaluate_first):
    torch.manual_seed(0)
    layers = torch.nn.Linear(16, 32), torch.nn.BatchNorm1d(32), torch.nn.ReLU(), torch.nn.Linear(32, 4)
    network = torch.nn.Sequential(*layers)
    ema = EMA(network, beta=0.9, update_after_step=0, update_every=1)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(100):
        loss = (network(torch.randn(64, 16)) - 0.5).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ema.update()
    if evaluate_first:
        ema.eval()
    latent = torch.randn(256, 16)

    def truth():
        with torch.no_grad():
            return copy.deepcopy(ema.ema_model).eval()(latent)

    before = truth()
    some = ema.forward_eval(latent[:64])[0]
    more = ema.forward_eval(torch.cat([latent[:1], 2 * latent[128:192]]))[0]
    for _ in range(100):
        ema.forward_eval(0.5 * latent[64:128])
    return float((some - more).abs().max()), float((before - truth()).abs().max())


seen = []
for name, evaluate_first in (("ema.forward_eval", False), ("after ema.eval()", True)):
    companions, moved = look(evaluate_first)
    print(f"{name:<18} an image among some others, and among others: differs by {companions:.3f}")
    print(f"{'':<18} the average in eval mode, before and after 100 calls: differs by {moved:.3f}")
    seen += [companions, moved]
assert min(seen[:2]) > 0.01 and max(seen[2:]) < 1e-5, "the behaviour has changed"
PY
environment/bin/python look.py
