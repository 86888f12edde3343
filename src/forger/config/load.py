"""Loads the GAN that a checkpoint describes."""

import warnings
from collections.abc import Collection
from pathlib import Path
from textwrap import shorten
from typing import Any, TypedDict, cast

import torch
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from forger.config.build import build
from forger.config.classes import choose_class, class_choices
from forger.config.hints import type_errors
from forger.config.schema import check_parts
from forger.config.settings import NETWORKS
from forger.config.sizes import check_size
from forger.config.stored_units import check_units
from forger.config.trust import check_trust
from forger.errors import ForgerError, first_line
from forger.gan import GAN
from forger.runs import zoo
from forger.runs.checkpoint_sizes import check_sizes
from forger.runs.files import check_node_count
from forger.runs.upgrade import upgrade
from forger.runs.version import written_by
from forger.training.ema import mend


class Contents(TypedDict, total=False):
    """The parts of a checkpoint that are read here; Lightning reads more."""

    config: dict[str, Any]
    state_dict: dict[str, Any]
    global_step: int
    epoch: int
    forger_version: str
    optimizer_states: list[dict]
    lr_schedulers: list[dict]
    loops: dict
    callbacks: dict


def read(checkpoint: Path) -> dict[str, Any]:
    """A checkpoint's contents, plain values and tensors only, on the CPU.

    Raises ForgerError if the file is damaged, has other objects, or is not Forger's.
    """
    if checkpoint.parent == zoo.ZOO:
        return zoo.read_trained(checkpoint)
    # Before torch reads the file: it would take as much memory as the file states.
    size = check_sizes(checkpoint)
    try:
        checkpoint.open("rb").close()
    except OSError as error:
        raise ForgerError(f"cannot read {checkpoint}: {error.strerror}") from error
    try:
        # torch also warns of damaged files.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            contents = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ForgerError(
            f"{checkpoint} is damaged or not a checkpoint of Forger: give another one"
        ) from error
    foreign = f"{checkpoint} is not a checkpoint of Forger"
    try:
        check_node_count(contents, 10 * size)
    except (ValueError, RecursionError) as error:
        raise ForgerError(f"{foreign}: {first_line(error)}") from error
    for part, what in (("config", "the configuration"), ("state_dict", "the weights")):
        if not isinstance(contents, dict) or contents.get(part, {}) == {}:
            raise ForgerError(f"{foreign}: it lacks {what}")
    for fault in type_errors(contents, Contents, "its content"):
        raise ForgerError(f"{foreign}: {fault}")
    contents["config"] = upgrade(contents["config"])
    try:
        OmegaConf.create(contents["config"])
    except Exception as error:
        raise ForgerError(
            f"{foreign}: its configuration cannot be read: {first_line(error)}"
        ) from error
    return contents


def restore(gan: GAN, contents: dict[str, Any], checkpoint: Path) -> None:
    """Put a checkpoint's weights into a GAN.

    Raises ForgerError if they are of other networks, or not finite.
    """
    try:
        for name, tensor in gan.state_dict().items():
            given = contents["state_dict"].get(name, tensor)
            # Torch would leave out the imaginary part.
            if torch.is_tensor(given) and given.is_complex() and not tensor.is_complex():
                raise ValueError(f"{name} holds complex numbers")
        gan.load_state_dict(contents["state_dict"])
    except Exception as error:
        # The first line names the class, the second the first of the weights that do not fit.
        detail = next((line.strip() for line in str(error).splitlines()[1:]), first_line(error))
        raise ForgerError(
            f"{checkpoint} does not fit the networks of these settings: keep model, generator and"
            f" discriminator as in its run ({shorten(detail, 200)}){by_another(contents)}"
        ) from error
    if not all(tensor.isfinite().all() for tensor in gan.state_dict().values()):
        raise ForgerError(f"{checkpoint} has weights that are not finite: give an earlier one")


def by_another(contents: dict[str, Any]) -> str:
    """The version of the Forger that wrote a checkpoint, if another one did; 0.1.0 noted none."""
    return written_by(contents.get("forger_version", "0.1.0 or older"))


def load(checkpoint: Path, trust: Collection[str] = ()) -> GAN:
    """The GAN in a checkpoint, in evaluation mode on the CPU; its `config` comes with it.

    It has its networks and its prior, but no part of training, such as a loss.
    trust: packages that the configuration may name beside Forger's own, see `trust`.
    """
    contents = read(checkpoint)
    try:
        config = stored(contents, (*NETWORKS, "model", "seed"), trust, checkpoint)
    except ForgerError as error:
        if not (by := written_by(contents.get("forger_version", ""))):
            raise
        raise ForgerError(f"{checkpoint}{by}: {error}") from error
    try:
        check_parts(contents["config"], (*NETWORKS, "model"))
        check_size(config, 4 * checkpoint.stat().st_size, f"four times {checkpoint}")
        gan = build(config, NETWORKS)
    except (ForgerError, OmegaConfBaseException) as error:
        raise ForgerError(f"{checkpoint}{by_another(contents)}: {first_line(error)}") from error
    gan.config = contents["config"]
    restore(gan, contents, checkpoint)
    # Checkpoints of 0.1.0 have averages of unit vectors, which are not unit vectors.
    mend(gan.sampling_generator)
    check_units(gan.eval(), checkpoint)
    return gan


def stored(
    contents: dict[str, Any],
    names: Collection[str],
    trust: Collection[str],
    checkpoint: Path,
    given: Collection[str] = (),
) -> DictConfig:
    """These nodes of a checkpoint's configuration, all that is made of it.

    given: settings that the user gives in place of those in the file.
    Raises ForgerError if a node is lacking, or names what it may not: see `trust`.
    """
    config = contents["config"]
    if lacking := [name for name in names if name not in config]:
        raise ForgerError(f"{checkpoint} is not a checkpoint of Forger: it lacks {lacking[0]}")
    nodes = {name: config[name] for name in names}
    # With interpolations, since a stored run has resolved its own.
    check_trust(nodes, trust, checkpoint, given)
    return cast(DictConfig, OmegaConf.create(nodes))


def load_of_class(checkpoint: Path, label: int | float | str | None, trust: Collection[str]) -> GAN:
    """`load`, for a verb that shows what z does, of one class if the GAN is conditional.

    Raises ForgerError if label is no class of a conditional GAN.
    """
    return of_class(load(checkpoint, trust), label)


def load_for_images(
    checkpoint: Path, label: int | float | str | None, trust: Collection[str]
) -> GAN:
    """`load_of_class`; raises ForgerError too if the generator makes points."""
    gan = load(checkpoint, trust)
    if gan.value_range is None:
        raise ForgerError(
            f"{checkpoint} makes points, not images: give a checkpoint that makes images, or use"
            " forger sample, traverse or interpolate, which draw points"
        )
    return of_class(gan, label)


def of_class(gan: GAN, label: int | float | str | None) -> GAN:
    """The GAN, whose samples are from now on of this class if it is conditional."""
    if gan.classes is not None and label is None:
        raise ForgerError(f"this GAN is conditional: give label=, one of {class_choices(gan)}")
    choose_class(gan, label)
    return gan
