"""Diagnoses of GAN training: what its numbers and samples show at one moment."""

from collections.abc import Mapping

import torch
from torch import Tensor

from forger import latents
from forger.callbacks.measure import Measure
from forger.gan import GAN
from forger.latent_space.sampling import generator_outputs
from forger.losses import Minimax
from forger.metrics.classes import Classes
from forger.metrics.mixture import Mixture
from forger.metrics.samples import Samples

# A loss above this counts as infinite.
ABSURD = 1e9


def diverged(loss: float) -> bool:
    """Whether a loss shows that training has diverged."""
    # Written so that NaN counts as diverged: all comparisons with NaN are false.
    return not abs(loss) < ABSURD


def symptoms(values: Mapping[str, float], loss: object = None, expected: int = 0) -> dict[str, str]:
    """What the curves and metrics of one moment show, each by its name with the evidence.

    values: those of `Curves` and `Measure`; what is absent shows nothing. loss: that of the GAN.
    expected: number of classes that as many real examples as samples lack by chance.
    """
    see = {name: float(value) for name, value in values.items()}
    found = {}
    losses = {name: see[name] for name in see if name.startswith("loss/")}
    if any(map(diverged, losses.values())):
        numbers = ", ".join(f"{name} is {value:g}" for name, value in losses.items())
        found["divergence"] = f"{numbers}; lower learning rates, or penalty=r1, may prevent it"
    real, fake = (see.get(f"training/accuracy_{kind}", 0) for kind in ("real", "fake"))
    if min(real, fake) > 0.99:
        found["discriminator saturated"] = (
            f"it is right on {real:.1%} of real and {fake:.1%} of generated examples;"
            " the generator has little to learn from"
        )
    if see.get("training/grad_generator", 1) < 1e-4:
        advice = (
            "loss=non_saturating keeps it alive"
            if type(loss) is Minimax
            else "a lower optimizer.generator.lr or optimizer.discriminator.lr, or penalty=r1, may"
            " keep it alive"
        )
        found["generator gradient vanished"] = (
            f"its norm is {see['training/grad_generator']:.1e}; {advice}"
        )
    missing = see.get("metric/missing", 0)
    # By chance two draws differ less than by three standard deviations of a Poisson number each.
    if missing > expected + 3 * (2 * expected) ** 0.5:
        as_many = f", and {expected} without a real example among as many" if expected else ""
        lost = "1 class" if missing == 1 else f"{missing:.0f} classes"
        found["mode collapse"] = f"{lost} of the data without a sample{as_many}"
    if see.get("metric/nearest_ratio", 1) < 0.5:
        found["memorisation"] = (
            f"samples are {see['metric/nearest_ratio']:.2f} times as far from training images as"
            " unseen real images are"
        )
    return found


@torch.no_grad()
def sampled_values(gan: GAN) -> Tensor:
    """The same 16 samples whenever it is asked, not clipped, (16, *shape)."""
    z = latents.sample_prior_by_index(gan.prior, 16, gan.latent_dim, seed=0)
    # A generator may draw, which must not change the random numbers of training.
    with torch.random.fork_rng(devices=[]):
        (values,) = generator_outputs(gan, z, None, batch_size=16)
    return values


def out_of_range(gan: GAN) -> str | None:
    """What is wrong if more than a hundredth of the generator's values are far out of its range.

    Far is a tenth of the range: data have many values at its very ends, and a generator without a
    last activation goes a little beyond them.
    """
    if gan.value_range is None:
        return None
    values = sampled_values(gan)
    low, high = gan.value_range
    margin = (high - low) / 10
    beyond = ((values < low - margin) | (values > high + margin)).float().mean().item()
    if not beyond > 0.01:
        return None
    return (
        f"{beyond:.0%} of the generator's values lie outside its value_range ({low:g}, {high:g}),"
        " where no real example has values, and samples are clipped to it: end the generator in"
        " an activation whose values stay in the range"
    )


def not_finite(gan: GAN) -> str:
    """The names of what is not finite in the last update."""
    shown = {"real": "D(x)", "fake": "D(G(z))"}
    return ", ".join(shown.get(n, n) for n, v in gan.last.items() if not v.isfinite().all())


def missing_by_chance(measure: Measure) -> int:
    """The largest number of classes, or modes, that as many real examples as are measured lack."""
    real, train, n = measure.validation, measure.train, measure.n
    if len(real) < n:
        # Image folders are sorted by class.
        chosen = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[:n]
        real = Samples(train.examples[chosen], train.evaluator)
    counting = [m for m in measure.metrics.values() if isinstance(m, Classes | Mixture)]
    found = [metric(real, real, train=real, validation=real) for metric in counting]
    return max((int(values["missing"]) for values in found), default=0)
