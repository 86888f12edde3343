#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# spectral_norm, weight_norm and orthogonal of torch.nn.utils.parametrizations give the layer a class of its
# own, whose attribute weight computes the weight. copy.deepcopy of the layer shares that class. Who takes
# the parametrization off the copy, as to export or freeze an average or a snapshot, takes the attribute off
# the original: the network in training fails at its next step, far from the copy. It still counts as
# parametrized, and its state_dict is complete. To parametrize the copy's bias fails the original likewise.
# Two layers that were parametrized one by one share nothing.
# Output (a forward pass of the layer itself, after something was done to its copy; errors):
#                   copied only  taken off the copy         bias of it parametrized
#   spectral_norm   works        no attribute 'weight'      'bias'
#   weight_norm     works        no attribute 'weight'      'bias'
#   orthogonal      works        no attribute 'weight'      'bias'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import copy

import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize


class Double(nn.Module):
    def forward(self, bias):
        return 2 * bias


def nothing(layer):
    pass


def take_off(layer):
    parametrize.remove_parametrizations(layer, "weight")


def double_bias(layer):
    parametrize.register_parametrization(layer, "bias", Double())


def outcome(kind, done):
    layer = getattr(parametrizations, kind)(nn.Linear(3, 3))
    done(copy.deepcopy(layer))
    assert parametrize.is_parametrized(layer, "weight")
    try:
        layer(torch.ones(1, 3))
    except (AttributeError, KeyError) as error:
        return str(error).removeprefix("'ParametrizedLinear' object has ")
    return "works"


print(f"{'':<15} {'copied only':<12} {'taken off the copy':<26} bias of it parametrized")
for kind in ("spectral_norm", "weight_norm", "orthogonal"):
    seen = [outcome(kind, done) for done in (nothing, take_off, double_bias)]
    print(f"{kind:<15} {seen[0]:<12} {seen[1]:<26} {seen[2]}")
    expected = ["works", "no attribute 'weight'", "'bias'"]
    assert seen == expected, "the behaviour has changed"
PY
environment/bin/python look.py
