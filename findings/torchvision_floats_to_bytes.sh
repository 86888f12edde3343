#!/usr/bin/env bash
# torchvision 0.29.1, torch 2.14.1, Pillow 13.0.0, Python 3.11.
# torchvision turns floats of [0, 1] into bytes in three ways. save_image rounds to the nearest level.
# to_pil_image and ToPILImage cut off the fraction: what a network makes is half a level too dark on
# average, while real images, whose floats came from bytes, pass unchanged. v2.ToDtype and
# convert_image_dtype divide [0, 1] into 256 equal parts: right on average, but a quarter of the bytes are
# not those of save_image. A score of samples that were saved in one way is not that of samples saved in
# another.
# Output (100,000 floats of [0, 1]; bytes less 255 times the float, and bytes unlike those of save_image):
#   save_image     mean +0.00, unlike save_image  0 %, real images unchanged: True
#   to_pil_image   mean -0.50, unlike save_image 50 %, real images unchanged: True
#   v2.ToDtype     mean +0.00, unlike save_image 25 %, real images unchanged: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchvision==0.29.1 pillow==13.0.0 numpy==2.4.6
cat > look.py <<'PY'
import io

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import v2
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import save_image


def saved(image):
    file = io.BytesIO()
    save_image(image, file, format="png")
    return np.array(Image.open(file))[:, :, 0].astype(float)


ways = {
    "save_image": saved,
    "to_pil_image": lambda image: np.array(to_pil_image(image)).astype(float),
    "v2.ToDtype": lambda image: v2.ToDtype(torch.uint8, scale=True)(image)[0].double().numpy(),
}
made = torch.rand(1, 250, 400, generator=torch.Generator().manual_seed(0))
levels = np.arange(256.0).reshape(16, 16)
real = torch.from_numpy(levels).float().div(255)[None]
seen = []
for name, way in ways.items():
    shift = float((way(made) - 255 * made[0].double().numpy()).mean())
    unlike = round(100 * float((way(made) != saved(made)).mean()))
    kept = bool((way(real) == levels).all())
    seen.append((round(shift, 1), unlike, kept))
    print(f"{name:<14} mean {shift:+.2f}, unlike save_image {unlike:>2} %, real images unchanged: {kept}")
wanted = [(0.0, 0, True), (-0.5, 50, True), (0.0, 25, True)]
assert seen == wanted, f"the behaviour has changed: {seen}"
PY
environment/bin/python look.py
