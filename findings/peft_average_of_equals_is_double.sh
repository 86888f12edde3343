#!/usr/bin/env bash
# peft 0.21.2, transformers 5.24.0, accelerate 1.15.0, torch 2.14.1, numpy 2.4.6, Python 3.11.
# add_weighted_adapter of peft makes one adapter (LoRA) of several, with a weight for each: 0.5 and 0.5 is
# their average. An adapter is a product of two matrices, B A. combination_type="linear" averages the A and
# the B apart, with the roots of the weights, so that the product also has the A of each with the B of the
# other. The average of two equal adapters is twice the adapter, that of three equal ones is three times it,
# and that of two checkpoints of one training nearly so. Of two that have nothing in common half of the result
# is what neither of them has learned. The documentation calls "linear" a rough approximation, which twice is
# not; "dare_linear" and "magnitude_prune", of which it does not say so, do the same. No warning; "svd", the
# default, and "cat" are exact.
# Output (each number of the average divided by that of the adapter; and how far the average of two different
# ones is off):
#                     two equal ones   three equal ones   two different ones
#   linear            2.00             3.00               101 % off
#   dare_linear       2.00             3.00               101 % off
#   magnitude_prune   2.00             3.00               101 % off
#   svd               1.00             1.00               0 % off
#   cat               1.00             1.00               0 % off
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q peft==0.21.2 transformers==5.24.0 accelerate==1.15.0 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import torch
from peft import LoraConfig, get_peft_model
from torch import nn

warnings.filterwarnings("ignore", "The density 1.0")  # which is what is wanted
torch.manual_seed(0)
settings = LoraConfig(r=4, lora_alpha=4, target_modules=["0"], init_lora_weights=False)
model = get_peft_model(nn.Sequential(nn.Linear(32, 32, bias=False)), settings, adapter_name="one")
layer = model.base_model.model[0]
for name in ("second", "third", "other"):
    model.add_adapter(name, settings)
with torch.no_grad():
    for part in (layer.lora_A, layer.lora_B):
        for name in ("second", "third"):
            part[name].weight.copy_(part["one"].weight)


def change(name):
    """What an adapter adds to the weights of the layer."""
    return layer.get_delta_weight(name).detach()


def average(way, *names):
    """What their average adds."""
    extra = {"svd_rank": 8} if way == "svd" else {"density": 1.0} if way not in ("cat", "linear") else {}
    name = "_".join((way, *names))
    model.add_weighted_adapter([*names], [1 / len(names)] * len(names), name, combination_type=way, **extra)
    return change(name)


seen = {}
print(f"{'':<17} two equal ones   three equal ones   two different ones")
for way in ("linear", "dare_linear", "magnitude_prune", "svd", "cat"):
    two = (average(way, "one", "second") / change("one")).median().item()
    three = (average(way, "one", "second", "third") / change("one")).median().item()
    exact = (change("one") + change("other")) / 2
    error = ((average(way, "one", "other") - exact).norm() / exact.norm()).item()
    seen[way] = round(two, 3), round(three, 3)
    print(f"{way:<17} {two:<16.2f} {three:<18.2f} {100 * error:.0f} % off")
assert seen["svd"] == seen["cat"] == (1, 1), "the right ways have changed"
assert seen["linear"] == seen["dare_linear"] == seen["magnitude_prune"] == (2, 3), "the behaviour has changed"
PY
environment/bin/python look.py
