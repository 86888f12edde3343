"""From configuration to objects, and from a checkpoint back to both."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from forger.errors import ForgerError
from forger.gan import GAN
from forger.trust import check_trust

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
    except Exception as error:
        cause = error.__cause__ if isinstance(error, InstantiationException) else None
        raise ForgerError(f"{name}: {said(cause or error)}") from error


def said(error: BaseException) -> str:
    """One line of what an error says, or its name if that is not a sentence."""
    lines = str(error).splitlines()
    return lines[0] if lines and " " in lines[0] else f"{type(error).__name__} {error}".strip()


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
    per_iteration = config.data.get("per_iteration", config.model.k)
    if per_iteration != config.model.k:
        raise ForgerError(
            f"data.per_iteration (={per_iteration}) must be model.k (={config.model.k}), as it is"
            " unless it is set"
        )
    with torch.device("meta"):
        gan = build(config)
        latent, shape = config.model.latent_dim, list(config.data.shape)
        pack = cast(int, getattr(gan.discriminator, "pack", 1))
        label = () if gan.classes is None else (torch.empty(2 * pack, dtype=torch.int64),)
        z = torch.empty(2 * pack, latent)
        fake = attempt(
            gan.generator, f"generator does not take latent vectors of [{latent}]", z, *label
        )
        if list(fake.shape[1:]) != shape:
            made = list(fake.shape[1:])
            raise ForgerError(f"generator makes examples of {made}, but data.shape is {shape}")
        logits = attempt(
            gan.discriminator, f"discriminator does not take examples of {shape}", fake, *label
        )
    if logits.shape != (2,):
        raise ForgerError(
            f"discriminator gives {list(logits.shape)} for 2 of them: logits must be [2], since"
            " [2, 1] would broadcast silently"
        )
    for group in ("penalty", "augment"):
        for name, part in getattr(gan, group).items():
            if not callable(part):
                raise ForgerError(
                    f"{group}.{name}._target_ makes a {type(part).__name__}: no {group}"
                )
    needs_real = getattr(gan.loss, "generator_needs_real", False)
    for name, real in (("discriminator", logits), ("generator", logits if needs_real else None)):
        hint = "" if real is not None else ", where real is None without generator_needs_real"
        half = attempt(getattr, "loss", gan.loss, name)
        value = attempt(half, f"loss{hint}", real, logits)
        shape = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
        if shape != []:
            raise ForgerError(f"loss.{name} gives {shape}: it must be a mean, a scalar tensor")
    for name, make_schedule in gan.schedule.items():
        # One step of each; not on the meta device, which fused optimizers refuse.
        parameter = nn.Parameter(torch.zeros(1))
        parameter.grad = torch.zeros(1)
        optimizer = attempt(gan.optimizer[name], f"optimizer.{name}", [parameter])
        schedule = make_schedule and attempt(make_schedule, f"schedule.{name}", optimizer)
        attempt(optimizer.step, f"optimizer.{name}")
        if schedule:
            attempt(schedule.step, f"schedule.{name}")


def attempt(call: Callable[..., Any], what: str, *arguments: Any) -> Any:
    """The call's result; raises ForgerError, which begins with `what`, where it fails."""
    try:
        return call(*arguments)
    except Exception as error:
        raise ForgerError(f"{what}: {said(error)}") from error


def read(checkpoint: Path) -> dict[str, Any]:
    """A checkpoint's contents, plain values and tensors only, on the CPU.

    Raises ForgerError if the file is damaged, holds other objects, or is not Forger's.
    """
    try:
        contents = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ForgerError(f"{checkpoint} is damaged or no checkpoint of Forger's") from error
    parts = (
        [contents.get(part) for part in ("config", "state_dict")]
        if isinstance(contents, dict)
        else []
    )
    if not parts or not all(isinstance(part, dict) and part for part in parts):
        raise ForgerError(f"{checkpoint} is no checkpoint of Forger's: it lacks the configuration")
    return contents


def restore(gan: GAN, contents: dict[str, Any], checkpoint: Path) -> None:
    """Put a checkpoint's weights into a GAN; raises ForgerError if they are of other networks."""
    try:
        gan.load_state_dict(contents["state_dict"])
    except RuntimeError as error:
        raise ForgerError(
            f"{checkpoint} holds other networks than the settings make: leave model, generator and"
            " discriminator as they were"
        ) from error


def load(checkpoint: Path, trust: Collection[str] = ()) -> GAN:
    """The GAN in a checkpoint, in evaluation mode on the CPU; its `config` comes with it.

    trust: packages that the configuration may name beside Forger's own, see `trust`.
    """
    contents = read(checkpoint)
    config = cast(DictConfig, OmegaConf.create(contents["config"]))
    check_trust(config, trust, checkpoint)
    gan = build(config)
    restore(gan, contents, checkpoint)
    return gan.eval()


def open_data(gan: GAN, place: Mapping[str, str | None], stage: str) -> Any:
    """The data that a GAN was trained on, with all splits read.

    place: settings of the data given anew, such as the folder they are in now; None: as they were.
    Raises ForgerError for one that these data do not have.
    """
    stored = gan.config["data"]
    given = {name: value for name, value in place.items() if value is not None}
    for name in given:
        if name not in stored:
            raise ForgerError(f"data.{name} is not a setting of {stored['_target_']}")
    data = make(cast(DictConfig, OmegaConf.create({"data": stored | given})), "data")
    data.prepare_data()
    data.setup(stage)
    return data


def load_for_images(checkpoint: Path, label: int | str | None, trust: Collection[str]) -> GAN:
    """`load`, for a verb that shows what z does, of one class if the GAN is conditional.

    Raises ForgerError if the generator makes points, or label is no class of a conditional GAN.
    """
    gan = load(checkpoint, trust)
    if gan.value_range is None:
        raise ForgerError(f"the generator of {checkpoint} makes points: there is no image to show")
    if gan.classes is not None and label is None:
        raise ForgerError(f"this GAN is conditional: give label=, one of {known_classes(gan)}")
    choose_class(gan, label)
    return gan


def choose_class(gan: GAN, label: int | str | None) -> None:
    """All samples shall be of this class, or of the classes in turn for None.

    label: the name of a class, or its number; where names are numbers themselves, a name.
    Raises ForgerError if the GAN knows no such class.
    """
    if label is not None:
        if gan.classes is None:
            raise ForgerError(f"label (={label}) means nothing to a GAN that is not conditional")
        names = class_names(gan)
        if str(label) in names:
            label = names.index(str(label))
        elif any(name.isdecimal() for name in names) or label not in range(gan.classes):
            raise ForgerError(f"label (={label}) must be a class: {known_classes(gan)}")
    gan.label = cast(int | None, label)


def class_names(gan: GAN) -> list[str]:
    """Names of the classes in the order of their labels, as the checkpoint has them; or none."""
    return gan.config["data"].get("class_names") or []


def known_classes(gan: GAN) -> str:
    """What `label` may be: the names of the classes, or their numbers."""
    names = class_names(gan)
    if not names:
        return f"0 to {gan.classes - 1}" if gan.classes else "none"
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
