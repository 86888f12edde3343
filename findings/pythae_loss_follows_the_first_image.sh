#!/usr/bin/env bash
# pythae 0.1.2, torch 2.14.1, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# BetaTCVAE of pythae weighs how far latent variables depend on one another. It estimates their density from
# the batch: each image counts as itself, with the weight 1 / images of the data set, and all others stand for
# the rest of the data. By use_mss=True, the default, the small weight is not given to the image itself, but
# to the first image of the batch, for all of them: the weights are on the first column of a matrix, and not
# on its diagonal. The loss of a batch depends on which image comes first, which the mean of a batch cannot,
# and is far from that of its formula, of another sign here. No warning; with use_mss=False, another estimate,
# the order makes no difference.
# Output (the part of the loss beside the reconstruction; 64 images of 60,000, in four orders):
#   use_mss=True      10.88   10.90   11.23   10.88
#   use_mss=False     66.31   66.31   66.31   66.31
#   formula of mss    -6.97   -6.97   -6.97   -6.97
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pythae==0.1.2 torch==2.14.1 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import math
import warnings

import torch

warnings.filterwarnings("ignore")
from pythae.models import BetaTCVAE, BetaTCVAEConfig

BATCH, IMAGES, BETA = 64, 60_000, 6.0


def log_density(z, mean, log_variance):
    return -0.5 * (math.log(2 * math.pi) + log_variance + (z - mean) ** 2 / log_variance.exp())


def formula(mean, log_variance, z):
    """Mutual information + BETA * total correlation + the rest, with stratified weights."""
    others = BATCH - 1
    own = torch.arange(BATCH)
    weights = torch.full((BATCH, BATCH), 1 / others)
    weights[own, own] = 1 / IMAGES
    weights[own, (own + 1) % BATCH] = (IMAGES - others) / (IMAGES * others)
    pairs = log_density(z[:, None], mean, log_variance)
    joint = torch.logsumexp(weights.log() + pairs.sum(-1), 1)
    single = torch.logsumexp(weights.log()[:, :, None] + pairs, 1).sum(-1)
    prior = log_density(z, torch.zeros(2), torch.zeros(2)).sum(-1)
    information = log_density(z, mean, log_variance).sum(-1) - joint
    return (information + BETA * (joint - single) + single - prior).mean().item()


torch.manual_seed(0)
image, mean = torch.rand(BATCH, 1, 4, 4), torch.randn(BATCH, 2)
log_variance = torch.full((BATCH, 2), -6.0)
z = mean + (0.5 * log_variance).exp() * torch.randn(BATCH, 2)
seen = {}
for name, mss in (("use_mss=True", True), ("use_mss=False", False), ("formula of mss", None)):
    model = BetaTCVAE(BetaTCVAEConfig(input_dim=(1, 4, 4), latent_dim=2, beta=BETA, use_mss=bool(mss)))
    seen[name] = []
    for first in (0, 1, 2, 3):
        x, *latent = (values.roll(-first, 0) for values in (image, mean, log_variance, z))
        loss = formula(*latent) if mss is None else model.loss_function(x, x, *latent, IMAGES)[2].item()
        seen[name].append(round(loss, 2))
    print(f"{name:<15}", *(f"{loss:7.2f}" for loss in seen[name]))
mss, mws, exact = ([min(losses), max(losses)] for losses in seen.values())
assert mws[0] == mws[1] and exact[0] == exact[1], "an order makes a difference elsewhere"
assert mss[1] - mss[0] > 0.05 and mss[0] > exact[1] + 5, "the behaviour has changed"
PY
environment/bin/python look.py
