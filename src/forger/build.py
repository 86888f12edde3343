"""From configuration to objects, and from a checkpoint back to both."""

from pathlib import Path
from typing import Any, cast

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from forger.errors import ForgerError
from forger.gan import GAN

PARTS = ("generator", "discriminator", "loss", "penalty", "augment", "optimizer", "schedule")


def make(config: DictConfig, name: str, **built: Any) -> Any:
    """What the node `name` describes; `built` are arguments that are objects already.

    Raises ForgerError naming the node if the constructor refuses its arguments.
    """
    # Hydra would resolve, in `config` itself, what the node refers to.
    node = OmegaConf.to_container(config[name], resolve=True)
    try:
        # Plain lists and dicts: one ListConfig in an optimizer makes its checkpoints unloadable.
        if built:
            return instantiate(node, _convert_="all", _partial_=True)(**built)
        return instantiate(node, _convert_="all")
    except InstantiationException as error:
        raise ForgerError(f"{name}: {error.__cause__ or error}") from error
    except (ValueError, TypeError) as error:
        raise ForgerError(f"{name}: {error}") from error


def build(config: DictConfig) -> GAN:
    """The GAN that a composed configuration describes, with initial weights from `config.seed`."""
    torch.manual_seed(config.seed)
    parts = {name: make(config, name) for name in PARTS}
    gan = make(config, "model", **parts, seed=config.seed)
    gan.config = OmegaConf.to_container(config, resolve=True)
    return gan


def rehearse(config: DictConfig) -> None:
    """Build the GAN without memory and push two latent vectors through, to see that all shapes fit.

    Raises ForgerError naming the shapes that do not, or the node whose constructor refuses.
    """
    with torch.device("meta"):
        gan = build(config)
        latent, shape = config.model.latent_dim, list(config.data.shape)
        pack = cast(int, getattr(gan.discriminator, "pack", 1))
        label = () if gan.classes is None else (torch.empty(2 * pack, dtype=torch.int64),)
        z = torch.empty(2 * pack, latent)
        fake = attempt(gan.generator, "generator", "latent vectors", z, *label)
        if list(fake.shape[1:]) != shape:
            made = list(fake.shape[1:])
            raise ForgerError(f"generator makes examples of {made}, but data.shape is {shape}")
        logits = attempt(gan.discriminator, "discriminator", "examples", fake, *label)
    if logits.shape != (2,):
        raise ForgerError(
            f"discriminator gives {list(logits.shape)} for 2 of them: logits must be [2], since"
            " [2, 1] would broadcast silently"
        )


def attempt(network: nn.Module, name: str, what: str, batch: Tensor, *label: Tensor) -> Tensor:
    try:
        return network(batch, *label)
    except RuntimeError as error:
        raise ForgerError(
            f"{name} does not take {what} of {list(batch.shape[1:])}: {error}"
        ) from error


def read(checkpoint: Path) -> dict[str, Any]:
    """A checkpoint's contents, plain values and tensors only, on the CPU.

    Raises ForgerError if the file is damaged, holds other objects, or is not Forger's.
    """
    try:
        contents = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ForgerError(f"{checkpoint} is damaged or no checkpoint of Forger's") from error
    if not isinstance(contents, dict) or not {"config", "state_dict"} <= contents.keys():
        raise ForgerError(f"{checkpoint} is no checkpoint of Forger's: it lacks the configuration")
    return contents


def load(checkpoint: Path) -> GAN:
    """The GAN in a checkpoint, in evaluation mode on the CPU; its `config` comes with it."""
    contents = read(checkpoint)
    gan = build(cast(DictConfig, OmegaConf.create(contents["config"])))
    gan.load_state_dict(contents["state_dict"])
    return gan.eval()


def load_for_images(checkpoint: Path, label: int | None) -> GAN:
    """`load`, for a verb that shows what z does, of one class if the GAN is conditional.

    Raises ForgerError if the generator makes points, or label is no class of a conditional GAN.
    """
    gan = load(checkpoint)
    if gan.value_range is None:
        raise ForgerError(f"the generator of {checkpoint} makes points: there is no image to show")
    if gan.classes is not None and label is None:
        raise ForgerError(f"this GAN is conditional: give label=0 to {gan.classes - 1}")
    choose_class(gan, label)
    return gan


def choose_class(gan: GAN, label: int | None) -> None:
    """All samples shall be of this class, or of the classes in turn for None.

    Raises ForgerError if the GAN knows no such class.
    """
    if label is not None and label not in range(gan.classes or 0):
        known = f"0 to {gan.classes - 1}" if gan.classes else "none, this GAN is not conditional"
        raise ForgerError(f"label (={label}) must be a class: {known}")
    gan.label = label
