#!/usr/bin/env bash
# keras 3.15.1, torch 2.14.1, numpy 2.4.6, Python 3.11.
# An optimizer of Keras with use_ema=True averages the weights, and the callback SwapEMAWeights puts the
# average in their place while a model is evaluated or predicts. evaluate puts the weights back afterwards.
# predict does not: the end of it asks for the opposite of what its beginning has set. From then on the model
# has the average for its weights, and the optimizer the weights for its average. Training goes on from there
# and comes to another end for having looked at images on the way; saved weights are those of the average. A
# second predict with the same callback changes nothing, the evaluate that follows puts them right. No
# warning. (With jax, predict with the callback ends in an error.)
# Output (the first weight before, after, and after five more steps of training):
#                        before   after  five steps later
#   evaluate              0.330   0.330   0.678
#   predict               0.330  -0.059   0.482
#   predict, predict      0.330  -0.059   0.482
#   predict, evaluate     0.330   0.330   0.678
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q keras==3.15.1 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np

random = np.random.default_rng(0)
inputs = random.normal(size=(64, 3)).astype("float32")
targets = inputs.sum(axis=1, keepdims=True)


def run(*calls):
    """The first weight after five steps, after the calls, and after five more steps."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.9), "mse")
    swap = keras.callbacks.SwapEMAWeights()
    weights = []
    for work in ("train", *calls, "train"):
        if work == "train":
            for _ in range(5):
                model.train_on_batch(inputs, targets)
        elif work == "evaluate":
            model.evaluate(inputs, targets, verbose=0, callbacks=[swap])
        else:
            model.predict(inputs, verbose=0, callbacks=[swap])
        weights.append(round(model.get_weights()[0].item(0), 3))
    return weights[0], weights[-2], weights[-1]


seen = {}
print(f"{'':<20} before   after  five steps later")
for calls in (("evaluate",), ("predict",), ("predict", "predict"), ("predict", "evaluate")):
    seen[calls] = run(*calls)
    print(f"{', '.join(calls):<20} {seen[calls][0]:6.3f}  {seen[calls][1]:6.3f}  {seen[calls][2]:6.3f}")
moved = [before != after for before, after, _ in seen.values()]
assert moved == [False, True, True, False], "the behaviour has changed"
assert abs(seen["predict",][2] - seen["evaluate",][2]) > 0.1, "the end of the training has changed"
PY
environment/bin/python look.py
