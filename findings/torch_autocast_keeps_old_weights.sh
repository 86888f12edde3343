#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# torch.autocast keeps the low-precision copy that it made of a weight until the outermost autocast block
# ends, and does not notice that an optimizer changed the weight. A block that holds more than one update,
# such as the several updates of a critic for each of the generator, or both networks' updates, computes
# all of them with the weights from before the block: losses and gradients are those of the first update,
# repeated, and the generator learns against the discriminator of a step ago. No warning;
# cache_enabled=False or a block per forward pass is right.
# Output (four steps of SGD; the loss of each):
#   a block per forward pass        0.02 -1.20 -2.41 -3.63
#   one block around all            0.02 0.02 0.02 0.02
#   one block, cache_enabled=False  0.02 -1.20 -2.41 -3.63
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
from contextlib import nullcontext

import torch


def cast(**given):
    return torch.autocast("cpu", dtype=torch.bfloat16, **given)


def losses(around, within):
    """The losses of four steps, in one block around all or in a block within each."""
    torch.manual_seed(0)
    critic = torch.nn.Linear(4, 1)
    x = torch.randn(16, 4)
    optimizer = torch.optim.SGD(critic.parameters(), lr=1.0)
    found = []
    with around:
        for _ in range(4):
            with within():
                loss = critic(x).float().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(round(loss.item(), 2))
    return found


seen = {
    "a block per forward pass": losses(nullcontext(), cast),
    "one block around all": losses(cast(), nullcontext),
    "one block, cache_enabled=False": losses(cast(cache_enabled=False), nullcontext),
}
for name, found in seen.items():
    print(f"{name:<30} ", *(f"{loss:.2f}" for loss in found))
right, stale, uncached = seen.values()
assert right == uncached and len(set(right)) == 4 and len(set(stale)) == 1, "the behaviour has changed"
PY
environment/bin/python look.py
