#!/usr/bin/env bash
# torchmetrics 1.9.0, torch 2.14.1, scikit-learn 1.9.1, Python 3.11.
# MemorizationInformedFrechetInceptionDistance divides the Frechet distance by how far a generated image is,
# on average, from the nearest real one, so that a generator of copies has a high score. torchmetrics takes
# the average the other way round: how far a real image is from the nearest generated one. A generator that
# repeats a few training images is far from most of them: it is punished less than one that copies nothing at
# all, and with still fewer copies, beyond cosine_distance_eps, not at all. No warning; with real=True for the
# generated images and real=False for the real ones it is the published score, since the Frechet distance is
# symmetric.
# Output (899 digits as real images; punished by: the score as a multiple of the Frechet distance):
#                                        punished by    in exchange
#   898 other digits, no copies                 24.0           24.1
#   20 real digits, 45 times                     1.0 over a million
#   90 real digits, 10 times                    12.0 over a million
#   450 real digits, twice                      29.5 over a million
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchmetrics==1.9.0 torch==2.14.1 scikit-learn==1.9.1
cat > look.py <<'PY'
import warnings

import torch
from sklearn.datasets import load_digits
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance

warnings.filterwarnings("ignore", message=".*will save all extracted features.*")


class Pixels(torch.nn.Module):
    num_features = 64

    def forward(self, images):
        return images.flatten(1)


def punished(first, second):
    """The score as a multiple of the Frechet distance."""
    scores = []
    for kind in (MemorizationInformedFrechetInceptionDistance, FrechetInceptionDistance):
        metric = kind(feature=Pixels(), normalize=True)
        metric.update(first, real=True)
        metric.update(second, real=False)
        scores.append(float(metric.compute()))
    factor = abs(scores[0] / scores[1])
    return factor


digits = torch.tensor(load_digits().images / 16, dtype=torch.float32)[:, None]
real, others = digits[::2], digits[1::2]
print(" " * 33, f"{'punished by':>14} {'in exchange':>14}")
seen = []
for name, generated in (
    (f"{len(others)} other digits, no copies", others),
    ("20 real digits, 45 times", real[:20].repeat(45, 1, 1, 1)),
    ("90 real digits, 10 times", real[:90].repeat(10, 1, 1, 1)),
    ("450 real digits, twice", real[:450].repeat(2, 1, 1, 1)),
):
    seen.append((punished(real, generated), punished(generated, real)))
    shown = (f"{factor:.1f}" if factor < 1e6 else "over a million" for factor in seen[-1])
    print(f"{name:<33}", *(f"{text:>14}" for text in shown))
none, few, some, half = seen
assert 20 < none[0] < 30 and 20 < none[1] < 30, "the behaviour has changed"
assert abs(few[0] - 1) < 1e-3 and some[0] < none[0] < half[0], "the behaviour has changed"
assert all(exchanged > 1e6 for _, exchanged in (few, some, half)), "the behaviour has changed"
PY
environment/bin/python look.py
