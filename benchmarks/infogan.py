"""What the codes of InfoGAN have found in MNIST: `python benchmarks/infogan.py RUN …`.

A row for each run of `forger train experiment=infogan`, and the mean and the standard deviation of
each column over runs. No label was used in training; here labels only give names to the values of
the categorical code, each digit to one of them, so that most are right.

test error: of the discriminator's head as a classifier of the test images, as in Chen et al. 2016.
sample error: of 10,000 samples, whose digit is what the evaluator takes them for.
slant, width: |r|, the correlation of these moments of samples with the continuous code that goes
with them best, among samples of one value of the categorical code; its mean over values.
pooled: the same with one code, and one sign, for all values.
"""

import sys
from pathlib import Path
from statistics import mean

import torch
from head import head_and_labels
from run_table import print_table
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from forger.gan import GAN
from forger.latents import Codes, sample_prior_by_index
from forger.metrics import evaluator
from forger.metrics.samples import Samples

COUNT = 10_000
"""Samples of seed 0."""
COLUMNS = {
    "test error": ".2%",
    "sample error": ".2%",
    "slant": ".3f",
    "width": ".3f",
    "slant, pooled": ".3f",
    "width, pooled": ".3f",
}


@torch.no_grad()
def measure(gan: GAN) -> list[float]:
    """The columns of a run."""
    codes = gan.prior
    assert isinstance(codes, Codes), "give runs of experiment=infogan"
    values = codes.categorical[0]
    head, labels = head_and_labels(gan, "codes")
    z = sample_prior_by_index(gan.prior, COUNT, gan.latent_dim, seed=0)
    images = gan.generate(z)
    network = evaluator.load(evaluator.find("mnist", Path()))
    digits = Samples(images, network).probabilities.argmax(1)
    value = z[:, :values].argmax(1)  # (n,)
    continuous = z[:, values : codes.size]  # (n, codes)
    each = [value == v for v in range(values)]  # (n,) of each value
    within = [
        mean(best(continuous[chosen], moment[chosen], value[chosen]) for chosen in each)
        for moment in moments(images)
    ]
    pooled = [best(continuous, moment, value) for moment in moments(images)]
    return [error(head[:, :values].argmax(1), labels), error(value, digits), *within, *pooled]


def error(found: Tensor, true: Tensor) -> float:
    """The least fraction of examples whose value (n,) is not that of their digit (n,).

    Over all ways to give each of ten values one of ten digits.
    """
    table = torch.bincount(10 * found + true, minlength=100).view(10, 10)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return 1 - table[rows, columns].sum().item() / len(true)


def moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """Slant and width of images uint8 (n, 1, H, W), (n,) each.

    Slant: pixels to the right in a pixel upwards, of the line through the middles of rows. Width:
    the standard deviation of ink around that line, in pixels.
    """
    ink = images[:, 0].double() / images.sum((1, 2, 3)).clamp(min=1)[:, None, None]
    height, width = ink.shape[1:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    dx = x - (ink * x).sum((1, 2), keepdim=True)  # (n, H, W)
    dy = y - (ink * y).sum((1, 2), keepdim=True)
    xx, xy, yy = ((ink * a * b).sum((1, 2)) for a, b in ((dx, dx), (dx, dy), (dy, dy)))
    slant = -xy / yy.clamp(min=1e-9)
    return slant, (xx + slant * xy).clamp(min=0).sqrt()


def best(codes: Tensor, moment: Tensor, group: Tensor) -> float:
    """The largest |r| of a moment (n,) and one of the codes (n, codes)."""
    return max(abs(correlation(code, moment, group)) for code in codes.unbind(1))


def correlation(a: Tensor, b: Tensor, group: Tensor) -> float:
    """Pearson's r of a and b (n,), each without its mean over the group (n,) it is in."""
    groups = torch.nn.functional.one_hot(group).double()  # (n, groups)
    a, b = (x - groups @ (groups.T @ x / groups.sum(0).clamp(min=1)) for x in (a.double(), b))
    return ((a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()).item()


if __name__ == "__main__":
    print_table(sys.argv[1:], COLUMNS, measure)
