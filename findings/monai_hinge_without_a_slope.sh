#!/usr/bin/env bash
# monai 1.6.1, torch 2.14.1, numpy 2.4.6, Python 3.11.
# PatchAdversarialLoss(criterion="hinge") of MONAI puts a tanh over the logits before the hinge. A hinge loss
# is there for its slope: for the generator it is 1 at every logit, and for the discriminator 1 at all that is
# judged wrongly or barely rightly, and 0 beyond the margin of 1. With tanh the slope is at its full height at
# the logit 0 alone and vanishes on both sides, and no image is ever beyond the margin. A generator whose
# images the discriminator is sure of learns nothing, at a logit of -10 not by a single bit, and a
# discriminator does not learn from the images that it is most wrong about. The losses look ordinary, between
# 0 and 2. No warning.
# Output (how far a step of 1 would move a logit, by the logit of the image; hinge: as published):
#   logit                                -10.0    -6.0    -3.0    -0.5     0.5     3.0     6.0    10.0
#   generator                  MONAI    0.0000  0.0000  0.0099  0.7864  0.7864  0.0099  0.0000  0.0000
#                              hinge    1.0000  1.0000  1.0000  1.0000  1.0000  1.0000  1.0000  1.0000
#   discriminator, generated   MONAI    0.0000  0.0000  0.0099  0.7864  0.7864  0.0099  0.0000  0.0000
#                              hinge    0.0000  0.0000  0.0000  1.0000  1.0000  1.0000  1.0000  1.0000
#   discriminator, real        MONAI    0.0000  0.0000  0.0099  0.7864  0.7864  0.0099  0.0000  0.0000
#                              hinge    1.0000  1.0000  1.0000  1.0000  1.0000  0.0000  0.0000  0.0000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q monai==1.6.1 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from monai.losses import PatchAdversarialLoss

monai = PatchAdversarialLoss(criterion="hinge")
relu = torch.nn.functional.relu
losses = {
    "generator": (lambda x: monai(x, target_is_real=True, for_discriminator=False), lambda x: -x.mean()),
    "discriminator, generated": (
        lambda x: monai(x, target_is_real=False, for_discriminator=True),
        lambda x: relu(1 + x).mean(),
    ),
    "discriminator, real": (
        lambda x: monai(x, target_is_real=True, for_discriminator=True),
        lambda x: relu(1 - x).mean(),
    ),
}
logits = -10.0, -6.0, -3.0, -0.5, 0.5, 3.0, 6.0, 10.0


def slope(loss, logit):
    patches = torch.full((8, 1, 4, 4), logit, requires_grad=True)
    return abs(torch.autograd.grad(loss(patches), patches)[0].sum().item())


seen = {}
print(f"{'logit':33}", "".join(f"{logit:8}" for logit in logits))
for name, pair in losses.items():
    for kind, loss in zip(("MONAI", "hinge"), pair):
        seen[name, kind] = slopes = [slope(loss, logit) for logit in logits]
        print(f"{name if kind == 'MONAI' else '':26} {kind:6}", "".join(f"{x:8.4f}" for x in slopes))
assert seen["generator", "MONAI"][0] == 0, "the behaviour has changed"
assert min(seen["generator", "hinge"]) > 0.99, "the behaviour has changed"
assert seen["discriminator, real", "MONAI"][0] == 0, "the behaviour has changed"
PY
environment/bin/python look.py
