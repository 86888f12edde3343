#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# In train mode, layer.weight of a layer under torch.nn.utils.parametrizations.spectral_norm is computed at
# each reading, and each reading continues the power iteration. To look at a weight, for a histogram, its
# norm or a print, changes the next output of the network, its gradients and so the whole training, also
# under no_grad. A run that is watched is another run than one that is not, with the same seed.
# Output (the same network, seed and data, 20 steps of Adam):
#   nothing read              loss of the last step -0.5031, the same as unwatched: True
#   weight read each step     loss of the last step -0.5344, the same as unwatched: False
#   read in eval mode         loss of the last step -0.5031, the same as unwatched: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

torch.set_num_threads(1)


def train(watch):
    """The losses of 20 steps."""
    torch.manual_seed(0)
    network = nn.Sequential(spectral_norm(nn.Linear(64, 64)), nn.ReLU(), spectral_norm(nn.Linear(64, 1)))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(20):
        x = torch.randn(32, 64)
        loss = (network(x).squeeze() * x[:, 0]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        watch(network)
    return losses


@torch.no_grad()
def read(network):
    for _ in range(3):
        network[0].weight.norm()


def read_in_eval(network):
    network.eval()
    read(network)
    network.train()


plain = train(lambda network: None)
seen = []
for name, watch in (
    ("nothing read", lambda network: None),
    ("weight read each step", read),
    ("read in eval mode", read_in_eval),
):
    losses = train(watch)
    seen.append(losses == plain)
    print(f"{name:<25} loss of the last step {losses[-1]:.4f}, the same as unwatched: {seen[-1]}")
assert seen == [True, False, True], "the behaviour has changed"
PY
environment/bin/python look.py
