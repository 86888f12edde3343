"""What makes the numbers of a run doubtful from its first update on."""

from collections.abc import Iterator

from pytorch_lightning import Callback
from pytorch_lightning.callbacks import WeightAveraging
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

from forger.callbacks.weight_clipping import WeightClipping
from forger.gan import GAN
from forger.losses import Wasserstein
from forger.penalties import DRAGAN, R1, GradientPenalty
from forger.training.ema import spectral_layers


def cautions(gan: GAN, callbacks: list[Callback]) -> Iterator[str]:
    """What makes the numbers of a run doubtful from its first update on."""
    critic = gan.discriminator
    names = [n for n, p in gan.penalty.items() if isinstance(p, R1 | GradientPenalty | DRAGAN)]
    if names and any(isinstance(module, _BatchNorm) for module in critic.modules()):
        yield (
            f"penalty.{names[0]} asks for the gradient at each example, and under batch"
            f" normalisation none has one of its own: {without_batch_norm(gan)}"
        )
    kept = gan.penalty or any(isinstance(callback, WeightClipping) for callback in callbacks)
    kept = kept or any(spectral_layers(critic)) or any(map(own_limit, critic.modules()))
    if getattr(type(gan.loss), "discriminator", None) is Wasserstein.discriminator and not kept:
        yield (
            "loss=wasserstein estimates a distance only if something limits the slope of the"
            " discriminator, and nothing does: give penalty=gradient_penalty, which asks for a"
            " discriminator without batch normalisation, or +callbacks=weight_clipping"
        )
    if any(isinstance(callback, WeightAveraging) for callback in callbacks):
        yield (
            "Lightning's weight averaging takes all of the GAN, the discriminator and the unit"
            " vectors of spectral normalisation too: model.ema_halflife averages the generator"
        )


def without_batch_norm(gan: GAN) -> str:
    """How to have none: by the settings of the discriminator that say so, if it has some."""

    def paths(node: object, path: str) -> Iterator[str]:
        for name, value in node.items() if isinstance(node, dict) else ():
            if name == "batch_norm" and value is True:
                yield f"{path}.batch_norm=false"
            yield from paths(value, f"{path}.{name}")

    given = " ".join(paths(gan.config.get("discriminator"), "discriminator"))
    return f"give {given}" if given else "take a discriminator without it"


def own_limit(module: nn.Module) -> bool:
    """Whether a layer is one that may limit its slope in a way of its own."""
    return parametrize.is_parametrized(module) or "spectral" in type(module).__name__.lower()
