#!/usr/bin/env bash
# torchvision 0.29.1, torch 2.14.1, Pillow 13.0.0, Python 3.11.
# Grayscale, RandomGrayscale and rgb_to_grayscale of torchvision, both v1 and v2, weight red, green and
# blue by 0.2989, 0.587 and 0.114, which add up to 0.9999, and cut off the fraction. A picture of bytes
# that is grey already, such as a digit that save_image wrote as RGB, comes out one level darker everywhere
# but at 0. Whoever grows grey three times to three channels loses three levels. The same classes leave a
# PIL image as it is, so that one pipeline differs from the other by a level in nearly every pixel.
# Output (of the 256 grey levels: how many change, and what becomes of white):
#   v1 Grayscale, tensor       255 levels change, 255 becomes 254
#   v2 Grayscale, tensor       255 levels change, 255 becomes 254
#   v2 RandomGrayscale, tensor 255 levels change, 255 becomes 254
#   v1 Grayscale, PIL image      0 levels change, 255 becomes 255
#   v2 Grayscale, three times  253 levels change by 3, 255 becomes 252
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchvision==0.29.1 pillow==13.0.0 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import torch
from PIL import Image
from torchvision import transforms as v1
from torchvision.transforms import v2

levels = torch.arange(256, dtype=torch.uint8)
grey = levels.expand(3, 1, 256).contiguous()
picture = Image.fromarray(grey.permute(1, 2, 0).numpy())
again = v2.Grayscale(num_output_channels=3)
results = {
    "v1 Grayscale, tensor": v1.Grayscale()(grey)[0, 0],
    "v2 Grayscale, tensor": v2.Grayscale()(grey)[0, 0],
    "v2 RandomGrayscale, tensor": v2.RandomGrayscale(p=1)(grey)[0, 0],
    "v1 Grayscale, PIL image": torch.from_numpy(np.array(v1.Grayscale()(picture)))[0],
    "v2 Grayscale, three times": again(again(again(grey)))[0, 0],
}
seen = []
for name, result in results.items():
    lost = levels.int() - result.int()
    changed, white, most = int((lost != 0).sum()), int(result[255]), int(lost.max())
    if most > 1:
        changed = int((lost == most).sum())
    by = f" by {most}" if most > 1 else ""
    print(f"{name:<26} {changed:>3} levels change{by}, 255 becomes {white}")
    seen.append((changed, most, white))
wanted = [(255, 1, 254)] * 3 + [(0, 0, 255)] + [(253, 3, 252)]
assert seen == wanted, f"the behaviour has changed: {seen}"
PY
environment/bin/python look.py
