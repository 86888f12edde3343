#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# torch.manual_seed and torch.Generator.manual_seed take any seed of 64 bits, and initial_seed() gives all
# of them back, but the random numbers of a CPU follow from the lower 32 bits alone. Seeds that differ in
# the upper half alone, such as (run << 32) + rank of several runs, are one and the same seed: the same
# weights, order of the data, noise and dropout.
# Output:
#   seed              7  initial_seed() is the seed: True  permutation [3, 0, 1, 5, 2, 4]
#   seed     4294967303  initial_seed() is the seed: True  permutation [3, 0, 1, 5, 2, 4]
#   seed 42949672960007  initial_seed() is the seed: True  permutation [3, 0, 1, 5, 2, 4]
#   a run of 1,000 seeds (number << 32) has 1 different initial weight
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch

seen = []
for seed in (7, 7 + (1 << 32), 7 + (10_000 << 32)):
    torch.manual_seed(seed)
    kept = torch.initial_seed() == seed
    own = torch.Generator().manual_seed(seed)
    order = torch.randperm(6).tolist()
    assert torch.equal(torch.randperm(6, generator=own), torch.tensor(order))
    seen.append((kept, tuple(order)))
    print(f"seed {seed:>14}  initial_seed() is the seed: {kept}  permutation {order}")
weights = set()
for number in range(1000):
    torch.manual_seed(number << 32)
    weights.add(torch.nn.Linear(1, 1).weight.item())
print(f"a run of 1,000 seeds (number << 32) has {len(weights)} different initial weight")
assert len(set(seen)) == 1 and seen[0][0] and len(weights) == 1, "the behaviour has changed"
PY
environment/bin/python look.py
