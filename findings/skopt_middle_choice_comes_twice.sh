#!/usr/bin/env bash
# scikit-optimize 0.10.2, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# skopt begins a search with points that fill the space evenly, if initial_point_generator is "lhs", "sobol",
# "halton", "hammersly" or "grid". They are numbers between 0 and 1, which are then rounded to the choices of
# a setting: the first and the last choice have half an interval each, and those in the middle a whole one. Of
# three optimizers the one that is named in the middle is tried as often as the two others together, and of
# the whole numbers 1 to 4 the 2 and the 3 twice as often as the 1 and the 4. prior=[0.8, 0.1, 0.1],
# documented as the probabilities of the choices, has no effect. A comparison of choices by such points is not
# a fair one. No warning; "random", the default, is right of choices, but not of whole numbers under a
# Gaussian process (gp_minimize).
# Output (percent of 256 points):
#               adam  sgd  rmsprop     1   2   3   4    adam of prior 0.8
#   random        34   34       32   27  23  23  28             82
#   random, GP    34   34       32   17  31  37  15             82
#   lhs           25   50       25   16  34  34  16             25
#   sobol         25   50       25   17  33  33  17             25
#   halton        25   50       25   17  34  33  16             25
#   hammersly     25   50       25   17  34  33  16             25
#   grid          25   50       25   16  34  34  16             25
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q scikit-optimize==0.10.2 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings
from collections import Counter

from skopt.sampler import Grid, Halton, Hammersly, Lhs, Sobol
from skopt.space import Categorical, Integer, Space
from skopt.utils import normalize_dimensions

warnings.filterwarnings("ignore", category=UserWarning)  # Sobol points are to be a power of 2
NAMES = ["adam", "sgd", "rmsprop"]


def shares(points, values):
    """What part of the points is at each of the values, in percent."""
    counts = Counter(str(point[0]) for point in points)
    return [round(100 * counts[value] / len(points)) for value in values]


choice, unequal = Categorical(NAMES), Categorical(NAMES, prior=[0.8, 0.1, 0.1])
ways = {
    "random": lambda space: Space([space]).rvs(256, random_state=0),
    "random, GP": lambda space: normalize_dimensions([space]).rvs(256, random_state=0),
}
for method in (Lhs, Sobol, Halton, Hammersly, Grid):
    ways[method.__name__.lower()] = lambda space, method=method: method().generate([space], 256, random_state=0)
print("            adam  sgd  rmsprop     1   2   3   4    adam of prior 0.8")
seen = {}
for name, draw in ways.items():
    three = shares(draw(choice), NAMES)
    four = shares(draw(Integer(1, 4)), "1234")
    prior = shares(draw(unequal), NAMES)
    seen[name] = three[1] / max(three[0], three[2]), (four[1] + four[2]) / (four[0] + four[3]), prior[0]
    row = f"{name:<10} {three[0]:5} {three[1]:4} {three[2]:8}"
    print(row, "", *(f"{part:3}" for part in four), f"{prior[0]:14}")
random, model = seen.pop("random"), seen.pop("random, GP")
assert max(*random[:2], model[0]) < 1.4 and min(random[2], model[2]) > 70, "random points have changed"
assert model[1] > 1.6, "random points of a Gaussian process have changed"
assert all(min(ratios) > 1.8 and adam < 30 for *ratios, adam in seen.values()), "the behaviour has changed"
PY
environment/bin/python look.py
