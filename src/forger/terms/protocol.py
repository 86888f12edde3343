"""Terms that are added to the objectives of both networks.

A term is any class with one or both of two methods, named after the network whose objective they
add a scalar to:

    def discriminator(self, update: Update) -> Tensor: ...
    def generator(self, update: Update) -> Tensor: ...

One that sets `generator_needs_real = True` finds the discriminator's outputs on real examples in
the generator's update too. One that sets `needs_examples = True` is not for a model whose updates
are of something else than examples, such as BiGAN's pairs. A term that is a module with parameters
says which network's optimizer trains them: `trained_by = "discriminator"`. One that needs the data
set beside minibatches has a method that is called before the first update:

    def set_data(self, gan: GAN, data: InMemory) -> None: ...
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from forger.losses import Loss

if TYPE_CHECKING:
    from forger.data.memory import InMemory
    from forger.gan import GAN

# A class as above. Its two methods are both optional, which no protocol can say.
Term = Any


@dataclass(frozen=True)
class Update:
    """One update of a network, as a term sees it."""

    gan: "GAN"
    # Latent vectors (m, latent_dim).
    z: Tensor
    # Classes of the real examples, and of the fake ones of a conditional GAN; int64 (m,).
    label: Tensor
    # Real examples (m, *shape).
    real: Tensor
    # G(z), (m, *shape); without a gradient in the discriminator's update.
    fake: Tensor
    # What D gives for `real`, by name: "logits" (m,), and features or heads if it has any.
    real_outputs: Mapping[str, Tensor]
    # What D gives for `fake`.
    fake_outputs: Mapping[str, Tensor]


def term_values(terms: Mapping[str, Term], network: str, update: Update) -> dict[str, Tensor]:
    """The scalars to add to a network's objective, by the names of their curves."""
    return {
        f"term/{name}/{network}": getattr(term, network)(update)
        for name, term in terms.items()
        if hasattr(term, network)
    }


def set_data(gan: "GAN", data: "InMemory") -> None:
    """Give the data set to the terms that need it."""
    for term in gan.term.values():
        if hasattr(term, "set_data"):
            term.set_data(gan, data)


def needs_real(loss: Loss, terms: Mapping[str, Term]) -> bool:
    """Whether the generator's objective needs the discriminator's outputs on real examples."""
    return any(getattr(part, "generator_needs_real", False) for part in (loss, *terms.values()))
