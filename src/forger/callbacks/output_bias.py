"""Start the generator at the mean of the data."""

from typing import cast

from pytorch_lightning import Callback, Trainer
from torch import nn

from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN
from forger.pixels import to_float


class OutputBias(Callback):
    """Set the bias of the generator's sigmoid output to logit(mean image), as the authors did.

    It is for a generator with a linear last layer `output`; pixels are clipped to [1e-7, 1 - 1e-7].
    Raises ForgerError for another one.
    """

    def check(self, gan: GAN, data: InMemory) -> None:
        linear = isinstance(getattr(gan.generator, "output", None), nn.Linear)
        if not linear or gan.value_range != (0.0, 1.0):
            raise ForgerError(
                "callbacks.output_bias needs a generator whose last layer, `output`, is linear"
                " before a sigmoid, such as generator=relu: give that, or ~callbacks.output_bias"
            )

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        # A resumed run, or one that starts from weights, has a bias already.
        if trainer.ckpt_path is not None or gan.config.get("start"):
            return
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        examples = data.splits["train"].examples
        mean = to_float(examples, (0.0, 1.0)).mean(0).flatten()  # (C H W,) in [0, 1]
        for generator in filter(None, (gan.generator, gan.ema)):
            cast(nn.Linear, generator.output).bias.data.copy_(mean.logit(1e-7))
