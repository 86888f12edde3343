#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# The order in which a shuffled DataLoader gives the data follows from the seed, whatever the number of
# workers: torch draws a number for the workers even where there are none. persistent_workers=True, meant
# to save the start of the workers, draws that number once instead of once an epoch: from the second epoch
# on the order is another, with the same seed, also with a generator of its own. All that is drawn after it
# from the same generator, such as noise and dropout, changes too.
# Output (the same seed; is the order that of no workers?):
#   2 workers                epoch 1 True   epoch 2 True   epoch 3 True
#   2 persistent workers     epoch 1 True   epoch 2 False  epoch 3 False
#   2 persistent, generator  epoch 1 True   epoch 2 False  epoch 3 False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch.utils.data import DataLoader


def orders(own=False, **given):
    """The order of the data in three epochs."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0) if own else None
    loader = DataLoader(range(100), batch_size=10, shuffle=True, generator=generator, **given)
    return [torch.cat(list(loader)).tolist() for _ in range(3)]


cases = {
    "2 workers": {"num_workers": 2},
    "2 persistent workers": {"num_workers": 2, "persistent_workers": True},
    "2 persistent, generator": {"num_workers": 2, "persistent_workers": True, "own": True},
}
seen = []
for name, given in cases.items():
    plain = orders(own=given.get("own", False))
    same = [a == b for a, b in zip(plain, orders(**given), strict=True)]
    seen.append(same)
    print(f"{name:<24}", *(f"epoch {i} {same!s:<6}" for i, same in enumerate(same, 1)))
assert seen == [[True] * 3, [True, False, False], [True, False, False]], "the behaviour has changed"
PY
environment/bin/python look.py
