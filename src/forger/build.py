"""From configuration to objects, and from a checkpoint back to both."""

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, cast

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from forger.ema import mend
from forger.errors import ForgerError, said
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


def build(config: DictConfig) -> GAN:
    """The GAN that a composed configuration describes, with initial weights from `config.seed`."""
    torch.manual_seed(config.seed)
    parts = {name: make(config, name) for name in PARTS}
    gan = make(config, "model", **parts, seed=config.seed)
    gan.config = OmegaConf.to_container(config, resolve=True)
    return gan


def rehearse(config: DictConfig) -> None:
    """Build the GAN without memory and push two latent vectors through, to see that all fits.

    Raises ForgerError naming the shapes that do not, the node whose constructor refuses, the
    augmentation or penalty that fails, and what makes the numbers wrong: a generator that states
    another range than its last activation has, a discriminator that gives probabilities.
    """
    per_iteration = config.data.get("per_iteration", config.model.k)
    if per_iteration != config.model.k:
        raise ForgerError(
            f"data.per_iteration (={per_iteration}) must be model.k (={config.model.k}), as it is"
            " unless it is set"
        )
    with torch.device("meta"):
        gan = build(config)
    shape = list(config.data.shape)
    check_range(gan, shape)
    seen = rehearse_parts(config, gan, shape)
    pack = cast(int, getattr(gan.discriminator, "pack", 1))
    fake, logits = rehearse_networks(gan, shape, seen, 2 * pack)
    if logits.shape != (2,):
        raise ForgerError(
            f"discriminator gives {list(logits.shape)} for 2 of them: logits must be [2], since"
            " [2, 1] would broadcast silently"
        )
    check_endings(gan, fake, logits)
    size = config.data.get("batch_size")
    if isinstance(size, int) and size > 0:
        hint = ": give 2 or more" if size == 1 else ""
        name = f"data.batch_size (={size}) does not go with these networks{hint}"
        attempt(rehearse_networks, name, gan, shape, seen, size)
    needs_real = getattr(gan.loss, "generator_needs_real", False)
    for name, real in (("discriminator", logits), ("generator", logits if needs_real else None)):
        hint = "" if real is not None else ", where real is None without generator_needs_real"
        half = attempt(getattr, "loss", gan.loss, name)
        value = attempt(half, f"loss{hint}", real, logits)
        given = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
        if given != []:
            raise ForgerError(f"loss.{name} gives {given}: it must be a mean, a scalar tensor")
    for name, make_schedule in gan.schedule.items():
        # One step of each; not on the meta device, which fused optimizers refuse.
        parameter = nn.Parameter(torch.zeros(1))
        parameter.grad = torch.zeros(1)
        optimizer = attempt(gan.optimizer[name], f"optimizer.{name}", [parameter])
        schedule = make_schedule and attempt(make_schedule, f"schedule.{name}", optimizer)
        attempt(optimizer.step, f"optimizer.{name}")
        if schedule:
            attempt(schedule.step, f"schedule.{name}")


def rehearse_networks(
    gan: GAN, shape: list[int], seen: list[int], count: int
) -> tuple[Tensor, Tensor]:
    """Examples of so many latent vectors, and their logits, without memory.

    seen: the shape of an example as the discriminator sees it, augmented.
    """
    latent = gan.latent_dim
    with torch.device("meta"):
        label = () if gan.classes is None else (torch.empty(count, dtype=torch.int64),)
        z = torch.empty(count, latent)
        what = f"generator does not take latent vectors of [{latent}]"
        fake = attempt(gan.generator, what, z, *label)
        if list(fake.shape[1:]) != shape:
            made = list(fake.shape[1:])
            raise ForgerError(f"generator makes examples of {made}, but data.shape is {shape}")
        x = torch.empty(len(fake), *seen, requires_grad=True)
        what = f"discriminator does not take examples of {seen}"
        return fake, attempt(gan.discriminator, what, x, *label)


