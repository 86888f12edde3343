"""Checks of value ranges by the last activations of the networks."""

import re

from torch import Tensor

from forger.errors import ForgerError
from forger.gan import GAN

# Operations of autograd that move values and leave them as they are.
MOVES = (
    "View|ReshapeAlias|UnsafeView|Squeeze|Unsqueeze|Select|Slice|Permute|Transpose|T|ToCopy|Clone"
)
SPANS = {"Tanh": (-1.0, 1.0), "Sigmoid": (0.0, 1.0)}
PROBABILITIES = ("Sigmoid", "Softmax", "LogSigmoid", "LogSoftmax")


def check_range(gan: GAN, images: bool) -> None:
    """Raises ForgerError if the generator states a range for points, or none for images.

    images: whether examples are bytes.
    """
    if images and gan.value_range is None:
        raise ForgerError(
            "generator states value_range None, as for points, but these data are images: state"
            " (-1, 1) after a tanh, for example, as Forger's own do with generator.output=tanh"
        )
    if not images and gan.value_range is not None:
        raise ForgerError(
            f"generator states value_range {gan.value_range}, as for images, but these data are"
            " points, or images of floats: state None, as Forger's own do with"
            " generator.output=identity"
        )


def check_endings(gan: GAN, fake: Tensor, logits: Tensor) -> None:
    """Raises ForgerError for a range that the last activation denies, and for probabilities."""
    last = ending(fake, MOVES)
    if gan.value_range is not None and last in SPANS and tuple(gan.value_range) != SPANS[last]:
        raise ForgerError(
            f"generator ends in a {last.lower()}, whose values span {SPANS[last]}, but states"
            f" value_range {tuple(gan.value_range)}: the discriminator would tell real examples by"
            " their range"
        )
    # A mean or a clamp of probabilities is in [0, 1] as well.
    last = ending(logits, f"{MOVES}|Mean|Clamp")
    if last in PROBABILITIES and type(gan.loss).__module__ == "forger.losses":
        raise ForgerError(
            f"discriminator ends in a {last.lower()}, but loss takes logits and turns them into"
            " probabilities itself: remove the last activation"
        )


def ending(result: Tensor, passing: str) -> str:
    """The last operation that led to a result but for those passing, by autograd's name: Tanh."""
    node = result.grad_fn
    # Back through views and copies, which change no value, to the last activation.
    while node is not None:
        name = re.sub(r"Backward\d*$", "", node.name())
        if not re.fullmatch(passing, name) or not node.next_functions:
            return name
        node = node.next_functions[0][0]
    return ""
