#!/usr/bin/env bash
# clean-fid 0.1.35, torch 2.14.1, torchvision 0.29.1, Python 3.11.
# clean-fid takes num images of a folder or of a .zip file, in the order of their names or, with shuffle=True,
# in one that seed=0 fixes. Of a .zip it first makes a set of the names, whose order Python chooses anew in
# each program: each time num is given the images are others, also with a seed. make_custom_stats(num=...)
# makes other reference statistics of the same archive each time, and two models that were measured on two
# days were measured by other images. The same files unpacked into a folder are right. No warning;
# PYTHONHASHSEED=0 in the environment fixes the order.
# Output (10 of 200 images, by their numbers, in three programs; those of .zip are others in each run):
#   folder                         0 1 2 3 4 5 6 7 8 9
#                                  0 1 2 3 4 5 6 7 8 9
#                                  0 1 2 3 4 5 6 7 8 9
#   folder, shuffle=True, seed=0   22 58 92 93 97 131 144 172 181 187
#                                  22 58 92 93 97 131 144 172 181 187
#                                  22 58 92 93 97 131 144 172 181 187
#   .zip                           12 43 47 83 97 100 124 172 185 191
#                                  6 54 59 87 92 119 129 153 182 185
#                                  8 51 84 118 154 165 170 172 180 195
#   .zip, shuffle=True, seed=0     31 34 56 62 72 95 114 139 157 174
#                                  7 36 78 83 100 109 128 140 195 198
#                                  24 39 79 80 98 123 125 136 144 185
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q clean-fid==0.1.35 torch==2.14.1 torchvision==0.29.1
cat > look.py <<'PY'
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

SOURCES = {"folder": "images", ".zip": "images.zip"}


def chosen(source, shuffle):
    """The levels of the ten images that clean-fid takes."""
    import torch
    from cleanfid.fid import get_folder_features

    levels = get_folder_features(
        source,
        model=lambda images: images.mean(dim=(1, 2, 3))[:, None],
        custom_fn_resize=lambda image: image.astype(np.float32),
        num=10,
        shuffle=shuffle,
        num_workers=0,
        device=torch.device("cpu"),
        verbose=False,
    )
    return sorted(int(level) for level in levels.ravel())


if len(sys.argv) > 1:
    for source in SOURCES.values():
        for shuffle in (False, True):
            print(*chosen(source, shuffle))
    raise SystemExit
Path("images").mkdir()
with zipfile.ZipFile("images.zip", "w") as archive:
    for number in range(200):
        path = f"images/{number:03}.png"
        Image.fromarray(np.full((8, 8, 3), number, np.uint8)).save(path)
        archive.write(path)
programs = []
for _ in range(3):
    program = subprocess.run([sys.executable, __file__, "choose"], capture_output=True, text=True, check=True)
    programs.append(program.stdout.splitlines())
seen = []
names = [name + how for name in SOURCES for how in ("", ", shuffle=True, seed=0")]
for name, *lines in zip(names, *programs, strict=True):
    for number, line in enumerate(lines):
        print(f"{name if number == 0 else '':<30} {line}")
    seen.append(len(set(lines)))
assert seen == [1, 1, 3, 3], "the behaviour has changed"
PY
env -u PYTHONHASHSEED environment/bin/python look.py
