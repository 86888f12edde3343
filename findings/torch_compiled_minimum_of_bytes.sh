#!/usr/bin/env bash
# torch 2.14.1, Python 3.11, on a CPU (x86-64 with AVX2), with a C++ compiler.
# torch.compile takes the minimum of 16 or more bytes to be 0, whatever they are: amin, min and argmin of
# images of uint8 along a row, the minimum of int8 where none is negative, and its maximum where none is
# positive. Whoever stretches the grey levels of each image between its darkest and its brightest pixel,
# compiled for speed, does not stretch them. Sums, the maximum of uint8, fewer than 16 bytes and wider types
# are right. No warning; without compilation all are right.
# Output (four rows of bytes from 50 to 199):
#   amin of 15 uint8    plain    56     66     51     69   compiled    56     66     51     69
#   amin of 64 uint8    plain    56     50     51     58   compiled     0      0      0      0
#   argmin of 64 uint8  plain    12     41      7     24   compiled     0      0      0      0
#   amax of 64 uint8    plain   199    190    196    197   compiled   199    190    196    197
#   amin of 64 int8     plain    28     25     25     29   compiled     0      0      0      0
#   amax of 64 int8     plain   -28    -25    -25    -29   compiled     0      0      0      0
#   amin of 64 int16    plain    56     50     51     58   compiled    56     50     51     58
#   darkest, stretched  plain     0      0      0      0   compiled 0.281  0.263   0.26  0.294
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch


def minimum(images):
    return images.amin(1)


def place(images):
    return images.argmin(1)


def maximum(images):
    return images.amax(1)


def stretch(images):
    low, high = images.amin(1, keepdim=True), images.amax(1, keepdim=True)
    return ((images - low).float() / (high - low)).amin(1)


torch.manual_seed(0)
rows = torch.randint(50, 200, (4, 64), dtype=torch.uint8)
wrong = []
for name, function, images in (
    ("amin of 15 uint8", minimum, rows[:, :15].contiguous()),
    ("amin of 64 uint8", minimum, rows),
    ("argmin of 64 uint8", place, rows),
    ("amax of 64 uint8", maximum, rows),
    ("amin of 64 int8", minimum, (rows // 2).to(torch.int8)),
    ("amax of 64 int8", maximum, -(rows // 2).to(torch.int8)),
    ("amin of 64 int16", minimum, rows.to(torch.int16)),
    ("darkest, stretched", stretch, rows),
):
    torch._dynamo.reset()
    plain, compiled = function(images), torch.compile(function)(images)
    if not torch.equal(plain, compiled):
        wrong.append(name)
    shown = ["  ".join(f"{value:>5.3g}" for value in values.tolist()) for values in (plain, compiled)]
    print(f"{name:<19} plain {shown[0]}   compiled {shown[1]}")
expected = ["amin of 64 uint8", "argmin of 64 uint8", "amin of 64 int8", "amax of 64 int8"]
assert wrong == [*expected, "darkest, stretched"], "the behaviour has changed"
PY
environment/bin/python look.py
