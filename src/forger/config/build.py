"""From configuration to objects, and from a checkpoint back to both."""

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import Any, TypedDict, cast

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from torch import Tensor, nn

from forger.config.schema import check_parts, type_errors
from forger.config.trust import check_trust
from forger.ema import mend
from forger.errors import ForgerError, first_line
from forger.gan import GAN
from forger.runs.checkpoints import check_sizes
from forger.runs.files import check_node_count
from forger.runs.version import written_by

PARTS = ("generator", "discriminator", "loss", "penalty", "augment", "optimizer", "schedule")
NETWORKS = ("generator", "discriminator")
"""Of these, what a checkpoint's weights are of: all that a verb needs that only looks."""


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


def instantiate_node(config: DictConfig, name: str, **built: Any) -> Any:
    """What the node `name`, as loss or callbacks.best, describes; `built` are objects already.

    Raises ForgerError naming the node if the constructor refuses its arguments.
    """
    # Hydra would resolve, in `config` itself, what the node refers to.
    node = OmegaConf.to_container(OmegaConf.select(config, name), resolve=True)
    try:
        # Plain lists and dicts: one ListConfig in an optimizer makes its checkpoints unloadable.
        if built:
            return instantiate(node, _convert_="all", _partial_=True)(**built)
        return instantiate(node, _convert_="all")
    except Exception as error:
        cause = error.__cause__ if isinstance(error, InstantiationException) else None
        reason = first_line(cause or error)
        if lacking := re.search(r"missing \d+ required .*arguments?: (.*)", reason):
            raise ForgerError(f"{name} lacks a setting: {lacking[1]}") from error
        raise ForgerError(f"{name}: {reason}") from error


def build(config: DictConfig, chosen: Collection[str] = PARTS) -> GAN:
    """The GAN that a composed configuration describes, with initial weights from `config.seed`.

    chosen: the parts to make; the others are empty, as in a GAN that is not to be trained.
    """
    torch.manual_seed(config.seed)
    parts = {name: instantiate_node(config, name) if name in chosen else {} for name in PARTS}
    gan = instantiate_node(config, "model", **parts, seed=config.seed)
    gan.config = OmegaConf.to_container(config, resolve=True)
    return gan


def check_size(config: DictConfig, limit: float, holder: str) -> None:
    """Raises ForgerError if the networks that a configuration describes take more bytes than this.

    They are built without memory. holder: what holds so many.
    """
    with torch.device("meta"):
        gan = build(config, NETWORKS)
    needed = sum(t.numel() * t.element_size() for t in [*gan.parameters(), *gan.buffers()])
    if needed > limit:
        raise ForgerError(
            f"the networks would take {needed / 1e9:.3g} GB, and {holder} holds {limit / 1e9:.3g}:"
            " give generator and discriminator smaller sizes"
        )


def dry_run(config: DictConfig) -> None:
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
        try_call(rehearse_networks, name, gan, shape, seen, size)
    needs_real = getattr(gan.loss, "generator_needs_real", False)
    for name, real in (("discriminator", logits), ("generator", logits if needs_real else None)):
        hint = "" if real is not None else ", where real is None without generator_needs_real"
        half = try_call(getattr, "loss", gan.loss, name)
        value = try_call(half, f"loss{hint}", real, logits)
        given = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
        if given != []:
            raise ForgerError(f"loss.{name} gives {given}: it must be a mean, a scalar tensor")
    for name, make_schedule in gan.schedule.items():
        # One step of each; not on the meta device, which fused optimizers refuse.
        parameter = nn.Parameter(torch.zeros(1))
        parameter.grad = torch.zeros(1)
        optimizer = try_call(gan.optimizer[name], f"optimizer.{name}", [parameter])
        schedule = make_schedule and try_call(make_schedule, f"schedule.{name}", optimizer)
        try_call(optimizer.step, f"optimizer.{name}")
        if schedule:
            try_call(schedule.step, f"schedule.{name}")


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
        fake = try_call(gan.generator, what, z, *label)
        if list(fake.shape[1:]) != shape:
            made = list(fake.shape[1:])
            raise ForgerError(f"generator makes examples of {made}, but data.shape is {shape}")
        x = torch.empty(len(fake), *seen, requires_grad=True)
        what = f"discriminator does not take examples of {seen}"
        return fake, try_call(gan.discriminator, what, x, *label)


def rehearse_parts(config: DictConfig, gan: GAN, shape: list[int]) -> list[int]:
    """Let augmentations and penalties see a few examples; the shape of an augmented one.

    On the processor, since they may ask for values, before a stand-in of the discriminator.
    Raises ForgerError naming the one that fails, or whose result is none.
    """
    pack = cast(int, getattr(gan.discriminator, "pack", 1))
    low, high = gan.value_range or (-1.0, 1.0)
    parts = {group: instantiate_node(config, group) for group in ("augment", "penalty")}
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
            x = try_call(augment, f"augment.{name} does not take examples of {found}", x)
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
        noise = try_call(torch.rand, f"data.shape (={shape}) is too large to try", sizes)
        real, fake = low + (high - low) * noise
        seen = list(augmented(real.clone().requires_grad_()).shape[1:])
        for name, penalty in parts["penalty"].items():
            value = try_call(penalty, f"penalty.{name}", discriminator, real, fake)
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


