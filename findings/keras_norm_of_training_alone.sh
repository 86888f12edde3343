#!/usr/bin/env bash
# keras 3.15.1, jax 0.10.2, numpy 2.4.6, Python 3.11.
# SpectralNormalization of Keras divides the kernel of a layer by its largest singular value, in each step of
# training, and writes the result back, which is what predict() and evaluate() use. With JAX as the backend it
# is never written back: fit() and stateless_call() keep what belongs to the optimizer and the statistics, and
# a kernel is neither. The steps of training see a normalised network, and all else another one: a critic is
# steeper than 1, its logits are larger by half or more, evaluate() gives another loss than the one that was
# trained, and the weights in a file are not normalised. No warning; where the layer is called outside of
# fit(), the kernel is normalised.
# Output (a critic of two groups of points; the layer's largest singular value as it is used after training,
# deviation of the logits and loss of the same points, in a step of training and in predict() and evaluate()):
#    10 steps  singular value 1.76  logits  1.20 and  2.11  loss 0.3010 and 0.1733
#   100 steps  singular value 1.63  logits  4.48 and  7.30  loss 0.0191 and 0.0025
#   300 steps  singular value 1.59  logits  6.13 and  9.75  loss 0.0046 and 0.0004
#   called outside of fit(): singular value 1.00
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

keras.utils.set_random_seed(0)
real = np.random.default_rng(0).normal(2, 1, (256, 8)).astype("float32")
points = np.concatenate([real, real - 4])
labels = np.repeat(np.float32([[1], [0]]), 256, axis=0)
layer = keras.layers.SpectralNormalization(keras.layers.Dense(64, use_bias=False))
critic = keras.Sequential([keras.Input((8,)), layer, keras.layers.LeakyReLU(), keras.layers.Dense(1)])
loss = keras.losses.BinaryCrossentropy(from_logits=True)
critic.compile(keras.optimizers.Adam(1e-3), loss)


def norm():
    return np.linalg.norm(np.asarray(layer.layer.kernel), 2)


def in_training():
    """The logits in a step of training, from which nothing is kept."""
    trained = [variable.value for variable in critic.trainable_variables]
    others = [variable.value for variable in critic.non_trainable_variables]
    return np.asarray(critic.stateless_call(trained, others, points, training=True)[0])


done = 0
for steps in (10, 100, 300):
    critic.fit(points, labels, batch_size=512, epochs=steps - done, shuffle=False, verbose=0)
    done = steps
    trained, predicted = in_training(), critic.predict(points, verbose=0)
    losses = float(loss(labels, trained)), critic.evaluate(points, labels, batch_size=512, verbose=0)
    print(
        f"{steps:3} steps  singular value {norm():.2f}"
        f"  logits {trained.std():5.2f} and {predicted.std():5.2f}"
        f"  loss {losses[0]:.4f} and {losses[1]:.4f}"
    )
    assert norm() > 1.4 and predicted.std() > 1.4 * trained.std(), "the behaviour has changed"
    assert losses[1] < 0.8 * losses[0], "the behaviour has changed"
for _ in range(20):
    critic(points, training=True)
print(f"called outside of fit(): singular value {norm():.2f}")
assert abs(norm() - 1) < 0.01, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
