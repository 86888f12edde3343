#!/usr/bin/env bash
# vendi-score 0.0.3, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# The Vendi score counts the different things among samples, and its small orders, such as q=0.1, are those to
# find rare modes by. It adds up the eigenvalues of the samples' similarities, each to the power of q. Those
# that should be 0 come out as 1e-17 in double and 1e-9 in single precision, many of them above 0, and 1e-9 to
# the power of 0.1 is 0.13: each is an eighth of a mode. There is one for each sample. A generator that makes
# one image a thousand times has a score of a hundred, the same as one that makes ten, and the more samples
# the more. Features come out of a network in single precision. No warning; orders of 1 and more are right.
# Output (the same images again and again; score_K of single and double precision, and score_dual):
#                          q = 0.1:  exact  single  double  dual single    q = 1:  exact  single
#    1 image,    100 times             1.0    11.0     2.2          8.0              1.0     1.0
#    1 image,   1000 times             1.0   110.2    13.0          8.6              1.0     1.0
#    1 image,   2000 times             1.0   224.8    25.4          8.9              1.0     1.0
#   10 images,   100 times             9.9   108.4    21.7         16.6              9.4     9.4
#   10 images,   200 times             9.9   209.6    33.1         16.7              9.4     9.4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q vendi-score==0.0.3 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from vendi_score import vendi

images = np.random.default_rng(0).normal(size=(10, 64))
images /= np.linalg.norm(images, axis=1, keepdims=True)


def exact(kinds, q):
    """From the eigenvalues of the images themselves, none of which is 0."""
    values = np.linalg.eigvalsh(images[:kinds] @ images[:kinds].T / kinds)
    return np.exp(-(values * np.log(values)).sum()) if q == 1 else (values**q).sum() ** (1 / (1 - q))


print("                       q = 0.1:  exact  single  double  dual single    q = 1:  exact  single")
for kinds, times in ((1, 100), (1, 1000), (1, 2000), (10, 100), (10, 200)):
    double = np.tile(images[:kinds], (times, 1))
    single = double.astype(np.float32)
    scores = [vendi.score_K(samples @ samples.T, q=0.1) for samples in (single, double)]
    scores.append(vendi.score_dual(single, q=0.1))
    first_order = vendi.score_K(single @ single.T, q=1)
    line = f"{kinds:>2} {'image, ' if kinds == 1 else 'images,'} {times:>5} times  {exact(kinds, 0.1):14.1f}"
    line += f"{scores[0]:8.1f}{scores[1]:8.1f}{scores[2]:13.1f}"
    print(f"{line}{exact(kinds, 1):17.1f}{first_order:8.1f}")
    assert scores[0] - exact(kinds, 0.1) > kinds * times / 40, "the behaviour has changed"
    assert abs(first_order - exact(kinds, 1)) < 0.01, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
