#!/usr/bin/env bash
# joblib 1.6.0, numpy 2.4.6, Python 3.11.
# Each worker of joblib's Parallel has chance of its own: jobs that call np.random.normal() draw differently.
# In a script or a notebook with "from numpy.random import normal", jobs that call normal() all draw the same
# numbers: a function of the script is sent to the workers with all that it names, normal belongs to a
# generator, and the generator goes along, in the state that it has in the main program. Experiments that are
# repeated for their spread have none. delayed(np.random.normal) and the functions of Python's random do the
# same. In a module of its own the same job is right, and with n_jobs=1, with which it was tried out. No
# warning.
# Output (eight jobs that draw one number each; how many of these are different):
#   np.random.normal() in the script          n_jobs=1: 8   n_jobs=2: 8
#   normal() in the script, imported          n_jobs=1: 8   n_jobs=2: 1
#   delayed(np.random.normal)                 n_jobs=1: 8   n_jobs=2: 1
#   gauss() in the script, from random        n_jobs=1: 8   n_jobs=2: 1
#   normal() in a module, imported there      n_jobs=1: 8   n_jobs=2: 8
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q joblib==1.6.0 numpy==2.4.6
cat > jobs.py <<'PY'
from numpy.random import normal


def of_module(_=0):
    return normal()
PY
cat > look.py <<'PY'
from random import gauss

import numpy as np
from joblib import Parallel, delayed
from jobs import of_module
from numpy.random import normal


def with_dots(_=0):
    return np.random.normal()


def imported(_=0):
    return normal()


def of_python(_=0):
    return gauss(0, 1)


def different(job, workers):
    """How many of the numbers of eight jobs are different."""
    # Jobs of more than a fifth of a second are sent one by one in any case; these are too short for that.
    return len(set(Parallel(n_jobs=workers, batch_size=1)(delayed(job)(0) for _ in range(8))))


for name, job, expected in (
    ("np.random.normal() in the script", with_dots, 8),
    ("normal() in the script, imported", imported, 1),
    ("delayed(np.random.normal)", np.random.normal, 1),
    ("gauss() in the script, from random", of_python, 1),
    ("normal() in a module, imported there", of_module, 8),
):
    alone, parallel = different(job, 1), different(job, 2)
    print(f"{name:<41} n_jobs=1: {alone}   n_jobs=2: {parallel}")
    assert (alone, parallel) == (8, expected), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
