#!/usr/bin/env bash
# diffusers 0.42.1, torch 2.14.1, numpy 2.4.6, Python 3.11.
# EMAModel of diffusers averages the parameters that ask for gradients at the moment of its step, and copies
# the others. In a GAN's loop the generator's parameters do not ask for any while the discriminator learns, by
# requires_grad_(False) or a toggle of the optimizers. If step() stands at the end of an iteration, after the
# discriminator's update, the whole average is a copy of the weights of that moment, whatever the decay is:
# the images of the average are those of the raw generator, and so is all that is measured and saved of it.
# The same line after the generator's update is right. No warning, but with foreach=True it raises an error.
# Output (a weight that jumps between -1 and 1; decay 0.99, 1,000 iterations):
#   generator never frozen      step() after the generator's update      average  0.005
#   generator never frozen      step() after the discriminator's update  average  0.005
#   generator frozen meanwhile  step() after the generator's update      average  0.005
#   generator frozen meanwhile  step() after the discriminator's update  average  1.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q diffusers==0.42.1 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from diffusers.training_utils import EMAModel


def average(after_the_generator, frozen):
    generator, discriminator = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1)
    torch.nn.init.zeros_(generator.weight)
    ema = EMAModel(generator.parameters(), decay=0.99)
    for iteration in range(1000):
        generator.requires_grad_(True)
        discriminator.requires_grad_(not frozen)
        with torch.no_grad():
            generator.weight.fill_(1 if iteration % 2 else -1)
        if after_the_generator:
            ema.step(generator.parameters())
        generator.requires_grad_(not frozen)
        discriminator.requires_grad_(True)
        if not after_the_generator:
            ema.step(generator.parameters())
    return float(ema.shadow_params[0])


places = {True: "after the generator's update", False: "after the discriminator's update"}
for frozen in (False, True):
    for after_the_generator, place in places.items():
        value = average(after_the_generator, frozen)
        state = "frozen meanwhile" if frozen else "never frozen"
        print(f"generator {state:16}  step() {place:32}  average {value:6.3f}")
        assert (value == 1) == (frozen and not after_the_generator), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
