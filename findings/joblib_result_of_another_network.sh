#!/usr/bin/env bash
# joblib 1.6.0, numpy 2.4.6, Python 3.11.
# Memory of joblib keeps results on the disk by the function's name, its source and its arguments, as for the
# features of a data set. A function that is made within another one, and takes from there what it depends
# on, such as the network, the layer or the seed, has one name and one source each time it is made: the first
# network's features are returned for every other one, also in the program of the next day, and models come
# out equal, or are measured in another layer. No warning: the one that joblib has for two functions of one
# name compares their sources. Handed over as an argument, the network is part of the key.
# Output (the mean feature, from three networks whose features are 1, 2 and 3 times the pixels):
#   made within another function, not cached    1.0 2.0 3.0
#   made within another function                1.0 1.0 1.0
#   the same in the next program, 2 and 3       1.0 1.0
#   with the factor as an argument              1.0 2.0 3.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q joblib==1.6.0 numpy==2.4.6
cat > look.py <<'PY'
import sys
import warnings

import numpy as np
from joblib import Memory

warnings.simplefilter("error")
memory = Memory("cache", verbose=0)
images = np.ones((4, 8))


def extractor(factor, keep):
    def features(images):
        return (factor * images).mean()

    return memory.cache(features) if keep else features


@memory.cache
def of_argument(images, factor):
    return (factor * images).mean()


def show(name, values, expected):
    print(f"{name:<43}", *(f"{value:.1f}" for value in values))
    assert list(values) == expected, "the behaviour has changed"


if len(sys.argv) > 1:
    values = [extractor(factor, True)(images) for factor in (2, 3)]
    show("the same in the next program, 2 and 3", values, [1, 1])
    seen = [of_argument(images, factor) for factor in (1, 2, 3)]
    show("with the factor as an argument", seen, [1, 2, 3])
else:
    values = [extractor(factor, False)(images) for factor in (1, 2, 3)]
    show("made within another function, not cached", values, [1, 2, 3])
    values = [extractor(factor, True)(images) for factor in (1, 2, 3)]
    show("made within another function", values, [1, 1, 1])
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
environment/bin/python look.py again 2> errors || { cat errors; exit 1; }
