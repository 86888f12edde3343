#!/usr/bin/env bash
# piq 0.8.0, torch 2.14.1, torchvision 0.29.1, Python 3.11.
# piq's FID takes the root of the product of both covariances by an iteration, which it ends as soon as the
# whole matrix is right to five digits. That is decided by the few features, or directions, that vary most;
# the small ones, whose roots add up to the distance as well, are still far too small then. Of features of
# equal variance piq is right. Of features whose variances fall, as those of images do, its distance is
# several times too large, that of a set to itself is far from 0, and the order of two generators changes: one
# that has lost two thirds of all directions is nearer than one that has lost nothing. No warning.
# Output (2,000 features of 64 numbers; exact: by singular values in double precision):
#   deviation of the i-th number     generator                           piq     exact
#   1                                the real features themselves     0.0000    0.0000
#   1                                new ones, all directions         1.1558    1.1558
#   1 / i                            the real features themselves     0.0410    0.0000
#   1 / i                            new ones, all directions         0.0449    0.0039
#   1 / i                            new ones, 20 of 64 directions    0.0414    0.0384
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q piq==0.8.0 torch==2.14.1 torchvision==0.29.1
cat > look.py <<'PY'
import torch
from piq import FID


def exact(first, second):
    """The trace of the root of C1 C2 is the sum of the singular values of A B', where A' A is C1."""
    roots = [(x - x.mean(0)) / (len(x) - 1) ** 0.5 for x in (first, second)]
    trace = torch.linalg.svdvals(roots[0] @ roots[1].T).sum()
    spread = sum(root.square().sum() for root in roots)
    return float((first.mean(0) - second.mean(0)).square().sum() + spread - 2 * trace)


print(f"{'deviation of the i-th number':<32} {'generator':<30} {'piq':>8} {'exact':>9}")
numbers = torch.arange(1, 65, dtype=torch.float64)
seen = {}
for deviation, scale in (("1", numbers**0), ("1 / i", 1 / numbers)):
    torch.manual_seed(0)
    real, new, lost = (torch.randn(2000, 64, dtype=torch.float64) * scale for _ in range(3))
    lost[:, 20:] = 0
    for name, generator, features in (
        ("real", "the real features themselves", real.clone()),
        ("new", "new ones, all directions", new),
        ("lost", "new ones, 20 of 64 directions", lost),
    ):
        if (deviation, name) == ("1", "lost"):
            continue
        values = float(FID()(real, features)), abs(exact(real, features))
        print(f"{deviation:<32} {generator:<30} {values[0]:8.4f} {values[1]:9.4f}")
        seen[deviation, name] = values
itself, new, lost = (seen["1 / i", name] for name in ("real", "new", "lost"))
assert itself[0] > 0.02 and itself[1] < 1e-6, "the behaviour has changed"
assert lost[0] < new[0] and new[1] < 0.2 * lost[1], "the behaviour has changed"
PY
environment/bin/python look.py
