#!/usr/bin/env bash
# torch 2.14.1, numpy 2.4.6, Python 3.11.
# ContinuousBernoulli of torch.distributions is the distribution of pixels between 0 and 1, which a
# variational autoencoder of digits takes for its output. Its distance from the uniform distribution on 0 to
# 1, kl_divergence, is its entropy with the other sign: a small number, 0 for a flat one. torch says infinity,
# as for a distribution that has values where the other has none: it asks whether the uniform one begins at 0
# or later, in place of later, or ends at 1 or earlier. So it does for the uniform distribution on 0 to 2,
# which ends far beyond. Of Beta, which has the same support, the distance is right. No warning; as a term of
# a loss it makes the loss infinite.
# Output (kl_divergence, and the integral of p log(p / q)):
#                                                     torch  integral
#   Beta(2, 2), Uniform(0.0, 1.0)                      0.125     0.125
#   Beta(2, 2), Uniform(0.0, 2.0)                      0.818     0.818
#   ContinuousBernoulli(0.3), Uniform(0.0, 1.0)          inf     0.029
#   ContinuousBernoulli(0.3), Uniform(0.0, 2.0)          inf     0.723
#   ContinuousBernoulli(0.3), Uniform(-0.001, 1.001)   0.031     0.031
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torch.distributions import Beta, ContinuousBernoulli, Uniform, kl_divergence

points = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
third = torch.tensor(0.3, dtype=torch.float64)
seen = []
print(f"{'':<49} torch  integral")
for name, source, ends in (
    ("Beta(2, 2)", Beta(2.0, 2.0), (0.0, 1.0)),
    ("Beta(2, 2)", Beta(2.0, 2.0), (0.0, 2.0)),
    ("ContinuousBernoulli(0.3)", ContinuousBernoulli(third), (0.0, 1.0)),
    ("ContinuousBernoulli(0.3)", ContinuousBernoulli(third), (0.0, 2.0)),
    ("ContinuousBernoulli(0.3)", ContinuousBernoulli(third), (-0.001, 1.001)),
):
    target = Uniform(*ends)
    log_p, log_q = source.log_prob(points), target.log_prob(points)
    integral = (log_p.exp() * (log_p - log_q)).mean().item()
    seen.append((kl_divergence(source, target).item(), integral))
    print(f"{name}, Uniform{ends}".ljust(49), f"{seen[-1][0]:6.3f}  {integral:8.3f}")
right = [abs(got - integral) < 1e-3 for got, integral in seen]
assert right == [True, True, False, False, True], "the behaviour has changed"
assert seen[2][0] == seen[3][0] == float("inf"), "the numbers have changed"
PY
environment/bin/python look.py
