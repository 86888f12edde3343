"""What a stored configuration may name: its file perhaps came from a stranger."""

import inspect
import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PureWindowsPath
from typing import Any, cast

from hydra.utils import get_object
from omegaconf import Container, DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from forger.config.overrides import quoted
from forger.config.project import trusted_packages
from forger.config.settings import NOT_PART_OF_RUN
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
    "model": ("forger.gan", "forger.latents", "forger.models"),
    "generator": NETWORKS,
    "discriminator": NETWORKS,
    "loss": ("forger.losses",),
    "penalty": ("forger.penalties",),
    "term": ("forger.augment", "forger.terms"),
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
DATASETS = ("torchvision.datasets.mnist",)
"""Classes that are named by hydra.utils.get_class, and not made."""
GET_CLASS = "hydra.utils.get_class"
KNOWN = ("forger", "torch", "torchvision", "pytorch_lightning", "hydra")

OURS = ("dirpath", "save_dir", "sub_dir", "log_dir", "root_dir", "default_root_dir", "device")
"""Settings of others' classes that say where a run writes and computes: we do."""
MOST_SEVERAL = 24
"""Interpolations in texts that have several: 3 in each of 8 are 6,561 if each names the next."""


def check_trust(
    config: Container | dict, trust: Collection[str], file: Path | str, given: Collection[str] = ()
) -> None:
    """See that a configuration from `file` makes nothing but parts of a GAN, of plain values.

    trust: packages, modules or full names that may be made, or called, as well; folders and
    addresses that may be named. given: settings that the user has made, such as data.folder.
    Raises ForgerError naming the first that is neither; no module outside of these is imported.
    """
    if isinstance(config, Container):
        check_references(config, file)
        config = cast(dict, OmegaConf.to_container(config, resolve=True))
    for path, value, is_name in values(config, ""):
        if not any(path == key or path.startswith((f"{key}.", f"{key}[")) for key in given):
            check_value(path, value, is_name, trust, file)


def check_references(config: Container, file: Path | str) -> None:
    """Raises ForgerError if interpolations make far more of a configuration than is written there.

    A text may name another one twice, that one a third, and so on: each doubles what is resolved.
    """
    written = list(values(OmegaConf.to_container(config), ""))
    several = [n for _, v, _ in written if isinstance(v, str) and (n := v.count("${")) > 1]
    left = 10 * len(written) if sum(several) <= MOST_SEVERAL else 0
    nodes: list[Any] = [config]
    while nodes and left > 0:
        node, left = nodes.pop(), left - 1
        keys = range(len(node)) if isinstance(node, ListConfig) else node
        for key in keys if isinstance(node, Container) else ():
            # What has no value is told where all are resolved.
            with suppress(OmegaConfBaseException):
                nodes.append(node[key])
    if nodes:
        raise ForgerError(
            f"{file} has interpolations that refer to each other so often that it cannot be"
            " resolved: write out in the file what they should be"
        )


def check_value(
    path: str, value: Any, is_name: bool, trust: Collection[str], file: Path | str
) -> None:
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ForgerError(f"{path} in {file} is a number of {value.bit_length()} bits: give 63")
    what = f"{path} (={value}) in {file}"
    if is_name and not is_trusted(path, value, trust):
        raise ForgerError(
            f"{what} is nothing that Forger would make of a file's own accord, since it could run"
            f" any code: if you trust the file, give {to_trust(whom(value))}"
        )
    if isinstance(value, str) and "${" in value:
        # When resolved anew it could become another's name.
        raise ForgerError(
            f"{what} is an interpolation that is left when all are resolved: no trust=[...] is"
            " enough, write out in the file what it should be"
        )
    if isinstance(value, str) and is_place(path, value) and not allowed(path, value, trust):
        anew = shlex.quote(f"{path}={in_list(value)}") + " anew, or "
        raise ForgerError(
            f"{what} leads out of the run folder, to a place of the file's choice: if it is yours,"
            f" give {'' if last(path) in OURS else anew}{to_trust(value)}"
        )


def check_links(run: Path, trust: Collection[str]) -> None:
    """Raises ForgerError if a link in a run folder leads out of it, unless that place is trusted.

    To go on with a run is to write in its folder.
    """
    run = run.resolve()
    for path in sorted(run.rglob("*")):
        target = str(path.resolve())
        if not path.resolve().is_relative_to(run) and not allowed("", target, trust):
            raise ForgerError(
                f"{path} leads out of the run folder, to {target}: if it is yours, give"
                f" {to_trust(target)}"
            )


def trust_argument(config: DictConfig) -> str:
    """What a command on a run of this configuration must end in, or nothing: see `to_be_trusted`.

    But for the project's own package, which is trusted where such a command is typed.
    """
    found = to_be_trusted(config) - set(trusted_packages())
    return f" {to_trust(*sorted(found))}" if found else ""


def to_be_trusted(config: DictConfig) -> set[str]:
    """Packages and places of a configuration that `check_trust` asks for.

    Of other packages from names alone: none of them is imported.
    """
    found: set[str] = set()
    for path, value, is_name in values(OmegaConf.to_container(config), ""):
        if not isinstance(value, str) or "${" in value or path == "start":
            continue
        if is_name and re.fullmatch(r"\w+(\.\w+)*", value):
            if not in_any_package(value, KNOWN) or not is_trusted(path, value, ()):
                found.add(whom(value))
        elif not is_name and is_place(path, value) and not allowed(path, value, ()):
            found.add(value)
    return found


def values(node: Any, path: str) -> Iterator[tuple[str, Any, bool]]:
    """Every value but those of a start, where it stands, and whether it is a name to look up."""
    if isinstance(node, dict):
        if node.get("_target_") == GET_CLASS:
            yield f"{path}.path", node.get("path"), True
        for key, value in node.items():
            if path == "" and key in NOT_PART_OF_RUN:
                continue
            if key == "_target_":
                yield f"{path}._target_".lstrip("."), value, True
            else:
                yield from values(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list | tuple):
        for i, value in enumerate(node):
            yield from values(value, f"{path}[{i}]")
    else:
        yield path, node, False


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


def is_place(path: str, value: str) -> bool:
    """Whether a value of a configuration says where on this machine, or on others, something is."""
    return leads_out(value) or (last(path) in OURS and value != "")


def leads_out(text: str) -> bool:
    """Whether a text, as a path, is an address or leads out of the folder that it starts from."""
    return (
        "://" in text
        or "::" in text
        or text.startswith(("/", "~", "\\"))
        or PureWindowsPath(text).drive != ""
        or ".." in re.split(r"[/\\]", text)
    )


def allowed(path: str, place: str, trust: Collection[str]) -> bool:
    """Whether a place is the user's own: where his data are kept, or in what he trusts."""
    if path == "data.root" and place in (os.environ.get("FORGER_DATA"), "~/.cache/forger"):
        return True
    above = [folder.rstrip("/") for folder in trust]
    inside = any(place.startswith(f"{folder}/") for folder in above) and "/.." not in place
    return place in trust or inside


def last(path: str) -> str:
    return path.rpartition(".")[2]


def to_trust(*names: str) -> str:
    """The setting that trusts these packages, names or places, as a shell takes it."""
    return shlex.quote(f"trust=[{','.join(map(in_list, names))}]")


def in_list(text: str) -> str:
    """A text as Hydra takes it in a list."""
    return text if re.fullmatch(r"[\w./+@%:-]+", text) else quoted(text)
