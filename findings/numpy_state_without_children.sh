#!/usr/bin/env bash
# numpy 2.4.6, Python 3.11.
# bit_generator.state is all that a checkpoint needs for a generator to draw on as if nothing had happened.
# How many children it has had by spawn() is no part of it: put back into a new generator of the same seed,
# the numbers go on, and the children begin anew. A run that spawns a generator for each epoch or evaluation
# repeats, after it is resumed, the augmentations or noise of its first ones. pickle and copy.deepcopy keep
# the count. The other way round, to set a generator back to its state does not take its children back: what
# is done a second time has other ones. No warning.
# Output (a number of its own, then the first numbers of the next two children, after two were spawned):
#   uncut               own 625  children 396636 479537
#   state put back      own 625  children 305369 681396, which were the first two: True
#   pickled             own 625  children 396636 479537
#   set back, repeated  own 625  children 801363 479385
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q numpy==2.4.6
cat > look.py <<'PY'
import pickle

import numpy as np


def children(generator):
    return [int(child.integers(10**6)) for child in generator.spawn(2)]


def next_of(generator):
    return int(generator.integers(1000)), children(generator)


generator = np.random.default_rng(7)
generator.integers(1000)
first = children(generator)
state, pickled = generator.bit_generator.state, pickle.dumps(generator)

uncut = next_of(generator)
resumed = np.random.default_rng(7)
resumed.bit_generator.state = state
put_back = next_of(resumed)
unpickled = next_of(pickle.loads(pickled))
generator.bit_generator.state = state
again = next_of(generator)
print(f"uncut               own {uncut[0]}  children", *uncut[1])
same = put_back[1] == first
print(f"state put back      own {put_back[0]}  children", *put_back[1], end=", ")
print(f"which were the first two: {same}")
print(f"pickled             own {unpickled[0]}  children", *unpickled[1])
print(f"set back, repeated  own {again[0]}  children", *again[1])
assert uncut[0] == put_back[0] == unpickled[0] == again[0], "the behaviour has changed"
assert same and unpickled[1] == uncut[1] != again[1], "the behaviour has changed"
PY
environment/bin/python look.py
