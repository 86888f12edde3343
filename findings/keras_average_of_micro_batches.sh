#!/usr/bin/env bash
# keras 3.15.1, jax 0.10.2, numpy 2.4.6, Python 3.11.
# An optimizer of Keras with gradient_accumulation_steps collects the gradients of several batches for each
# update, so that a small memory trains as a large one, and with use_ema=True it averages the weights. The
# average is said to go by the updates. It is taken in each of the batches, also where nothing was updated:
# with 16 of them the same weights enter 16 times, and a momentum of 0.9 is one of 0.19. The average is
# hardly one, and the smoother generator that it was meant to give is the raw one. ema_overwrite_frequency,
# which does count the updates, overwrites in each batch of such an update, and so the training itself is
# another one. No warning; ema_momentum to the power of 1 / steps makes up for most of it.
# Output (a weight that is raised by 1 in each of 100 updates, momentum 0.9, overwriting in every tenth):
#   gradient_accumulation_steps      none     2     4    16
#   average behind the weight        9.00  4.74  2.62  1.10
#   weight with overwriting          41.7  54.9  68.0  81.1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > look.py <<'PY'
import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
import keras
import numpy as np

UPDATES = 100
print("gradient_accumulation_steps      none     2     4    16")
lags, overwritten = [], []
for steps in (None, 2, 4, 16):
    batches = UPDATES * (steps or 1)
    found = []
    for frequency in (None, 10):
        layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        model = keras.Sequential([keras.Input((1,)), layer])
        optimizer = keras.optimizers.SGD(
            1.0,
            use_ema=True,
            ema_momentum=0.9,
            ema_overwrite_frequency=frequency,
            gradient_accumulation_steps=steps,
        )
        model.compile(optimizer, loss=lambda labels, given: -given)
        points = np.ones((1, 1), "float32")
        for _ in range(batches):
            model.train_on_batch(points, points)
        weight = np.asarray(layer.kernel).item()
        average = np.asarray(optimizer._model_variables_moving_average[0]).item()
        found.append(weight - average if frequency is None else weight)
        assert frequency or weight == UPDATES
    lags.append(found[0])
    overwritten.append(found[1])
print("average behind the weight      " + "".join(f"  {lag:4.2f}" for lag in lags))
print("weight with overwriting        " + "".join(f"  {weight:4.1f}" for weight in overwritten))
assert abs(lags[0] - 9) < 0.01 and lags[1] < 5 and lags[3] < 1.5, "the behaviour has changed"
assert np.all(np.diff(overwritten) > 5), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
