#!/usr/bin/env bash
# normflows 1.7.3, torch 2.14.1, numpy 2.4.6, Python 3.11.
# GaussianPCA of normflows is a base distribution of a flow: a normal one, whose covariance is that of a few
# principal components and noise. Its log_prob has the determinant of the covariance in place of its logarithm,
# and adds the constant of the normal distribution where it is to be subtracted. So it is no density: its
# integral is not 1, and log-likelihoods and bits per dimension can be compared with no other model's. Its best
# fit is another covariance as well: data of a deviation of 3 or 0.3 are fitted by one nearer to 1, the nearer
# the more numbers there are, and samples have that. Samples also leave out the noise that the covariance has.
# No warning.
# Output (4,000 normal vectors; deviations of the data, and of samples after fitting by maximum likelihood):
#   numbers   data   samples of GaussianPCA   of the right formula   integral of exp(log_prob)
#         1   3.00                     1.73                   3.00                        2.43
#         2   3.00                     1.44                   3.00                        9.44
#         4   3.00                     1.24                   3.00                      206.69
#         1   0.30                     0.55                   0.30                        2.96
#         2   0.30                     0.67                   0.30                       16.00
#         4   0.30                     0.79                   0.30                      552.90
#   one component with noise of 0.5: deviation across it 0.50 by the covariance, 0.00 of samples
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q normflows==1.7.3 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from normflows.distributions import GaussianPCA
from torch.distributions import MultivariateNormal

torch.manual_seed(0)


def right(base):
    """The normal distribution that the base draws from."""
    noise = base.log_sigma.mul(2).exp() * torch.eye(base.dim)
    return MultivariateNormal(base.loc[0], base.W.T @ base.W + noise)


def fit(log_prob, data):
    """A base whose log_prob of the data is as high as it gets, by the given function."""
    base = GaussianPCA(data.shape[1], latent_dim=data.shape[1], sigma=0.01)
    base.log_sigma.requires_grad_(False)
    with torch.no_grad():
        base.W.copy_(torch.eye(base.dim))
    optimizer = torch.optim.Adam(base.parameters(), lr=0.01)
    for _ in range(2000):
        optimizer.zero_grad()
        (-log_prob(base, data).mean()).backward()
        optimizer.step()
    return base


print("numbers   data   samples of GaussianPCA   of the right formula   integral of exp(log_prob)")
for deviation in (3.0, 0.3):
    for numbers in (1, 2, 4):
        data = torch.randn(4000, numbers)
        data = deviation * (data - data.mean(0)) / data.std(0)
        theirs = fit(lambda base, x: base.log_prob(x), data)
        exact = fit(lambda base, x: right(base).log_prob(x), data)
        with torch.no_grad():
            samples = [base(100_000)[0].std().item() for base in (theirs, exact)]
            drawn = right(theirs).sample((100_000,))
            integral = (theirs.log_prob(drawn) - right(theirs).log_prob(drawn)).exp().mean().item()
        print(f"{numbers:>7} {deviation:>6.2f} {samples[0]:>24.2f} {samples[1]:>22.2f} {integral:>27.2f}")
        assert abs(samples[1] / deviation - 1) < 0.03, "the right formula does not fit"
        assert abs(samples[0] / deviation ** (1 / (numbers + 1)) - 1) < 0.03, "the behaviour has changed"
        assert integral > 2, "the behaviour has changed"
line = GaussianPCA(2, latent_dim=1, sigma=0.5)
with torch.no_grad():
    line.W.copy_(torch.tensor([[3.0, 0.0]]))
    across, told = line(100_000)[0][:, 1].std().item(), right(line).stddev[1].item()
print(f"one component with noise of 0.5: deviation across it {told:.2f} by the covariance, {across:.2f} of samples")
assert across == 0 and abs(told - 0.5) < 0.001, "the behaviour has changed"
PY
environment/bin/python look.py
