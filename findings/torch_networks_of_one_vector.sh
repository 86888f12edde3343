#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# torch.nn.utils.vector_to_parameters is documented to copy slices of a vector into parameters, but makes the
# parameters views of the vector. Two networks that were given the same vector, such as a snapshot that is
# put into a generator and into its average, are one network from then on. Each step of an optimizer on one
# changes the other, and the vector, kept to return to, follows the training. No warning; load_state_dict
# copies.
# Output (one network is trained for 10 steps, the others are left alone):
#   filled by vector_to_parameters   trained moved True,  untouched moved True,  snapshot moved True
#   the vector cloned for each       trained moved True,  untouched moved False, snapshot moved False
#   filled by load_state_dict        trained moved True,  untouched moved False, snapshot moved False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters


def network():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))


def moved(way):
    """Which of the trained network, the untouched one and the snapshot has changed."""
    torch.manual_seed(0)
    source, trained, untouched = network(), network(), network()
    vector = parameters_to_vector(source.parameters()).detach()
    for one in (trained, untouched):
        if way == "load_state_dict":
            one.load_state_dict(source.state_dict())
        else:
            vector_to_parameters(vector.clone() if way == "clone" else vector, one.parameters())
    optimizer = torch.optim.Adam(trained.parameters())
    for _ in range(10):
        optimizer.zero_grad()
        trained(torch.randn(16, 4)).square().mean().backward()
        optimizer.step()
    true = parameters_to_vector(source.parameters())
    now = [parameters_to_vector(one.parameters()) for one in (trained, untouched)]
    return [not torch.equal(values, true) for values in (*now, vector)]


seen = []
for name, way in (
    ("filled by vector_to_parameters", "vector"),
    ("the vector cloned for each", "clone"),
    ("filled by load_state_dict", "load_state_dict"),
):
    found = moved(way)
    seen.append(found)
    one, other, kept = (f"{value!s}," for value in found)
    print(f"{name:<32} trained moved {one:<6} untouched moved {other:<6} snapshot moved {kept[:-1]}")
assert seen == [[True] * 3, [True, False, False], [True, False, False]], "the behaviour has changed"
PY
environment/bin/python look.py
