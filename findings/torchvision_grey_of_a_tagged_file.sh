#!/usr/bin/env bash
# torchvision 0.29.1, torch 2.14.1, Pillow 13.0.0, Python 3.11.
# read_image and decode_image of torchvision with ImageReadMode.GRAY make another grey of a PNG file that
# says it is sRGB or has a gamma, as picture editors and screenshots write it, than of the same pixels without
# that note: libpng mixes the colours as light and not as levels. Pure red is 147 in place of 76, and blue 95
# in place of 29. In colour the two files are the same, and Pillow makes the same grey of both. A folder of
# files from two programs has two kinds of grey, which a discriminator can tell apart. No warning.
# Output (grey of red, green, blue and white; mean of random colours):
#   no note      torchvision  76 149  29 255  mean 128.2   Pillow  76 150  29 255  mean 128.7
#   sRGB         torchvision 147 200  95 255  mean 142.8   Pillow  76 150  29 255  mean 128.7
#   gamma 1/2.2  torchvision 147 200  95 255  mean 142.8   Pillow  76 150  29 255  mean 128.7
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchvision==0.29.1 torch==2.14.1 Pillow==13.0.0 numpy==2.4.6
cat > look.py <<'PY'
import io
import struct
import warnings

import numpy as np
import torch
from PIL import Image, PngImagePlugin
from torchvision.io import ImageReadMode, decode_image

warnings.simplefilter("ignore", DeprecationWarning)
pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
pixels[0, :4] = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
seen = {}
for name, chunk in (
    ("no note", None),
    ("sRGB", (b"sRGB", b"\0")),
    ("gamma 1/2.2", (b"gAMA", struct.pack(">I", 45455))),
):
    notes, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    if chunk:
        notes.add(*chunk)
    Image.fromarray(pixels).save(buffer, "png", pnginfo=notes)
    data = torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)
    colour = decode_image(data, ImageReadMode.RGB).permute(1, 2, 0).numpy()
    assert (colour == pixels).all(), "the colours differ"
    grey = decode_image(data, ImageReadMode.GRAY)[0].numpy()
    pillow = np.asarray(Image.open(io.BytesIO(buffer.getvalue())).convert("L"))
    both = [" ".join(f"{v:3}" for v in g[0, :4]) + f"  mean {g.mean():5.1f}" for g in (grey, pillow)]
    print(f"{name:<12} torchvision {both[0]}   Pillow {both[1]}")
    seen[name] = grey, pillow
plain, pillow = seen["no note"]
for name in ("sRGB", "gamma 1/2.2"):
    assert np.abs(seen[name][0] - plain.astype(float)).max() > 40, "the behaviour has changed"
    assert (seen[name][1] == pillow).all(), "the behaviour has changed"
PY
environment/bin/python look.py
