#!/usr/bin/env bash
# optax 0.2.8, jax 0.10.2, jaxlib 0.10.2, numpy 2.4.6, Python 3.11.
# dice_loss of optax is documented to take binary masks of the shape [..., 1] or [...], without the last axis.
# It takes any last axis but 1 for that of the classes: of masks (batch, height, width) each column is a class,
# and the softmax goes over the width of the picture. A perfect prediction has a bad loss, and the loss of one
# that is all wrong is not far from it. No warning; with an axis of 1 at the end, and by binary_dice_loss, which
# adds that axis, it is right.
# Output (a mask of 16 x 16 pixels):
#                       dice_loss, [...]  dice_loss, [..., 1]  binary_dice_loss, [...]
#   all pixels right              0.435                0.001                    0.001
#   0.5 everywhere                0.639                0.650                    0.650
#   all pixels wrong              0.712                0.992                    0.992
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q optax==0.2.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from optax.losses import binary_dice_loss, dice_loss

mask = (np.random.default_rng(0).random((1, 16, 16)) < 0.3).astype(np.float32)
print(f"{'':<17} dice_loss, [...]  dice_loss, [..., 1]  binary_dice_loss, [...]")
seen = []
for name, logits in (
    ("all pixels right", 8 * (2 * mask - 1)),
    ("0.5 everywhere", 0 * mask),
    ("all pixels wrong", 8 * (1 - 2 * mask)),
):
    losses = (dice_loss(logits, mask), dice_loss(logits[..., None], mask[..., None]), binary_dice_loss(logits, mask))
    seen.append([loss.mean().item() for loss in losses])
    print(f"{name:<17} {seen[-1][0]:16.3f} {seen[-1][1]:20.3f} {seen[-1][2]:24.3f}")
right, _, wrong = seen
assert right[0] > 0.3 and wrong[0] - right[0] < 0.4, "the behaviour has changed"
assert all(max(losses[1:]) == min(losses[1:]) for losses in seen), "the other two have changed"
assert right[1] < 0.01 and wrong[1] > 0.9, "the other two have changed"
PY
environment/bin/python look.py
