"""Whether the jobs of a sweep can be trained at once, told before any of them starts."""

from collections.abc import Sequence
from pkgutil import resolve_name
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from forger.config.build import instantiate_node
from forger.config.settings import NETWORKS, TRAINED
from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.runs.record import difference
from forger.training.ema import spectral_layers


def check_stackable(configs: Sequence[DictConfig]) -> None:
    """Raises ForgerError unless jobs of these configurations can be trained at once."""
    first = configs[0]
    if "generator" not in first:
        raise ForgerError("launcher=together is for forger train: remove +launcher=together")
    model = target(first, "model")
    for method in ("training_step", "algorithm_1", "update_discriminator", "update_generator"):
        if getattr(model, method) is not getattr(GAN, method):
            raise ForgerError(
                f"launcher=together computes Algorithm 1, and {model.__name__} has another"
                f" {method}: give +launcher=joblib, or none"
            )
    if first.trainer.precision != "32-true" or first.trainer.devices != 1:
        raise ForgerError(
            "launcher=together needs one device and full precision: give trainer.precision=32-true"
            " trainer.devices=1"
        )
    for config in configs:
        for name in config.callbacks:
            # By class or its parents; they act on what the stacked networks never see.
            kinds = getattr(target(config, f"callbacks.{name}"), "__mro__", ())
            if any(kind.__name__.endswith(("Clipping", "CUDAGraph", "Compile")) for kind in kinds):
                raise ForgerError(
                    f"launcher=together does not work with callbacks.{name}: give ~callbacks.{name}"
                )
    check_differences(configs)
    for name in NETWORKS:
        with torch.device("meta"):
            network = instantiate_node(first, name)
        # vmap does not follow its power iteration.
        if any(spectral_layers(network)):
            raise ForgerError(
                f"launcher=together does not work with the spectral normalisation of {name},"
                " whose power iteration cannot be done for several GANs at once: give"
                f" {name}.spectral_norm=false if it has this setting, or +launcher=joblib"
            )


def target(config: DictConfig, name: str) -> Any:
    """The class, or function, of a part such as model; ForgerError if it cannot be imported."""
    path = OmegaConf.select(config, f"{name}._target_")
    return try_call(resolve_name, f"{name}._target_ (={path}) cannot be imported", path)


def check_differences(configs: Sequence[DictConfig]) -> None:
    """Raises ForgerError if jobs differ in more than they may."""
    first, *others = configs
    for config in others:
        for part in TRAINED:
            path = difference(without_own(first, part), without_own(config, part), part)
            if path:
                raise ForgerError(
                    "launcher=together trains jobs that differ in seed and learning rates only,"
                    f" and here {path} differs: take launcher=joblib, or a sweep for each value"
                )


def without_own(config: DictConfig, part: str) -> Any:
    """A node of the configuration without the settings in which members may differ."""
    node = OmegaConf.to_container(config[part], resolve=True)
    assert isinstance(node, dict)
    if part == "data":
        node.pop("seed", None)
    for network in node.values() if part == "optimizer" else ():
        network.pop("lr", None)
    return node
