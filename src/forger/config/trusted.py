"""What a stored configuration may name without being trusted, and whether a name is trusted."""

import inspect
import re
from collections.abc import Collection, Mapping
from typing import Any

from hydra.utils import get_object

from forger.errors import ForgerError

# Layers that are made of sizes alone. Others call what they are given, or make as many layers as a
# number says.
LAYERS = tuple(
    f"torch.nn.modules.{name}"
    for name in (
        "activation",
        "batchnorm",
        "channelshuffle",
        "container",
        "conv",
        "dropout",
        "flatten",
        "fold",
        "instancenorm",
        "linear",
        "normalization",
        "padding",
        "pixelshuffle",
        "pooling",
        "sparse",
        "upsampling",
    )
)

NETWORKS = ("forger.networks", *LAYERS)

# By group, where the classes are defined that are made of a file's own accord: to make one from
# plain values opens, writes and calls nothing. No function is, of whatever package, but those
# below. Where a class is defined counts, not the name it goes by:
# forger.runs.record.subprocess.Popen is a name as well.
CLASSES: Mapping[str, tuple[str, ...]] = {
    "model": ("forger.gan", "forger.latents", "forger.models", "forger.networks"),
    "generator": NETWORKS,
    "discriminator": NETWORKS,
    "loss": ("forger.losses",),
    "penalty": ("forger.penalties",),
    "term": ("forger.terms",),
    "augment": ("forger.augment",),
    "optimizer": ("torch.optim",),
    "schedule": ("torch.optim.lr_scheduler", "forger.schedules"),
    "data": ("forger.data",),
    "metrics": ("forger.metrics",),
    "callbacks": (
        "forger.callbacks",
        "forger.metrics",
        "pytorch_lightning.callbacks.early_stopping",
    ),
    "logger": ("pytorch_lightning.loggers.tensorboard",),
    "trainer": ("pytorch_lightning.trainer.trainer",),
}

MIXTURES = ("forger.data.toys.grid", "forger.data.toys.ring")

SPECTRAL_NORM = ("forger.networks.spectral_norm.spectral_norm",)

# Beside these: what puts a network under spectral normalisation; where the centres of a mixture
# are, of the data and of the metrics that count its modes; the loggers of our own.
FUNCTIONS = {
    "generator": SPECTRAL_NORM,
    "discriminator": SPECTRAL_NORM,
    "data": MIXTURES,
    "metrics": MIXTURES,
    "callbacks": MIXTURES,
    # Those that send something send it to the user's own accounts and servers.
    "logger": (
        "forger.runs.loggers.TensorBoard",
        "forger.runs.trackers.CSV",
        "forger.runs.trackers.MLflow",
        "forger.runs.trackers.WandB",
    ),
}

# Classes that are named by hydra.utils.get_class, and not made.
DATASETS = ("torchvision.datasets.mnist",)

GET_CLASS = "hydra.utils.get_class"

KNOWN = ("forger", "torch", "torchvision", "pytorch_lightning", "hydra")


def is_trusted(path: str, target: Any, trust: Collection[str]) -> bool:
    """Whether what stands at this path of a configuration may be made, or be the class there."""
    if not isinstance(target, str):
        return False
    group = path.partition(".")[0]
    if target in trust or target in FUNCTIONS.get(group, ()):
        return True
    if last(path) == "path":
        homes = DATASETS
    elif target == GET_CLASS:
        return group == "data"
    else:
        homes = CLASSES.get(group, ())
    # To import is to run: first the name, then where it leads.
    if not in_any_package(target, [*(name.partition(".")[0] for name in homes), *trust]):
        return False
    try:
        found = get_object(target)
    except Exception as error:
        raise ForgerError(f"{target} cannot be imported: {error}") from error
    home = str(getattr(found, "__module__", ""))
    return in_any_package(home, trust) or (inspect.isclass(found) and in_any_package(home, homes))


def in_any_package(name: str, packages: Collection[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def whom(target: Any) -> str:
    """Whom to trust for a name: its package, or the name itself in one that is trusted in part."""
    found = re.search(r"\w+(\.\w+)*", str(target))
    name = found[0] if found else ""
    return name if in_any_package(name, KNOWN) else name.partition(".")[0]


def last(path: str) -> str:
    return path.rpartition(".")[2]
