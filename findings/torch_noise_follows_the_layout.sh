#!/usr/bin/env bash
# torch 2.14.1, Python 3.11, on a CPU.
# channels_last changes how images lie in memory and not what they are, and a convolution gives the same in
# both layouts. randn_like, rand_like, normal_ and dropout draw in the order of the memory: with one seed, a
# pixel has another number than in a contiguous image. A network with dropout or noise that is switched to
# channels_last, for speed alone, is another run of the same seed. bernoulli and dropout2d draw the same in
# both. No warning.
# Output (one seed, an image in both layouts; are the numbers the same, and is the loss of the 20th step?):
#   randn_like  False
#   rand_like   False
#   normal_     False
#   dropout     False
#   dropout2d   True
#   bernoulli   True
#   training without noise   contiguous 0.4787, channels_last 0.4787
#   training with dropout    contiguous 0.7425, channels_last 0.7408
#   training with noise      contiguous 0.5327, channels_last 0.5115
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
import torch.nn.functional as F
from torch import nn

image = torch.rand(2, 3, 4, 4)
last = image.to(memory_format=torch.channels_last)
seen = {}
for name, draw in (
    ("randn_like", torch.randn_like),
    ("rand_like", torch.rand_like),
    ("normal_", lambda x: x.clone().normal_()),
    ("dropout", F.dropout),
    ("dropout2d", F.dropout2d),
    ("bernoulli", torch.bernoulli),
):
    drawn = []
    for x in image, last:
        torch.manual_seed(0)
        drawn.append(draw(x))
    seen[name] = torch.equal(*drawn)
    print(f"{name:<11} {seen[name]}")


class Noise(nn.Module):
    def forward(self, x):
        return x + 0.1 * torch.randn_like(x)


def train(layer, layout):
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 16, 3, padding=1), nn.LeakyReLU(0.2), layer, nn.Conv2d(16, 1, 3, padding=1)
    network = nn.Sequential(*layers).to(memory_format=layout)
    x, target = torch.randn(8, 3, 8, 8).to(memory_format=layout), torch.randn(8, 1, 8, 8)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(20):
        loss = F.mse_loss(network(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


for name, layer in (
    ("without noise", nn.Identity()),
    ("with dropout", nn.Dropout()),
    ("with noise", Noise()),
):
    one, two = train(layer, torch.contiguous_format), train(layer, torch.channels_last)
    seen[name] = abs(one - two) < 1e-4
    print(f"training {name:<15} contiguous {one:.4f}, channels_last {two:.4f}")
same = ["dropout2d", "bernoulli", "without noise"]
assert [name for name, equal in seen.items() if equal] == same, "the behaviour has changed"
PY
environment/bin/python look.py
