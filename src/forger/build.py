"""From configuration to objects, and from a checkpoint back to both."""

from pathlib import Path
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from forger.errors import ForgerError
from forger.gan import GAN


def make(config: DictConfig, name: str, **built: Any) -> Any:
    """What the node `name` describes; `built` are arguments that are objects already.

    Raises ForgerError naming the node if the constructor refuses its arguments.
    """
    try:
        # Plain lists and dicts: one ListConfig in an optimizer makes its checkpoints unloadable.
        result = instantiate(config[name], _convert_="all", **({"_partial_": True} if built else {}))
        return result(**built) if built else result
    except InstantiationException as error:
        raise ForgerError(f"{name}: {error.__cause__ or error}") from error
    except (ValueError, TypeError) as error:
        raise ForgerError(f"{name}: {error}") from error


def build(config: DictConfig) -> GAN:
    """The GAN that a composed configuration describes, with initial weights from `config.seed`."""
    torch.manual_seed(config.seed)
    parts = {
        name: make(config, name)
        for name in ("generator", "discriminator", "loss", "penalty", "optimizer", "schedule")
    }
    gan = make(config, "model", **parts, seed=config.seed)
    gan.config = OmegaConf.to_container(config, resolve=True)
    return gan


def rehearse(config: DictConfig) -> None:
    """Push two latent vectors through both networks without memory, to see that all shapes fit.

    Raises ForgerError naming the shapes that do not.
    """
    with torch.device("meta"):
        generator, discriminator = make(config, "generator"), make(config, "discriminator")
        try:
            fake = generator(torch.empty(2, config.model.latent_dim))
        except RuntimeError as error:
            raise ForgerError(
                f"generator does not take latent vectors of {config.model.latent_dim}: {error}"
            ) from error
        if list(fake.shape[1:]) != list(config.data.shape):
            raise ForgerError(
                f"generator makes examples of {list(fake.shape[1:])}, but data.shape is"
                f" {list(config.data.shape)}"
            )
        try:
            logits = discriminator(fake)
        except RuntimeError as error:
            raise ForgerError(
                f"discriminator does not take examples of {list(fake.shape[1:])}: {error}"
            ) from error
        if logits.shape != (2,):
            raise ForgerError(
                f"discriminator gives {list(logits.shape)} for 2 examples: logits must be [2],"
                " since [2, 1] would broadcast silently"
            )


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
    gan = build(OmegaConf.create(contents["config"]))
    gan.load_state_dict(contents["state_dict"])
    return gan.eval()
