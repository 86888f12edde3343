#!/usr/bin/env bash
# flow-matching 1.0.10, torchdiffeq 0.2.5, torch 2.14.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# ODESolver.compute_likelihood of flow_matching tells the log-likelihood of an image under a flow, and with
# enable_grad=True a gradient: the score, by which images are restored, edited or attacked. It cuts the
# gradient off in each step of the solver, of the movement as of the divergence. What is left is the gradient
# of the source's density at the point where the image ends, as if the flow moved nothing: of data of
# deviation 3 it is three times too large, and wherever the flow turns or bends it points elsewhere. The
# weights of the network get none at all. No warning; the values are right, and so is the gradient of
# sample(enable_grad=True).
# Output (the exact flow from a normal distribution to one of deviation 3):
#                              got            exact
#   log-likelihood          -4.313           -4.313
#   its gradient            -0.333   0.667  -0.111   0.222
#   gradient of a sample     3.000   3.000   3.000   3.000
#   gradient for the weight None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q flow-matching==1.0.10 torchdiffeq==0.2.5 torch==2.14.1 scipy==1.17.1 \
    numpy==2.4.6
cat > look.py <<'PY'
import torch
from flow_matching.solver import ODESolver
from torch.distributions import Independent, Normal


class Widen(torch.nn.Module):
    """The flow from a normal distribution to one of another deviation, which is its only weight."""

    def __init__(self):
        super().__init__()
        self.deviation = torch.nn.Parameter(torch.tensor(3.0))

    def forward(self, x, t):
        variance = (t * self.deviation) ** 2 + (1 - t) ** 2
        return x * (t * self.deviation**2 - (1 - t)) / variance


def normal(deviation):
    return Independent(Normal(torch.zeros(2), deviation * torch.ones(2)), 1).log_prob


network = Widen()
solver = ODESolver(network)
image = torch.tensor([[1.0, -2.0]], requires_grad=True)
options = {"step_size": None, "method": "dopri5", "enable_grad": True}
_, likelihood = solver.compute_likelihood(image, normal(1.0), exact_divergence=True, **options)
exact = normal(3.0)(image)
score, weight = torch.autograd.grad(likelihood.sum(), [image, network.deviation], allow_unused=True)
truth = torch.autograd.grad(exact.sum(), image)[0]
made = solver.sample(image, **options)
stretch = torch.autograd.grad(made.sum(), image)[0]
print(f"{'':<22}     got            exact")
print(f"{'log-likelihood':<22} {likelihood.item():7.3f}          {exact.item():7.3f}")
others = (("its gradient", score, truth), ("gradient of a sample", stretch, torch.full((1, 2), 3.0)))
for name, got, right in others:
    print(f"{name:<22}", *(f"{value:7.3f}" for value in (*got[0], *right[0])))
print("gradient for the weight", weight)
assert torch.allclose(likelihood, exact, atol=1e-2), "the likelihood has changed"
assert torch.allclose(stretch, torch.tensor(3.0), atol=1e-2), "the gradient of a sample has changed"
assert torch.allclose(score, 3 * truth, atol=1e-2) and weight is None, "the behaviour has changed"
PY
environment/bin/python look.py
