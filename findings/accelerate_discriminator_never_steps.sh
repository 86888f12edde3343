#!/usr/bin/env bash
# accelerate 1.15.0, torch 2.14.1, Python 3.11.
# accelerator.accumulate(model) counts its own calls, and not those for this model: the optimizers step, and
# the gradients are cleared, in each call whose number is a multiple of gradient_accumulation_steps. A GAN
# that is written as each of its halves is documented, a block for the discriminator and then one for the
# generator, has two calls in each iteration. With 2 or 4 steps the discriminator's calls are the odd ones: it
# never steps, and its gradients grow for ever, while the generator learns against the network it began with,
# twice as often as it should. No warning; the losses are finite. One block, accumulate(discriminator,
# generator), is right.
# Output (steps of the two optimizers in 24 iterations):
#   gradient_accumulation_steps     1   2   3   4
#   two blocks      discriminator  24   0   8   0
#                   generator      24  24   8  12
#   one block       discriminator  24  12   8   6
#                   generator      24  12   8   6
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q accelerate==1.15.0 torch==2.14.1
cat > look.py <<'PY'
import torch
from accelerate import Accelerator

STEPS = (1, 2, 3, 4)


def count(steps, blocks):
    """How often each optimizer changed its network in 24 iterations."""
    torch.manual_seed(0)
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=steps)
    networks = [torch.nn.Linear(1, 1) for _ in range(2)]
    optimizers = [torch.optim.SGD(network.parameters(), 0.1) for network in networks]
    networks = [accelerator.prepare(network) for network in networks]
    optimizers = [accelerator.prepare(optimizer) for optimizer in optimizers]
    changes = [0, 0]

    def update(which):
        before = networks[which].weight.detach().clone()
        accelerator.backward(networks[which](torch.randn(8, 1)).square().mean())
        optimizers[which].step()
        optimizers[which].zero_grad()
        changes[which] += not torch.equal(before, networks[which].weight)

    for _ in range(24):
        if blocks == 2:
            with accelerator.accumulate(networks[0]):
                update(0)
            with accelerator.accumulate(networks[1]):
                update(1)
        else:
            with accelerator.accumulate(*networks):
                update(0)
                update(1)
    return changes


print(f"{'gradient_accumulation_steps':<29}", *(f"{steps:>3}" for steps in STEPS))
seen = []
for name, blocks in (("two blocks", 2), ("one block", 1)):
    both = [count(steps, blocks) for steps in STEPS]
    for which, network in enumerate(("discriminator", "generator")):
        seen.append([changes[which] for changes in both])
        label = name if which == 0 else ""
        print(f"{label:<15} {network:<13}", *(f"{number:>3}" for number in seen[-1]))
right = [24, 12, 8, 6]
assert seen == [[24, 0, 8, 0], [24, 24, 8, 12], right, right], "the behaviour has changed"
PY
environment/bin/python look.py
