#!/usr/bin/env bash
# keras 3.15.1, jax 0.10.2, numpy 2.4.6, Python 3.11.
# An optimizer of Keras with use_ema=True averages the weights, and fit gives the model the average when it
# ends. SwapEMAWeights(swap_on_epoch=True) exchanges the two between epochs, so that ModelCheckpoint saves
# the average. It makes ready for the end only in the last of the epochs that fit was asked for. If the
# training ends sooner, by EarlyStopping or stop_training, which is what they are for, fit takes what was
# exchanged: the model has the raw weights, and so has the optimizer in the place of the average, which is
# gone. A generator that was measured by its average in each epoch is saved without it. No warning; without
# SwapEMAWeights the average is in the model, and with all epochs too.
# Output (a weight that is raised by 1 in each of 50 steps, and its average, after fit):
#                                               model   average
#   without, all epochs                          11.5      11.5
#   without, EarlyStopping                       11.5      11.5
#   without, stop_training                       11.5      11.5
#   SwapEMAWeights, all epochs                   11.5      11.5
#   SwapEMAWeights, EarlyStopping                50.0      50.0
#   SwapEMAWeights, stop_training                50.0      50.0
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

BATCHES = 10
points = np.ones((BATCHES, 1), "float32")


def train(stop, swap):
    """The weight at the end and its average, where each batch raises the weight by 1; 5 epochs."""
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    optimizer = keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.99)
    model.compile(optimizer, loss=lambda labels, given: -given)
    callbacks = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if swap else []
    if stop == "EarlyStopping":
        # The loss falls all the time: with mode max the first epoch stays the best.
        callbacks.append(keras.callbacks.EarlyStopping(monitor="loss", mode="max", patience=4))
    elif stop:
        end = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", epoch == 4)
        )
        callbacks.append(end)
    epochs = 100 if stop else 5
    model.fit(points, points, batch_size=1, epochs=epochs, callbacks=callbacks, verbose=0)
    assert int(optimizer.iterations) == 5 * BATCHES
    return np.asarray(layer.kernel).item(), np.asarray(optimizer._model_variables_moving_average[0]).item()


print(f"{'':<44}model   average")
for swap in (False, True):
    for stop in ("", "EarlyStopping", "stop_training"):
        weight, average = train(stop, swap)
        name = f"{'SwapEMAWeights' if swap else 'without'}, {stop or 'all epochs'}"
        print(f"{name:<44}{weight:5.1f}     {average:5.1f}")
        if swap and stop:
            assert weight == average == 50, "the behaviour has changed"
        else:
            assert weight < 30, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
