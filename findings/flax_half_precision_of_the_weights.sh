#!/usr/bin/env bash
# flax 0.12.8, jax 0.10.2, optax 0.2.8, numpy 2.4.6, Python 3.11.
# A layer of flax with dtype=bfloat16 computes in half precision and keeps its weights in param_dtype, float32,
# so that small steps add up. SpectralNorm around it takes the same two arguments, and with dtype=bfloat16 it
# rounds the trained weights themselves: flax.linen creates them as bfloat16, and flax.nnx writes the
# normalised kernel, rounded, over the weights in each call, also with update_stats=False. Steps that are
# smaller than half the distance of two such numbers are lost. At rates that GANs are trained with a network
# barely learns, or not at all. WeightNorm of linen makes bfloat16 of the weights as well. No warning;
# dtype=bfloat16 in the layer and not in SpectralNorm is right.
# Output (losses before and after 2,000 steps of Adam at a rate of 5e-5, and what the weights can hold):
#   flax.linen
#     Dense, float32                     1.183  0.761  float32 weights
#     Dense, bfloat16                    1.183  0.761  float32 weights
#     SpectralNorm, float32              0.465  0.300  float32 weights
#     SpectralNorm, bfloat16             0.465  0.458  bfloat16 weights
#     SpectralNorm, bfloat16 in Dense    0.465  0.300  float32 weights
#   flax.nnx
#     Linear, float32                    1.526  1.043  float32 weights
#     Linear, bfloat16                   1.526  1.042  float32 weights
#     SpectralNorm, float32              0.429  0.199  float32 weights
#     SpectralNorm, bfloat16             0.430  0.413  bfloat16 weights
#     SpectralNorm, bfloat16 in Linear   0.429  0.199  float32 weights
#   WeightNorm of flax.linen: bfloat16 weights
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q flax==0.12.8 jax==0.10.2 jaxlib==0.10.2 optax==0.2.8 numpy==2.4.6
cat > look.py <<'PY'
import os

os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen, nnx

HALF = jnp.bfloat16
points = jax.random.normal(jax.random.key(1), (256, 8))
left, _, right = np.linalg.svd(np.random.default_rng(0).normal(size=(8, 16)), full_matrices=False)
target = points @ jnp.asarray(left * np.linspace(1, 0.3, 8) @ right, jnp.float32)
rule = optax.adam(5e-5)


def error(given):
    return ((given.astype(jnp.float32) - target) ** 2).mean()


def of_linen(inner, outer, normalised):
    """The losses of 2,000 steps, and the trained kernel."""

    class Network(linen.Module):
        @linen.compact
        def __call__(self, x):
            layer = linen.Dense(16, use_bias=False, dtype=inner)
            return linen.SpectralNorm(layer, dtype=outer)(x, update_stats=True) if normalised else layer(x)

    variables = Network().init(jax.random.key(0), points)
    weights, vectors = variables["params"], variables.get("batch_stats", {})

    def loss(weights, vectors):
        both = {"params": weights, "batch_stats": vectors}
        given, moved = Network().apply(both, points, mutable="batch_stats")
        return error(given), moved.get("batch_stats", {})

    @jax.jit
    def step(weights, vectors, state):
        (value, vectors), gradient = jax.value_and_grad(loss, has_aux=True)(weights, vectors)
        updates, state = rule.update(gradient, state)
        return optax.apply_updates(weights, updates), vectors, state, value

    for _ in range(50):
        _, vectors = loss(weights, vectors)
    state, losses = rule.init(weights), []
    for _ in range(2000):
        weights, vectors, state, value = step(weights, vectors, state)
        losses.append(float(value))
    return losses, jax.tree.leaves(weights)[0]


def of_nnx(inner, outer, normalised):
    """The same in flax.nnx."""
    layer = nnx.Linear(8, 16, use_bias=False, dtype=inner, rngs=nnx.Rngs(0))
    kernel = layer.kernel
    if normalised:
        layer = nnx.SpectralNorm(layer, dtype=outer, rngs=nnx.Rngs(1))
        for _ in range(50):
            layer(points, update_stats=True)
    optimizer = nnx.Optimizer(layer, rule, wrt=nnx.Param)

    @nnx.jit
    def step(layer, optimizer):
        value, gradient = nnx.value_and_grad(lambda layer: error(layer(points)))(layer)
        optimizer.update(layer, gradient)
        return value

    losses = [float(step(layer, optimizer)) for _ in range(2000)]
    if normalised:
        layer(points, update_stats=False)
    return losses, kernel[...]


for library, train, plain in (("flax.linen", of_linen, "Dense"), ("flax.nnx", of_nnx, "Linear")):
    print(library)
    for name, inner, outer, normalised in (
        (f"{plain}, float32", None, None, False),
        (f"{plain}, bfloat16", HALF, None, False),
        ("SpectralNorm, float32", None, None, True),
        ("SpectralNorm, bfloat16", HALF, HALF, True),
        (f"SpectralNorm, bfloat16 in {plain}", HALF, None, True),
    ):
        losses, kernel = train(inner, outer, normalised)
        rounded = bool((kernel == kernel.astype(HALF)).all())
        print(f"  {name:<34} {losses[0]:.3f}  {losses[-1]:.3f}  {'bfloat16' if rounded else 'float32'} weights")
        stays = losses[-1] > 0.9 * losses[0]
        assert (rounded, stays) == (outer is HALF, outer is HALF), "the behaviour has changed"

network = linen.WeightNorm(linen.Dense(16, dtype=HALF), dtype=HALF)
weights = network.init(jax.random.key(0), points)["params"]
kernel = weights["layer_instance"]["kernel"]
print(f"WeightNorm of flax.linen: {kernel.dtype} weights")
assert kernel.dtype == HALF, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
