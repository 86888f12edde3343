#!/usr/bin/env bash
# optax 0.2.8, jax 0.10.2, jaxlib 0.10.2, numpy 2.4.6, Python 3.11.
# triplet_margin_loss of optax wants the anchor nearer to the positive than to the negative, and has norm_degree,
# "the norm degree for distance calculation". It leaves the absolute values out: with norm_degree=1 the distance
# is the sum of the differences with their signs. Two points that are far apart may be at distance 0, one that
# lies above the anchor is at a distance below 0, and so nearer than the anchor itself: a loss is 0 that should
# be 5. With 3 it is nan where a point lies above the anchor. No warning; 2, the default, is right.
# Output (an anchor of zeros, a positive and a negative; wanted: by numpy's norm):
#   norm_degree  positive   negative      optax  wanted
#   1            ( 3, -3)   ( 3,  3)      7.000   1.000
#   1            ( 3,  3)   (-1, -1)      0.000   5.000
#   2            ( 3, -3)   ( 3,  3)      1.000   1.000
#   2            ( 3,  3)   (-1, -1)      3.828   3.828
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q optax==0.2.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import optax

anchor = np.zeros((1, 2), np.float32)
print("norm_degree  positive   negative      optax  wanted")
seen = []
for degree in (1, 2):
    for positive, negative in (((3, -3), (3, 3)), ((3, 3), (-1, -1))):
        near, far = np.array([positive], np.float32), np.array([negative], np.float32)
        loss = float(optax.losses.triplet_margin_loss(anchor, near, far, norm_degree=degree)[0])
        wanted = np.linalg.norm(near, degree, 1) - np.linalg.norm(far, degree, 1) + 1
        seen.append((loss, float(max(wanted[0], 0))))
        places = "   ".join(f"({x:2}, {y:2})" for x, y in (positive, negative))
        print(f"{degree:<12} {places}    {loss:7.3f} {seen[-1][1]:7.3f}")
assert [round(loss, 3) for loss, _ in seen[:2]] == [7, 0], "the behaviour has changed"
assert all(abs(loss - wanted) < 1e-3 for loss, wanted in seen[2:]), "norm_degree=2 has changed"
PY
environment/bin/python look.py
