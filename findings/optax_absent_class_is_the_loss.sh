#!/usr/bin/env bash
# optax 0.2.8, jax 0.10.2, jaxlib 0.10.2, numpy 2.4.6, Python 3.11.
# multiclass_generalized_dice_loss of optax weighs each class of a segmentation by 1 / (its pixels ** 2 + 1e-7),
# so that rare ones count, and divides by the sum of the weights. A class that no pixel of the batch has weighs
# 1e7 and is all of the loss: nothing is left of the others. A network that takes every
# pixel for another class has the best loss, as long as it never says the class that is absent. Most batches of
# a data set with a rare class are of this kind. No warning; dice_loss, without weights, tells them apart.
# Output (16 x 16 pixels of classes 0, 1 and 2):
#                             generalized             dice_loss
#                         3 classes 4 classes  3 classes 4 classes
#   all pixels right          0.000     0.000      0.000     0.000
#   all pixels wrong          0.988     0.000      0.988     0.741
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q optax==0.2.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from optax.losses import dice_loss, multiclass_generalized_dice_loss

labels = np.random.default_rng(0).integers(0, 3, (1, 16, 16))


def one_hot(values, classes):
    return np.eye(classes, dtype=np.float32)[values]


def generalized(logits, classes):
    return multiclass_generalized_dice_loss(logits, one_hot(labels, classes))


def plain(logits, classes):
    return dice_loss(logits, one_hot(labels, classes)).mean()


print(f"{'':<21} {'generalized':>14} {'dice_loss':>21}")
print(f"{'':<21}", " 3 classes 4 classes " * 2)
seen = {}
for name, prediction in (("right", labels), ("wrong", (labels + 1) % 3)):
    for loss in (generalized, plain):
        seen[name, loss] = [float(loss(20 * one_hot(prediction, classes), classes)) for classes in (3, 4)]
    values = seen[name, generalized] + seen[name, plain]
    print(f"all pixels {name:<8}", *(f"{value:10.3f}" for value in values))
three, four = seen["wrong", generalized]
assert three > 0.9 and four < 0.001, "the behaviour has changed"
assert min(seen["wrong", plain]) > 0.6 and max(seen["right", generalized]) < 0.01, "the behaviour has changed"
PY
environment/bin/python look.py