def rehearse_parts(config: DictConfig, gan: GAN, shape: list[int]) -> list[int]:
    """Let augmentations and penalties see a few examples; the shape of an augmented one.

    On the processor, since they may ask for values, before a stand-in of the discriminator.
    Raises ForgerError naming the one that fails, or whose result is none.
    """
    pack = cast(int, getattr(gan.discriminator, "pack", 1))
    low, high = gan.value_range or (-1.0, 1.0)
    parts = {group: make(config, group) for group in ("augment", "penalty")}
    for group, named in parts.items():
        for name, part in named.items():
            if not callable(part):
                raise ForgerError(
                    f"{group}.{name}._target_ makes a {type(part).__name__}: no {group}"
                )
    if not any(parts.values()):
        return shape
    weight = nn.Parameter(torch.ones(()))

    def augmented(x: Tensor) -> Tensor:
        for name, augment in parts["augment"].items():
            before, found = x, list(x.shape[1:])
            x = attempt(augment, f"augment.{name} does not take examples of {found}", x)
            if not isinstance(x, Tensor) or len(x) != len(before) or not x.is_floating_point():
                what = list(x.shape) if isinstance(x, Tensor) else type(x).__name__
                raise ForgerError(
                    f"augment.{name} gives {what} for examples of {list(before.shape)}: it must"
                    " give as many of them, as floats"
                )
            if before.requires_grad and not x.requires_grad:
                raise ForgerError(
                    f"augment.{name} gives no gradient: no generator can learn through it"
                )
        return x

    def discriminator(x: Tensor) -> Tensor:
        return (weight * augmented(x)).square().flatten(1).sum(1).unflatten(0, (-1, pack)).sum(1)

    with torch.random.fork_rng(devices=[]):
        sizes = (2, 2 * pack, *shape)
        noise = attempt(torch.rand, f"data.shape (={shape}) is too large to try", sizes)
        real, fake = low + (high - low) * noise
        seen = list(augmented(real.clone().requires_grad_()).shape[1:])
        for name, penalty in parts["penalty"].items():
            value = attempt(penalty, f"penalty.{name}", discriminator, real, fake)
            if not isinstance(value, int | float | Tensor) or torch.as_tensor(value).numel() != 1:
                found = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
                raise ForgerError(
                    f"penalty.{name} gives {found}: it must be a mean, a scalar tensor"
                )
    return seen


def check_range(gan: GAN, shape: list[int]) -> None:
    """Raises ForgerError if the generator states a range for points, or none for images."""
    if len(shape) == 3 and gan.value_range is None:
        raise ForgerError(
            "generator states value_range None, as for points, but these data are images: state"
            " (-1, 1) beside a tanh, say; the option mlp does by generator.output=tanh"
        )
    if len(shape) != 3 and gan.value_range is not None:
        raise ForgerError(
            f"generator states value_range {gan.value_range}, as for images, but these data are"
            " points: state None; the option mlp does by generator.output=identity"
        )


MOVES = (
    "View|ReshapeAlias|UnsafeView|Squeeze|Unsqueeze|Select|Slice|Permute|Transpose|T|ToCopy|Clone"
)
SPANS = {"Tanh": (-1.0, 1.0), "Sigmoid": (0.0, 1.0)}
PROBABILITIES = ("Sigmoid", "Softmax", "LogSigmoid", "LogSoftmax")


def check_endings(gan: GAN, fake: Tensor, logits: Tensor) -> None:
    """Raises ForgerError for a range that the last activation denies, and for probabilities."""
    last = ending(fake, MOVES)
    if gan.value_range is not None and last in SPANS and tuple(gan.value_range) != SPANS[last]:
        raise ForgerError(
            f"generator ends in a {last.lower()}, whose values span {SPANS[last]}, but states"
            f" value_range {tuple(gan.value_range)}: the discriminator would tell real examples by"
            " their range"
        )
    last = ending(logits, f"{MOVES}|Mean|Clamp")
    if last in PROBABILITIES and type(gan.loss).__module__ == "forger.losses":
        raise ForgerError(
            f"discriminator ends in a {last.lower()}, but loss takes logits, which it makes"
            " probabilities of itself: leave the last activation away"
        )


def ending(result: Tensor, passing: str) -> str:
    """The last operation that led to a result but for those passing, by autograd's name: Tanh."""
    node = result.grad_fn
    while node is not None:
        name = re.sub(r"Backward\d*$", "", node.name())
        if not re.fullmatch(passing, name) or not node.next_functions:
            return name
        node = node.next_functions[0][0]
    return ""


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
    mend(gan.sampler)
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
