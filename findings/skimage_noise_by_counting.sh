#!/usr/bin/env bash
# scikit-image 0.26.0, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# random_noise(image, mode="poisson") of scikit-image adds the noise of counted light to a picture. How much
# light there is it takes from the number of different values in the picture, rounded up to a power of two.
# The same picture that was made smaller, or changed by less than a level, has thousands of values in place of
# 256, and next to no noise; a part of it that happens to have few has more than the whole. A network that is
# to learn to remove noise gets a strength for each picture, which changes with what was done to the pictures
# before. No warning; numpy's Generator.poisson(255 * image) / 255 has one strength.
# Output (a photograph of 512 x 512 pixels; noise: deviation of its change at pixels of 0.4 to 0.6):
#                                 different values   noise   of Generator.poisson
#   as it is, 8 bits                           256  0.0460                 0.0460
#   changed by up to half a level           262013  0.0014                 0.0461
#   half as large                            65401  0.0029                 0.0466
#   rounded to 16 levels                        16  0.1782                 0.0449
#   a part of 32 x 32 pixels                    38  0.0886                 0.0435
#   another part                               226  0.0460                 0.0462
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q scikit-image==0.26.0 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from skimage.data import camera
from skimage.transform import rescale
from skimage.util import random_noise

photograph = camera() / 255
changed = np.clip(photograph + np.random.default_rng(0).uniform(-0.5, 0.5, photograph.shape) / 255, 0, 1)
pictures = {
    "as it is, 8 bits": photograph,
    "changed by up to half a level": changed,
    "half as large": rescale(photograph, 0.5, anti_aliasing=True),
    "rounded to 16 levels": np.round(photograph * 15) / 15,
    "a part of 32 x 32 pixels": photograph[480:512, 96:128],
    "another part": photograph[176:208, 320:352],
}


def strength(picture, noisy):
    middle = (picture > 0.4) & (picture < 0.6)
    return float((noisy - picture)[middle].std())


seen = {}
print(f"{'':29} different values   noise   of Generator.poisson")
for name, picture in pictures.items():
    values = len(np.unique(picture))
    noisy = random_noise(picture, mode="poisson", rng=0, clip=False)
    fixed = np.random.default_rng(0).poisson(255 * picture) / 255
    seen[name] = strength(picture, noisy), strength(picture, fixed)
    print(f"{name:29} {values:16} {seen[name][0]:7.4f} {seen[name][1]:22.4f}")
noise, fixed = zip(*seen.values())
assert max(noise) > 50 * min(noise) and max(fixed) < 1.3 * min(fixed), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
