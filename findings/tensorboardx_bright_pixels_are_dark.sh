#!/usr/bin/env bash
# tensorboardX 2.6.5, tensorboard 2.21.0, torch 2.14.1, Pillow 13.0.0, numpy 2.4.6, Python 3.11, x86-64.
# SummaryWriter.add_image of tensorboardX takes an image of floats from 0 to 1, as the SummaryWriter of torch
# does, which came from it and has the same arguments. Values that are a little outside, as interpolated, noisy
# or generated images have them, torch makes black or white. tensorboardX lets them go round: 1.01 is nearly
# black, -0.01 nearly white, and each spot that is too bright becomes a dark one. Of an image of -1 to 1, as
# networks with tanh make them, torch shows the darker half as black, and tensorboardX as bright as the brighter
# one. No warning; image.clip(0, 1) is right.
# Output (the grey levels in the file):
#   value             0.0    0.5    1.0   1.01    1.2  -0.01   -0.5   -1.0
#   torch               0    127    255    255    255      0      0      0
#   tensorboardX        0    127    255      1     50    254    129      1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q tensorboardX==2.6.5 tensorboard==2.21.0 torch==2.14.1 Pillow==13.0.0 numpy==2.4.6
cat > look.py <<'PY'
import io
import shutil

import numpy as np
import tensorboardX
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils import tensorboard


def written(kind, images):
    """The grey levels that a writer's file has for some images of one level each."""
    with kind("logs") as writer:
        for number, image in enumerate(images):
            writer.add_image(str(number), image)
    events = EventAccumulator("logs")
    events.Reload()
    files = [events.Images(str(number))[0].encoded_image_string for number in range(len(images))]
    shutil.rmtree("logs")
    return [int(np.asarray(Image.open(io.BytesIO(file)))[0, 0, 0]) for file in files]


levels = [0.0, 0.5, 1.0, 1.01, 1.2, -0.01, -0.5, -1.0]
images = [np.full((3, 8, 8), level, np.float32) for level in levels]
print(f"{'value':<14}", *(f"{level:>6}" for level in levels))
seen = {}
for name, kind in (("torch", tensorboard.SummaryWriter), ("tensorboardX", tensorboardX.SummaryWriter)):
    seen[name] = written(kind, images)
    print(f"{name:<14}", *(f"{level:>6}" for level in seen[name]))
assert seen["torch"] == [0, 127, 255, 255, 255, 0, 0, 0], "the behaviour has changed"
assert seen["tensorboardX"] == [0, 127, 255, 1, 50, 254, 129, 1], "the behaviour has changed"
PY
environment/bin/python look.py
