"""From configuration to objects, and from a checkpoint back to both."""

import re
import warnings
from collections.abc import Callable, Collection
from pathlib import Path
from textwrap import shorten
from typing import Any, TypedDict, cast

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from torch import Tensor, nn

from forger.errors import ForgerError
from forger.gan import GAN
from forger.schema import check_parts, misfits
from forger.trust import check_trust
from forger.version import written_by

PARTS = ("generator", "discriminator", "loss", "penalty", "augment", "optimizer", "schedule")


class Contents(TypedDict, total=False):
    """What a checkpoint may hold of what is read here; Lightning knows more."""

    config: dict[str, Any]
    state_dict: dict[str, Any]
    global_step: int
    epoch: int
    forger_version: str
    optimizer_states: list[dict]
    lr_schedulers: list[dict]
    loops: dict
    callbacks: dict


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
        reason = said(cause or error)
        if lacking := re.search(r"missing \d+ required .*arguments?: (.*)", reason):
            raise ForgerError(f"{name} lacks a setting: {lacking[1]}") from error
        raise ForgerError(f"{name}: {reason}") from error


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
        checkpoint.open("rb").close()
    except OSError as error:
        raise ForgerError(f"cannot read {checkpoint}: {error.strerror}") from error
    try:
        # Of damaged files torch warns as well.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            contents = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ForgerError(f"{checkpoint} is damaged or no checkpoint of Forger's") from error
    foreign = f"{checkpoint} is no checkpoint of Forger's"
    for part, what in (("config", "the configuration"), ("state_dict", "the weights")):
        if not isinstance(contents, dict) or contents.get(part, {}) == {}:
            raise ForgerError(f"{foreign}: it lacks {what}")
    for fault in misfits(contents, Contents, "its content"):
        raise ForgerError(f"{foreign}: {fault}")
    try:
        OmegaConf.create(contents["config"])
    except Exception as error:
        raise ForgerError(f"{foreign}: its configuration is none: {said(error)}") from error
    return contents


def restore(gan: GAN, contents: dict[str, Any], checkpoint: Path) -> None:
    """Put a checkpoint's weights into a GAN.

    Raises ForgerError if they are of other networks, or not finite.
    """
    try:
        gan.load_state_dict(contents["state_dict"])
    except Exception as error:
        # The first line names the class, the second the first of the weights that do not fit.
        detail = next((line.strip() for line in str(error).splitlines()[1:]), said(error))
        raise ForgerError(
            f"{checkpoint} holds other networks than the settings make: leave model, generator and"
            f" discriminator as they were ({shorten(detail, 200)}){by_another(contents)}"
        ) from error
    if not all(tensor.isfinite().all() for tensor in gan.state_dict().values()):
        raise ForgerError(
            f"{checkpoint} holds weights that are not finite, as of a run that diverged: take an"
            " earlier checkpoint"
        )


def by_another(contents: dict[str, Any]) -> str:
    """The version of the Forger that wrote a checkpoint, if another one did; 0.1.0 noted none."""
    return written_by(contents.get("forger_version", "0.1.0 or older"))


def load(checkpoint: Path, trust: Collection[str] = ()) -> GAN:
    """The GAN in a checkpoint, in evaluation mode on the CPU; its `config` comes with it.

    trust: packages that the configuration may name beside Forger's own, see `trust`.
    """
    contents = read(checkpoint)
    config = cast(DictConfig, OmegaConf.create(contents["config"]))
    try:
        check_trust(config, trust, checkpoint)
        check_parts(contents["config"], (*PARTS, "model"))
        gan = build(config)
    except (ForgerError, OmegaConfBaseException) as error:
        raise ForgerError(f"{checkpoint}{by_another(contents)}: {said(error)}") from error
    restore(gan, contents, checkpoint)
    return gan.eval()


def load_for_images(checkpoint: Path, label: int | None, trust: Collection[str]) -> GAN:
    """`load`, for a verb that shows what z does, of one class if the GAN is conditional.

    Raises ForgerError if the generator makes points, or label is no class of a conditional GAN.
    """
    gan = load(checkpoint, trust)
    if gan.value_range is None:
        raise ForgerError(f"the generator of {checkpoint} makes points: there is no image to show")
    if gan.classes is not None and label is None:
        raise ForgerError(f"this GAN is conditional: give label=0 to {gan.classes - 1}")
    choose_class(gan, label)
    return gan


def sample_bytes(gan: GAN) -> int:
    """About the memory that a sample takes: its latent vector, and its example in some copies."""
    return 500 + 8 * gan.latent_dim + 8 * gan.sample(1, seed=0).numel()


def choose_class(gan: GAN, label: int | None) -> None:
    """All samples shall be of this class, or of the classes in turn for None.

    Raises ForgerError if the GAN knows no such class.
    """
    if label is not None:
        if gan.classes is None:
            raise ForgerError(f"label (={label}) means nothing to a GAN that is not conditional")
        if label not in range(gan.classes):
            raise ForgerError(f"label (={label}) must be a class: 0 to {gan.classes - 1}")
    gan.label = label
