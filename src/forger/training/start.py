"""Where a run starts, which may be at the weights of another one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from forger.config.load import read
from forger.errors import ForgerError
from forger.gan import GAN
from forger.training.ema import network_weights


@dataclass(frozen=True, kw_only=True)
class Start:
    """A start of a run: where a field is None, all is new.

    checkpoint: that of the run itself, by which it is resumed. first: in a folder that is not new,
    the update whose points, and those after it, are made again. weights_from: what run.json records
    of the run whose weights this one starts with.
    """

    checkpoint: Path | None
    first: int | None
    weights_from: dict[str, Any] | None


def start_from(gan: GAN, checkpoint: Path) -> dict[str, Any]:
    """Put another run's networks into a GAN; returns what run.json records of it.

    Nothing else is copied: no settings, data, optimizers or updates. The moving average
    starts from the other's, or from its generator. Raises ForgerError if a weight does not fit, or
    is not finite.
    """
    contents = read(checkpoint)
    theirs = network_weights(gan, contents["state_dict"])
    # A checkpoint without an average gives its generator to the average.
    averages = any(name.startswith("ema.") for name in theirs)
    own = network_weights(gan, gan.state_dict())
    taken: dict[str, Any] = {
        n: theirs.get(n if averages else n.replace("ema.", "generator.", 1)) for n in own
    }
    unused = [n for n in theirs if n not in own and (gan.ema or not n.startswith("ema."))]
    for fault in (*misfits(own, taken), *(f"{name} is not in this run's" for name in unused)):
        raise ForgerError(
            f"start: the networks of {checkpoint} do not fit: {fault}; give generator,"
            " discriminator and their sizes as in that run, and data of its shape and number of"
            " classes"
        )
    if not all(tensor.isfinite().all() for tensor in taken.values()):
        raise ForgerError(f"{checkpoint} has weights that are not finite: give an earlier one")
    gan.load_state_dict(gan.state_dict() | taken)
    return {"checkpoint": str(checkpoint), "updates": contents.get("global_step")}


def misfits(own: Mapping[str, Tensor], taken: Mapping[str, Tensor | None]) -> Iterator[str]:
    """What of these weights is lacking, or of another shape."""
    for name, tensor in own.items():
        other = taken[name]
        if other is None:
            yield f"it has no {name}"
        elif other.shape != tensor.shape:
            yield f"{name} is {list(other.shape)} there and {list(tensor.shape)} here"
