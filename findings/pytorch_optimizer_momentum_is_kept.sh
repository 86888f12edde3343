#!/usr/bin/env bash
# pytorch-optimizer 4.1.0, torch 2.14.1, numpy 2.4.6, Python 3.11.
# Lookahead of pytorch-optimizer takes a step back to slow weights after each k steps, with which GANs are
# trained more calmly. pullback_momentum says what becomes of the momentum then: "none" keeps it, "reset" sets
# it to 0, and "pullback" averages it as the weights are. That is done to an entry "momentum_buffer" of the
# optimizer's state, which SGD has. Adam keeps its momentum in "exp_avg", so do AdamW, RAdam, NAdam and Lion:
# the three settings are one with them, to the last bit, and a zero tensor that nobody reads is made for each
# weight. Whoever compares them with Adam, with which Lookahead is mostly used, compares three equal runs and
# finds that it does not matter. No warning.
# Output (a weight vector after 100 steps; largest difference to pullback_momentum="none"):
#   SGD with momentum   reset 0.8147   pullback 0.0622
#   Adam                reset 0.0000   pullback 0.0000
#   AdamW               reset 0.0000   pullback 0.0000
#   RAdam               reset 0.0000   pullback 0.0000
#   NAdam               reset 0.0000   pullback 0.0000
#   Lion                reset 0.0000   pullback 0.0000
#   Adam                exp_avg set to 0 by hand 0.3868
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pytorch-optimizer==4.1.0 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from pytorch_optimizer import Lion, Lookahead


def train(make, pullback, reset_by_hand=False):
    torch.manual_seed(0)
    weight, matrix = torch.nn.Parameter(torch.randn(20)), torch.randn(20, 20) / 4
    inner = make([weight])
    optimizer = Lookahead(inner, k=5, alpha=0.5, pullback_momentum=pullback)
    for step in range(1, 101):
        optimizer.zero_grad()
        (matrix @ weight - 1).square().sum().backward()
        optimizer.step()
        if reset_by_hand and step % 5 == 0:
            inner.state[weight]["exp_avg"].zero_()
    return weight.detach()


optimizers = {
    "SGD with momentum": lambda p: torch.optim.SGD(p, 0.01, momentum=0.9),
    "Adam": lambda p: torch.optim.Adam(p, 0.01),
    "AdamW": lambda p: torch.optim.AdamW(p, 0.01),
    "RAdam": lambda p: torch.optim.RAdam(p, 0.01),
    "NAdam": lambda p: torch.optim.NAdam(p, 0.01),
    "Lion": lambda p: Lion(p, 0.01),
}
seen = {}
for name, make in optimizers.items():
    none = train(make, "none")
    seen[name] = [float((train(make, pullback) - none).abs().max()) for pullback in ("reset", "pullback")]
    print(f"{name:19} reset {seen[name][0]:.4f}   pullback {seen[name][1]:.4f}")
by_hand = train(optimizers["Adam"], "none", reset_by_hand=True) - train(optimizers["Adam"], "none")
print(f"{'Adam':19} exp_avg set to 0 by hand {float(by_hand.abs().max()):.4f}")
assert min(seen["SGD with momentum"]) > 0.01, "the behaviour has changed"
assert float(by_hand.abs().max()) > 0.01, "the behaviour has changed"
assert all(seen[name] == [0, 0] for name in list(seen)[1:]), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