def try_call(call: Callable[..., Any], what: str, *arguments: Any) -> Any:
    """The call's result; raises ForgerError, which begins with `what`, where it fails."""
    try:
        return call(*arguments)
    except Exception as error:
        raise ForgerError(f"{what}: {first_line(error)}") from error


def read(checkpoint: Path) -> dict[str, Any]:
    """A checkpoint's contents, plain values and tensors only, on the CPU.

    Raises ForgerError if the file is damaged, holds other objects, or is not Forger's.
    """
    size = check_sizes(checkpoint)
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
    try:
        check_node_count(contents, 10 * size)
    except (ValueError, RecursionError) as error:
        raise ForgerError(f"{foreign}: {first_line(error)}") from error
    for part, what in (("config", "the configuration"), ("state_dict", "the weights")):
        if not isinstance(contents, dict) or contents.get(part, {}) == {}:
            raise ForgerError(f"{foreign}: it lacks {what}")
    for fault in type_errors(contents, Contents, "its content"):
        raise ForgerError(f"{foreign}: {fault}")
    try:
        OmegaConf.create(contents["config"])
    except Exception as error:
        raise ForgerError(f"{foreign}: its configuration is none: {first_line(error)}") from error
    return contents


def restore(gan: GAN, contents: dict[str, Any], checkpoint: Path) -> None:
    """Put a checkpoint's weights into a GAN.

    Raises ForgerError if they are of other networks, or not finite.
    """
    try:
        gan.load_state_dict(contents["state_dict"])
    except Exception as error:
        # The first line names the class, the second the first of the weights that do not fit.
        detail = next((line.strip() for line in str(error).splitlines()[1:]), first_line(error))
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

    It has its networks and its prior, and nothing that it was trained by, such as a loss.
    trust: packages that the configuration may name beside Forger's own, see `trust`.
    """
    contents = read(checkpoint)
    with naming_writer(contents.get("forger_version", ""), checkpoint):
        config = stored(contents, (*NETWORKS, "model", "seed"), trust, checkpoint)
    try:
        check_parts(contents["config"], (*NETWORKS, "model"))
        check_size(config, 4 * checkpoint.stat().st_size, f"four times {checkpoint}")
        gan = build(config, NETWORKS)
    except (ForgerError, OmegaConfBaseException) as error:
        raise ForgerError(f"{checkpoint}{by_another(contents)}: {first_line(error)}") from error
    gan.config = contents["config"]
    restore(gan, contents, checkpoint)
    mend(gan.sampler)
    return gan.eval()


@contextmanager
def naming_writer(other: str, checkpoint: Path) -> Iterator[None]:
    """Say in a refusal which Forger wrote a checkpoint, if it is known and is not this one."""
    try:
        yield
    except ForgerError as error:
        by = written_by(other)
        if not by:
            raise
        raise ForgerError(f"{checkpoint}{by}: {error}") from error


def stored(
    contents: dict[str, Any],
    names: Collection[str],
    trust: Collection[str],
    checkpoint: Path,
    given: Collection[str] = (),
) -> DictConfig:
    """These nodes of a checkpoint's configuration, all that is made of it.

    given: settings that the user gives anew, whatever the file says of them.
    Raises ForgerError if a node is lacking, or names what it may not: see `trust`.
    """
    config = contents["config"]
    if lacking := [name for name in names if name not in config]:
        raise ForgerError(f"{checkpoint} is no checkpoint of Forger's: it lacks {lacking[0]}")
    nodes = {name: config[name] for name in names}
    # As they stand: a run resolves what it stores.
    check_trust(nodes, trust, checkpoint, given)
    return cast(DictConfig, OmegaConf.create(nodes))


def open_data(
    gan: GAN,
    place: Mapping[str, str | None],
    stage: str,
    trust: Collection[str],
    checkpoint: Path,
) -> Any:
    """The data that a GAN was trained on, with all splits read.

    place: settings of the data given anew, such as the folder they are in now; None: as they were.
    Raises ForgerError for one that these data do not have.
    """
    given = {name: value for name, value in place.items() if value is not None}
    settings = {f"data.{name}" for name in given}
    config = stored({"config": gan.config}, ["data"], trust, checkpoint, settings)
    check_parts(gan.config, ("data",))
    for name in given:
        if name not in config.data:
            raise ForgerError(f"data.{name} is not a setting of {config.data._target_}")
    config.data = OmegaConf.to_container(config.data) | given  # pyright: ignore
    data = instantiate_node(config, "data")
    data.prepare_data()
    data.setup(stage)
    return data


def load_for_images(
    checkpoint: Path, label: int | float | str | None, trust: Collection[str]
) -> GAN:
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


def sampler_of(config: DictConfig, gan: GAN) -> Callable[[int, int], Tensor]:
    """What makes so many examples of a seed: the sampler that a verb was given, or the GAN itself.

    Raises ForgerError, as its constructor does and as the sampler does for a GAN it is not for.
    """
    if config.sampler is None:
        return gan.sample
    return partial(instantiate_node(config, "sampler"), gan)


def sample_bytes(gan: GAN) -> int:
    """About the memory that a sample takes: its latent vector, and its example in some copies."""
    return 500 + 8 * gan.latent_dim + 8 * gan.sample(1, seed=0).numel()


def choose_class(gan: GAN, label: int | float | str | None) -> None:
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
        elif (
            any(map(str.isdecimal, names))
            or isinstance(label, float)
            or label not in range(gan.classes)
        ):
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
