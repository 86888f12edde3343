"""What a stored configuration may name without being trusted, and whether a name is trusted."""

import inspect
import logging
import re
from collections.abc import Collection, Mapping
from typing import Any

from hydra.utils import get_object

from forger.errors import ForgerError, first_line

# It logs each error before it raises it.
logging.getLogger("hydra.utils").addFilter(lambda record: False)

# Layers that are built from sizes only. Other layers call their arguments, or build as many layers
# as a number says.
LAYERS = tuple(
    f"torch.nn.modules.{name}"
    for name in (
        *("activation", "batchnorm", "channelshuffle", "container", "conv", "dropout", "flatten"),
        *("fold", "instancenorm", "linear", "normalization", "padding", "pixelshuffle", "pooling"),
        *("sparse", "upsampling"),
    )
)

NETWORKS = ("forger.networks", *LAYERS)

# The modules, by group, whose classes a file may name: to construct one from plain values opens,
# writes and calls nothing. Functions are not allowed, but for those below. The module that defines
# a class counts, not the path that leads to it: forger.runs.record.subprocess.Popen is a path too.
CLASSES: Mapping[str, tuple[str, ...]] = {
    # A prior may draw from a data set.
    "model": ("forger.data", "forger.gan", "forger.latents", "forger.models", "forger.networks"),
    "generator": NETWORKS,
    "discriminator": NETWORKS,
    "loss": ("forger.losses",),
    "penalty": ("forger.penalties",),
    "term": ("forger.augment", "forger.terms"),
    "augment": ("forger.augment",),
    "optimizer": ("torch.optim", "forger.training.optimistic_adam"),
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

# Functions and classes that are allowed as well: spectral normalisation of a network, the centres
# of a mixture for its data and for the metrics that count its modes, and Forger's own loggers.
FUNCTIONS = {
    "generator": SPECTRAL_NORM,
    "discriminator": SPECTRAL_NORM,
    "data": MIXTURES,
    "metrics": MIXTURES,
    "callbacks": MIXTURES,
    # These loggers send data to the user's own accounts and servers only.
    "logger": (
        "forger.runs.loggers.TensorBoard",
        "forger.runs.trackers.CSV",
        "forger.runs.trackers.MLflow",
        "forger.runs.trackers.WandB",
    ),
}

# Classes that hydra.utils.get_class may name; they are not instantiated.
DATASETS = ("torchvision.datasets.mnist",)

GET_CLASS = "hydra.utils.get_class"

# Packages of which single classes are trusted, see CLASSES, and not all.
PARTLY_TRUSTED = ("forger", "torch", "torchvision", "pytorch_lightning", "hydra")


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
    # An import runs code, so the name is checked first, and then what it leads to.
    if not in_any_package(target, [*(name.partition(".")[0] for name in homes), *trust]):
        return False
    try:
        found = get_object(target)
    except Exception as error:
        raise ForgerError(
            f"{target} cannot be imported: {first_line(error.__cause__ or error)}; install its"
            " package, or add its folder to PYTHONPATH"
        ) from error
    home = str(getattr(found, "__module__", ""))
    return in_any_package(home, trust) or (inspect.isclass(found) and in_any_package(home, homes))


def in_any_package(name: str, packages: Collection[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def whom(target: Any) -> str:
    """Whom to trust for a name: its package, or the name itself in one that is trusted in part."""
    found = re.search(r"\w+(\.\w+)*", str(target))
    name = found[0] if found else ""
    return name if in_any_package(name, PARTLY_TRUSTED) else name.partition(".")[0]


def last(path: str) -> str:
    return path.rpartition(".")[2]
