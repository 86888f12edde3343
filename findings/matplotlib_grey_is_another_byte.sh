#!/usr/bin/env bash
# matplotlib 3.11.2, numpy 2.4.6, Pillow 13.0.0, Python 3.11.
# plt.imsave and plt.imshow write a grey image by a table of colours, also where vmin=0 and vmax=255 say that
# each level is to stay what it is. cmap="gray" makes 24 of the 256 levels one darker, since the table cuts
# off fractions. cmap="Greys_r", whose name says the same, is a palette for maps: it makes 247 levels lighter,
# by up to 29. Digits that were saved as PNG by either are no longer the digits. No warning; three equal
# channels are written as they are.
# Output (of all 256 levels, written and read again):
#   gray                    24 levels change, by -1 to 0
#   binary_r                24 levels change, by -1 to 0
#   Greys_r                247 levels change, by 0 to 29
#   three equal channels     0 levels change, by 0 to 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q matplotlib==3.11.2 numpy==2.4.6 Pillow==13.0.0
cat > look.py <<'PY'
import io

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
seen = []
for name, image, given in (
    ("gray", levels, {"cmap": "gray", "vmin": 0, "vmax": 255}),
    ("binary_r", levels, {"cmap": "binary_r", "vmin": 0, "vmax": 255}),
    ("Greys_r", levels, {"cmap": "Greys_r", "vmin": 0, "vmax": 255}),
    ("three equal channels", levels[..., None].repeat(3, axis=2), {}),
):
    buffer = io.BytesIO()
    plt.imsave(buffer, image, **given)
    written = np.asarray(Image.open(buffer).convert("RGB")).astype(int)
    assert (written == written[..., :1]).all(), "not grey"
    change = written[..., 0] - levels
    seen.append((np.count_nonzero(change), change.min(), change.max()))
    print(f"{name:<22} {seen[-1][0]:3} levels change, by {seen[-1][1]} to {seen[-1][2]}")
assert seen == [(24, -1, 0), (24, -1, 0), (247, 0, 29), (0, 0, 0)], "the behaviour has changed"
PY
environment/bin/python look.py
