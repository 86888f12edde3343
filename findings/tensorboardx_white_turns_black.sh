#!/usr/bin/env bash
# tensorboardX 2.6.5, torch 2.14.1, tensorboard 2.21.0, Pillow 13.0.0, numpy 2.4.6, Python 3.11.
# SummaryWriter.add_image of tensorboardX, of which torch.utils.tensorboard was made, takes floats of 0 to 1,
# and does not cut off what lies a little outside, as torch's does: 1.02 is written as nearly black and -0.02
# as nearly white. A generator without a last activation, an enlargement by bicubic interpolation and a
# picture that is taken back from its mean and deviation all reach beyond by a little. The curves are right
# and the pictures have black specks on white, which look as if the training had gone wrong. Floats of 0 to
# 255 are rubbish in one and white in the other. No warning; clamp to 0 and 1 first.
# Output (levels in the written picture; share of black pixels in a white square enlarged by bicubic):
#   value           -0.02  0.00  0.50  0.98  1.00  1.02  1.10
#   torch               0     0   127   249   255   255   255   black 0.00
#   tensorboardX      251     0   127   249   255     4    24   black 0.37
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q tensorboardX==2.6.5 torch==2.14.1 tensorboard==2.21.0 \
    Pillow==13.0.0 numpy==2.4.6
cat > look.py <<'PY'
import io

import numpy as np
import tensorboardX
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils import tensorboard

values = torch.tensor([-0.02, 0.0, 0.5, 0.98, 1.0, 1.02, 1.1])
square = torch.zeros(1, 1, 16, 16)
square[..., 4:12, 4:12] = 1
square = torch.nn.functional.interpolate(square, size=(64, 64), mode="bicubic")[0]


def written(writer, folder, picture):
    with writer(folder) as summary:
        summary.add_image("picture", picture, 0)
    events = EventAccumulator(folder)
    events.Reload()
    return np.array(Image.open(io.BytesIO(events.Images("picture")[0].encoded_image_string)).convert("L"))


seen = {}
print(f"{'value':14}", "".join(f"{value:6.2f}" for value in values))
for name, writer in (("torch", tensorboard.SummaryWriter), ("tensorboardX", tensorboardX.SummaryWriter)):
    levels = written(writer, f"{name}-values", values.reshape(1, 1, -1)).ravel()
    inside = written(writer, f"{name}-square", square)[16:48, 16:48]
    seen[name] = [int(level) for level in levels], float((inside < 50).mean())
    print(f"{name:14}", "".join(f"{level:6}" for level in seen[name][0]), f"  black {seen[name][1]:.2f}")
assert seen["torch"][0][5:] == [255, 255] and seen["torch"][1] == 0, "the behaviour has changed"
assert max(seen["tensorboardX"][0][5:]) < 50 and seen["tensorboardX"][1] > 0.1, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
