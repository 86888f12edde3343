"""A trial of the loss on logits."""

from typing import Any

from torch import Tensor

from forger.config.build import shown
from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.terms.protocol import needs_real


def try_loss(gan: GAN, logits: Tensor) -> None:
    """Raises ForgerError if a half of the loss does not take these logits, or gives no number."""
    # The generator's loss gets no real logits unless it asks for them.
    for_generator = logits if needs_real(gan.loss, gan.term) else None
    for name, real in (("discriminator", logits), ("generator", for_generator)):
        hint = "" if real is not None else ", where real is None without generator_needs_real"
        half = try_call(getattr, "loss", gan.loss, name)
        value = try_call(half, f"loss{hint}", real, logits)
        check_mean(f"loss.{name}", value)
        learns = any(hasattr(term, name) for term in gan.term.values())
        if not value.requires_grad and not learns:
            raise ForgerError(
                f"loss.{name} gives no gradient, so the {name} learns nothing from it: compute it"
                " from the logits, or give a term"
            )


def check_mean(name: str, value: Any) -> None:
    """Raises ForgerError unless a part of an objective returns what can be added to it."""
    if not isinstance(value, Tensor) or value.shape != () or not value.is_floating_point():
        raise ForgerError(f"{name} returns {shown(value)}: return a mean, a scalar of floats")
