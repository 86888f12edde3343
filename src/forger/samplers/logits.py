"""The discriminator's logits of samples."""

import torch
from torch import Tensor

from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.networks.conditional import discriminator_logits
from forger.pixels import to_float


@torch.no_grad()
def logits(gan: GAN, examples: Tensor, labels: Tensor | None, batch_size: int = 500) -> Tensor:
    """The logits (n,) of examples as `gan.generate` makes them, without augmentation, on the CPU.

    labels: int64 (n,) of a conditional GAN. Raises ForgerError for a discriminator that gives one
    logit for several examples.
    """
    check_independent_logits(gan)
    x = to_float(examples, gan.value_range)  # (n, *shape) in the generator's range
    inputs = [x] if labels is None else [x, labels]
    parts = zip(*(tensor.split(batch_size) for tensor in inputs), strict=True)
    return torch.cat(
        [logits_of_examples(gan, *(t.to(gan.device) for t in part)).float().cpu() for part in parts]
    )


def logits_of_examples(gan: GAN, x: Tensor, *label: Tensor) -> Tensor:
    """The logits (m,) of x (m, *shape).

    Raises ForgerError for a discriminator of something else, such as BiGAN's, which sees pairs.
    """
    what = "the discriminator does not take examples alone, so give another sampler"
    return try_call(discriminator_logits, what, gan.discriminator, x, *label)


def check_independent_logits(gan: GAN) -> None:
    """Raises ForgerError for a discriminator whose logits depend on several examples."""
    # `packed` states pack, `minibatch_stddev` states group.
    parts = gan.discriminator.modules()
    if any(hasattr(part, "pack") or hasattr(part, "group") for part in parts):
        raise ForgerError(
            "this sampler needs a discriminator that scores each example alone, but that of"
            f" {type(gan.discriminator).__module__} scores several together: give another sampler"
        )
