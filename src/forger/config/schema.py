"""What refuses a bad configuration, before any data is read: names and types, all faults at once.

Every node with a `_target_` is held against the signature of what it names, a class of Forger or of
any other package; the root against the settings of its verb below.
"""

import inspect
import math
import pkgutil
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Literal, Union

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from forger.config.overrides import typed
from forger.errors import ForgerError

MULTI_OPTION_GROUPS = ("penalty.", "augment.", "callbacks.", "metrics.")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
SET_BY_FORGER = {
    "callbacks": "choose them by callbacks=[...]",
    "logger": "choose it by logger=...",
    "default_root_dir": "give name=... or hydra.run.dir=...",
    "enable_checkpointing": "give ~callbacks.checkpoint",
}
"""What a run sets of its trainer, and where it is chosen."""
SCHEDULE_ENDS = {
    "T_max": "the rate would rise again after it",
    "total_iters": "the rate would be 0 after it",
    "total_steps": "it has no rate after it",
}
"""Settings of schedules that are a number of updates, and what comes after so many."""
UNSUITABLE_CALLBACKS = {
    "StochasticWeightAveraging": "averages the weights of one optimizer, and a GAN has two:"
    " model.ema_halflife averages the generator",
    "GradientAccumulationScheduler": "does not go with two optimizers, and an update takes one"
    " minibatch, whose examples batch normalisation sees together: raise data.batch_size",
    "LearningRateFinder": "looks for the rate of one optimizer, and a GAN has two: +sweep=rates"
    " tries rates of both",
    "BatchSizeFinder": "would train with another data.batch_size than the run records: give"
    " data.batch_size=...",
}
"""Callbacks of Lightning's that do not go with a run of two optimizers, why, and what does."""
NO_VALIDATION = (
    "there is no validation loop: callbacks.measure.every_n_updates says when to measure"
)
EPOCHS = "trainer.max_steps ends a run, and a data set is made smaller by settings of its own"
WITHOUT_EFFECT = {
    "gradient_clip_algorithm": ([None], "give +callbacks=gradient_clipping"),
    "limit_train_batches": ([None, 1.0], EPOCHS),
    "overfit_batches": ([0, 0.0], EPOCHS),
    "limit_val_batches": ([None, 0, 1.0], NO_VALIDATION),
    "limit_test_batches": ([None, 0, 1.0], NO_VALIDATION),
    "limit_predict_batches": ([None, 0, 1.0], NO_VALIDATION),
    "val_check_interval": ([None, 1.0], NO_VALIDATION),
    "check_val_every_n_epoch": ([None, 1], NO_VALIDATION),
    "num_sanity_val_steps": ([None, 0], NO_VALIDATION),
    "reload_dataloaders_every_n_epochs": ([0], "the data stay in memory"),
    "fast_dev_run": ([False, 0], "give debug=smoke"),
    "barebones": ([False], "choose callbacks=[...] and ~logger"),
}
"""What changes nothing in a run: values that say so, and what does."""


class Instantiable(dict):
    """What a group's option is: a node with a `_target_`."""


@dataclass
class Train:
    """Settings of `forger train`: one node for each group, and these."""

    seed: int | None
    """Of everything random; null: one by chance, which the run records."""
    name: str
    """The last part of the run's folder, or the folder of the sweep."""
    resume: str | None
    """A run folder or checkpoint to go on with."""
    repeat: str | None
    """A run folder whose run is made again."""
    trust: list[str]
    """Packages that its configuration may name."""
    model: Instantiable
    generator: Instantiable
    discriminator: Instantiable
    loss: Instantiable
    penalty: dict[str, Instantiable]
    augment: dict[str, Instantiable]
    optimizer: dict[str, Instantiable]
    schedule: dict[str, Instantiable | None]
    data: Instantiable
    trainer: Instantiable
    callbacks: dict[str, Instantiable]
    metrics: dict[str, Instantiable]
    logger: dict[str, Instantiable] | Instantiable | None
    """One node each; of runs up to 0.1.0 one alone, or null."""


@dataclass
class Search:
    """Settings of a search, hydra.sweeper of `forger train -m +sweep=optuna`."""

    n_trials: int
    """Runs in all."""
    minimize: list[str]
    """What shall be low at a run's end."""
    maximize: list[str]
    """What shall be high."""
    storage: str
    """A journal file, or the URL of a database."""
    sampler: dict
    """What chooses the settings of the next run."""
    seed: int
    """Of the sampler."""
    pruner: dict | None
    """What ends hopeless runs."""
    n_starts: int
    """Of a run whose process is killed each time."""
    params: dict
    """What is searched."""


@dataclass
class Evaluate:
    """Settings of `forger evaluate`."""

    ckpt: str
    """A run folder or checkpoint."""
    trust: list[str]
    """Packages that its configuration may name."""
    data: dict[str, str | None]
    """Where the run's data are now, if not where they were."""
    n: int
    """Samples in each draw."""
    repeats: int
    """Draws, each from its own seed."""
    seed: int
    """Of the first draw."""
    split: Literal["test", "validation"]
    """The real data that samples are compared with."""
    out: str | None
    """Folder for metrics.json and the picture; null: beside the checkpoint, under its name."""
    metrics: dict[str, Instantiable]


@dataclass
class Info:
    """Settings of `forger info`."""

    ckpt: str
    """A run folder or checkpoint."""


@dataclass
class Report:
    """Settings of `forger report`."""

    runs: str
    """A folder with runs in it, at any depth."""
    metric: str
    """By which runs are judged; any curve's name."""
    mode: Literal["min", "max"]
    """Whether the lowest or the highest value is best."""
    out: str | None
    """Folder for the report; null: that of the runs."""


@dataclass
class TrainEvaluator:
    """Settings of `forger train-evaluator`."""

    seed: int
    """Of initial weights, order and shifts."""
    epochs: int
    """Passes over the training images."""
    batch_size: int
    """Images in a minibatch."""
    learning_rate: float
    """Peak of the one-cycle schedule."""
    weight_decay: float
    """Of AdamW."""
    shift: int
    """Pixels that images move at most, to all sides."""
    out: str | None
    """Weights file."""
    data: Instantiable


@dataclass
class Sample:
    """Settings of `forger sample`."""

    ckpt: str
    """A run folder or checkpoint."""
    trust: list[str]
    """Packages that its configuration may name."""
    n: int
    """How many samples."""
    seed: int
    """Of the latent vectors; sample i of a seed is always the same."""
    label: int | float | str | None
    """The class of all samples, of a conditional GAN; null: the classes in turn."""
    columns: int
    """Of the grid."""
    singles: bool
    """Write each sample as a PNG of its own too."""
    npz: bool
    """Write all samples as one uint8 array too."""


@dataclass
class Interpolate:
    """Settings of `forger interpolate`."""

    ckpt: str
    """A run folder or checkpoint."""
    trust: list[str]
    """Packages that its configuration may name."""
    label: int | float | str | None
    """The class of all images, of a conditional GAN."""
    pairs: int
    """Rows of the grid."""
    steps: int
    """Images in a row, both ends included."""
    frames: int
    """Of the walk, from one latent vector to the next."""
    path: Literal["spherical", "linear"] | None
    """Between two latent vectors; null: what fits the prior."""
    seed: int
    """Of the latent vectors."""


@dataclass
class Traverse:
    """Settings of `forger traverse`."""

    ckpt: str
    """A run folder or checkpoint."""
    trust: list[str]
    """Packages that its configuration may name."""
    label: int | float | str | None
    """The class of all images, of a conditional GAN."""
    dimensions: list[int] | None
    """Coordinates of z, a row each; null: those of the largest effect."""
    rows: int
    """How many, where dimensions is null."""
    steps: int
    """Images in a row."""
    low: float
    """First value of the coordinate, in standard deviations of the prior."""
    high: float
    """Last value."""
    seed: int
    """Of the z that all rows start from."""


@dataclass
class Invert:
    """Settings of `forger invert`."""

    ckpt: str
    """A run folder or checkpoint."""
    trust: list[str]
    """Packages that its configuration may name."""
    data: dict[str, str | None]
    """Where the run's data are now, if not where they were."""
    label: int | float | str | None
    """The class of all images, of a conditional GAN."""
    image: str | list[str] | None
    """Image files."""
    index: int | list[int] | None
    """Test images of the run's data set."""
    draws: int
    """Random samples that each image is compared with first."""
    restarts: int
    """Descents for each image, from the nearest of the draws."""
    steps: int
    """Of Adam in each descent."""
    learning_rate: float
    """Of Adam at the start."""
    prior_weight: float
    """Weight of the mean square of z in the loss."""
    seed: int
    """Of the draws."""


@dataclass
class Directions:
    """Settings of `forger directions`."""

    ckpt: str
    """A run folder or checkpoint."""
    trust: list[str]
    """Packages that its configuration may name."""
    label: int | float | str | None
    """The class of all images, of a conditional GAN."""
    n: int | None
    """How many directions; null: 8, or all if they are fewer."""
    bases: int
    """Latent vectors that are moved."""
    steps: int
    """Images along a direction for each of them."""
    reach: float
    """How far to either side, in standard deviations of the prior."""
    seed: int
    """Of the latent vectors."""


@dataclass
class New:
    """Settings of `forger new`."""

    name: str
    """Of the folder and of the package in it."""


@dataclass
class Export:
    """Settings of `forger export`."""

    ckpt: str
    """A run folder or checkpoint."""
    trust: list[str]
    """Packages that its configuration may name."""


def check(config: DictConfig, settings: type) -> dict[str, Any]:
    """The configuration in plain values if all of it fits, else ForgerError with every fault."""
    for field in fields(settings):
        if field.name not in config:
            raise ForgerError(f"{field.name} is not set: give {field.name}=...")
    try:
        plain = typing.cast(
            dict[str, Any], OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        )
    except MissingMandatoryValue as error:
        raise ForgerError(f"{error.full_key} is not set: give {error.full_key}=...") from error
    except OmegaConfBaseException as error:
        reason = str(error).splitlines()[0]
        raise ForgerError(f"{error.full_key} has no value: {reason}; give one") from error
    names_here = {field.name for field in fields(settings)}
    for key in plain.keys() - names_here:
        # People type the last part of a path, as in +lr=1e-3.
        if full := ends_in(key, dotted({name: plain[name] for name in names_here})):
            raise ForgerError(f"{key} is not a setting: did you mean {' or '.join(full)}?")
    found = [
        *signature_errors(plain, settings, ""),
        *target_errors(plain, ""),
        *number_errors(plain, ""),
        *name_errors(plain.get("name")),
        *pair_errors(plain),
        *rate_errors(plain.get("optimizer")),
        *average_errors(plain.get("model")),
        *schedule_errors(plain.get("schedule"), plain.get("trainer")),
        *callback_errors(plain.get("callbacks")),
        *trainer_errors(plain.get("trainer")),
        *graph_errors(plain.get("model"), plain.get("trainer"), plain.get("callbacks")),
    ]
    if found:
        raise ForgerError("; ".join(fault + origin(config, fault) for fault in found))
    return plain


def check_parts(config: dict[str, Any], parts: Iterable[str]) -> None:
    """Raises ForgerError with every fault of these nodes of a stored configuration.

    Their classes are imported: see to `trust` first.
    """
    found = list(shape_errors(config, parts))
    for part in () if found else parts:
        found += [*target_errors(config[part], part), *number_errors(config[part], part)]
    if found:
        raise ForgerError("; ".join(found))


def shape_errors(config: dict[str, Any], parts: Iterable[str]) -> Iterator[str]:
    """Nodes that a stored configuration lacks, or has as something else; nothing is imported."""
    hints = typing.get_type_hints(Train)
    for part in parts:
        if part in config:
            yield from type_errors(config[part], hints[part], part)
        else:
            yield f"{part} is not set"


def origin(config: DictConfig, fault: str) -> str:
    """Where the value of a fault such as `a.b (=None) should be int` is set, if elsewhere.

    Or how, where a text looks like a number: the name of a folder called 2024.
    """
    path, raw = fault.partition(" (=")[0], OmegaConf.to_container(config, resolve=False)
    for key in path.split("."):
        raw = raw.get(key) if isinstance(raw, dict) else None
    if isinstance(raw, int | float) and re.search(r"should be (\w+ \| )*str\b", fault):
        text = str(raw).lower() if isinstance(raw, bool) else str(raw)
        return f": for a text give {typed(path, text)}"
    source = re.fullmatch(r"\$\{([\w.]+)\}", raw) if isinstance(raw, str) else None
    return f": give {source[1]}=..." if source else ""


def target_errors(node: Any, path: str) -> Iterator[str]:
    """Faults of all nodes with a `_target_`, at any depth."""
    if isinstance(node, dict):
        if "_target_" in node:
            try:
                target = pkgutil.resolve_name(node["_target_"])
            except Exception as error:
                yield f"{path}._target_ (={node['_target_']}) cannot be imported: {error}"
                return
            yield from signature_errors(node, target, path)
        for key, value in node.items():
            yield from target_errors(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from target_errors(value, f"{path}[{i}]")


def signature_errors(node: dict[str, Any], target: Any, path: str) -> Iterator[str]:
    """Names that the target's signature lacks, and values that its type hints rule out."""
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return
    callee = target.__init__ if inspect.isclass(target) else target
    try:
        hints = typing.get_type_hints(callee)
    except Exception:
        hints = {}
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for key, value in node.items():
        full = f"{path}.{key}".lstrip(".")
        if key.startswith("_") and key.endswith("_"):
            continue
        if key not in parameters:
            if not open_ended:
                yield f"{full} is not a setting of {target.__qualname__}{nearest(key, parameters)}"
        else:
            yield from type_errors(value, hints.get(key, Any), full)


def type_errors(value: Any, hint: Any, path: str) -> Iterator[str]:
    """The value if its type rules it out, or what of a dictionary or a list of these is."""
    if typing.is_typeddict(hint) and isinstance(value, dict):
        for key in sorted(hint.__required_keys__ - value.keys()):
            yield f"{path} lacks {key}"
        hints = typing.get_type_hints(hint)
        for key in hints.keys() & value.keys():
            yield from type_errors(value[key], hints[key], f"{path}.{key}")
    elif typing.get_origin(hint) is dict and isinstance(value, dict):
        for key, part in value.items():
            yield from type_errors(part, typing.get_args(hint)[1], f"{path}.{key}")
    elif typing.get_origin(hint) is list and isinstance(value, list):
        for i, part in enumerate(value):
            yield from type_errors(part, typing.get_args(hint)[0], f"{path}[{i}]")
    elif (
        hint is Instantiable
        and isinstance(value, dict)
        and path.startswith(MULTI_OPTION_GROUPS)
        and not fits(value, hint)
    ):
        # An experiment's, say, of a penalty that was taken away.
        group, name = path.split(".")
        yield f"{path} has settings, but {group} has no {name}: take them away by ~{path}"
    elif not fits(value, hint):
        shown = str(value) if len(str(value)) < 200 else f"{str(value)[:200]}…"
        # Of a class of the user's own: what Hydra reads as a number may be meant as a text.
        number = type(value) in (int, float, bool) and fits("", hint)
        quotes = f": as a text, \"{path}='{value}'\"" if number else ""
        yield f"{path} (={shown}) should be {describe(hint)}{quotes}"


def number_errors(node: Any, path: str) -> Iterator[str]:
    """Numbers, at any depth, that are none, and seeds that torch would not take."""
    if isinstance(node, dict | list):
        parts = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in parts:
            yield from number_errors(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, float) and not math.isfinite(node):
        yield f"{path} (={node}) must be a finite number"
    elif isinstance(node, float) and abs(node) > 3.4e38:
        yield f"{path} (={node}) is beyond numbers of 32 bits: give one below 3.4e38"
    elif isinstance(node, int) and path.endswith("seed") and not 0 <= node < 2**32:
        yield f"{path} (={node}) must lie in 0..{2**32 - 1}"


def name_errors(name: Any) -> Iterator[str]:
    """Names of runs that are no folder of their own."""
    if isinstance(name, str) and (not name.strip("./ ") or ".." in name.split("/")):
        yield f"name (={name}) must name a folder of its own: hydra.run.dir=... gives another place"


def pair_errors(plain: dict[str, Any]) -> Iterator[str]:
    """Groups that have one node for each network."""
    for group in ("optimizer", "schedule"):
        given = plain.get(group)
        if isinstance(given, dict) and given.keys() != {"generator", "discriminator"}:
            names = " and ".join(map(str, given)) or "nothing"
            yield f"{group} has {names}: give {group}.generator and {group}.discriminator"


def rate_errors(optimizers: Any) -> Iterator[str]:
    """Learning rates that would not learn: torch's optimizers accept 0."""
    for name, optimizer in optimizers.items() if isinstance(optimizers, dict) else ():
        rate = optimizer.get("lr", 1.0) if isinstance(optimizer, dict) else 1.0
        if not isinstance(rate, int | float) or rate <= 0:
            yield f"optimizer.{name}.lr (={rate}) must be a positive number, such as 2e-4"


def average_errors(model: Any) -> Iterator[str]:
    """A decay, say, where a number of images is meant."""
    halflife = model.get("ema_halflife") if isinstance(model, dict) else None
    if isinstance(halflife, float) and 0 < halflife < 1:
        yield (
            f"model.ema_halflife (={halflife}) must be 0 (off) or at least 1: it is a number of"
            " images, such as 10000"
        )


def schedule_errors(schedules: Any, trainer: Any) -> Iterator[str]:
    """Lengths that follow trainer.max_steps where epochs end the run, and ends before the run's."""
    updates = trainer.get("max_steps", -1) if isinstance(trainer, dict) else -1
    for network, schedule in schedules.items() if isinstance(schedules, dict) else ():
        for name in SCHEDULE_ENDS if isinstance(schedule, dict) else ():
            if not isinstance(length := schedule.get(name), int):
                continue
            if length < 1:
                yield (
                    f"schedule.{network}.{name} (={length}) must be at least 1 update: give it, or"
                    " trainer.max_steps"
                )
            elif isinstance(updates, int) and length < updates and ends(schedule, name):
                yield (
                    f"schedule.{network}.{name} (={length}) must be at least trainer.max_steps"
                    f" (={updates}): {SCHEDULE_ENDS[name]}"
                )


def ends(schedule: dict[str, Any], name: str) -> bool:
    """Whether nothing useful comes after this length of a schedule."""
    kind = str(schedule.get("_target_")).rpartition(".")[2]
    to_zero = kind == "PolynomialLR" or (kind == "LinearLR" and schedule.get("end_factor") == 0)
    return to_zero if name == "total_iters" else kind in ("CosineAnnealingLR", "OneCycleLR")


def callback_errors(callbacks: Any) -> Iterator[str]:
    """What Lightning's callbacks offer, and manual optimization has no use for."""
    for name, node in callbacks.items() if isinstance(callbacks, dict) else ():
        if not isinstance(node, dict):
            continue
        package, _, kind = str(node.get("_target_")).rpartition(".")
        if kind in UNSUITABLE_CALLBACKS and package.startswith(("pytorch_lightning", "lightning")):
            yield f"callbacks.{name} {UNSUITABLE_CALLBACKS[kind]}, give ~callbacks.{name}"
        if node.get("train_time_interval") is not None:
            yield (
                f"callbacks.{name}.train_time_interval does nothing here:"
                " callbacks.checkpoint.every_n_minutes does"
            )


def trainer_errors(trainer: Any) -> Iterator[str]:
    """What Lightning's trainer offers, and a run of two optimizers has no use for."""
    if not isinstance(trainer, dict):
        return
    for name, instead in SET_BY_FORGER.items():
        if name in trainer:
            yield f"trainer.{name} is not for you to set: {instead}"
    lengths = [trainer.get(name, -1) for name in ("max_steps", "max_epochs")]
    if 0 in lengths or lengths == [-1, -1]:
        yield "trainer.max_steps or trainer.max_epochs must be at least 1, the other one may be -1"
    if trainer.get("gradient_clip_val"):
        yield "trainer.gradient_clip_val knows no two networks: give +callbacks=gradient_clipping"
    if trainer.get("accumulate_grad_batches", 1) != 1:
        yield (
            "trainer.accumulate_grad_batches must be left out: an update takes one minibatch,"
            " whose examples batch normalisation sees together; raise data.batch_size"
        )
    for name, (neutral, instead) in WITHOUT_EFFECT.items():
        if name in trainer and not any(same_setting(trainer[name], value) for value in neutral):
            yield f"trainer.{name} (={trainer[name]}) does nothing here: {instead}"
    if trainer.get("strategy") == "ddp":
        yield (
            "trainer.strategy (=ddp) wants the gradients of all parameters at once, and each update"
            " has those of one network: give trainer=ddp, or ddp_find_unused_parameters_true"
        )
    every = trainer.get("log_every_n_steps")
    if isinstance(every, int) and every < 1:
        yield f"trainer.log_every_n_steps (={every}) must be at least 1 update"
    precision = trainer.get("precision", "32-true")
    on_cpu = trainer.get("accelerator") == "cpu"
    if precision not in PRECISIONS or (precision == "16-mixed" and on_cpu):
        yield (
            f"trainer.precision (={precision}) must be 32-true, bf16-mixed or, on a GPU, 16-mixed"
        )


def same_setting(one: Any, other: Any) -> bool:
    """Whether two values mean the same to Lightning: 1 is one batch, and 1.0 all of them."""
    return one == other and (one != 1 or type(one) is type(other))


def graph_errors(model: Any, trainer: Any, callbacks: Any) -> Iterator[str]:
    """What would end or prevent the capture of an iteration as a CUDA graph."""
    if not isinstance(model, dict) or not isinstance(trainer, dict) or not model.get("graph"):
        return
    alone = {"accelerator": "gpu", "devices": 1, "num_nodes": 1, "strategy": "auto"}
    if any(trainer.get(name, value) != value for name, value in alone.items()):
        yield "model.graph needs one GPU: give trainer=graph, or model.graph=false"
    if trainer.get("precision") == "16-mixed":
        # The scale of the loss is decided in Python, at each step.
        yield "model.graph does not go with trainer.precision (=16-mixed): give bf16-mixed"
    if trainer.get("detect_anomaly"):
        yield "model.graph does not go with trainer.detect_anomaly, which looks at each gradient"
    every = trainer.get("log_every_n_steps")
    if isinstance(every, int) and every < 2:
        yield "trainer.log_every_n_steps must be at least 2, or model.graph has nothing to replay"
    curves = callbacks.get("curves") if isinstance(callbacks, dict) else None
    looks = curves.get("every_n_updates") if isinstance(curves, dict) else None
    if isinstance(every, int) and isinstance(looks, int) and every > 0 and looks % every:
        yield (
            f"callbacks.curves.every_n_updates (={looks}) must be a multiple of"
            f" trainer.log_every_n_steps (={every}): model.graph shows gradients only then"
        )


def fits(value: Any, hint: Any) -> bool:
    """Whether a plain value may stand for a parameter of this type; unknown types take anything."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(value, dict) and "_target_" in value:
        return True
    if hint is Instantiable:
        return False
    if origin in (Union, types.UnionType):
        return any(fits(value, argument) for argument in arguments)
    if origin is Literal:
        return value in arguments
    if hint in (None, type(None)):
        return value is None
    if hint is bool:
        return isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is float:
        # An int beyond all floats is none.
        atomic_write = (
            isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**1023
        )
        return atomic_write or isinstance(value, float)
    if hint is str:
        return isinstance(value, str)
    kind = origin or hint
    if inspect.isclass(kind) and issubclass(kind, Mapping):
        return isinstance(value, dict)
    if inspect.isclass(kind) and issubclass(kind, Sequence):
        return isinstance(value, list) and all(fits(v, a) for v in value for a in arguments[:1])
    return True


def dotted(node: Any, path: str = "") -> Iterator[str]:
    """The path of every setting and every node in a configuration, but names of classes."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if name != "_target_":
            yield f"{path}{name}"
            yield from dotted(value, f"{path}{name}.")


def ends_in(last: str, paths: typing.Iterable[str]) -> list[str]:
    """Those of the paths whose last part this is."""
    return [path for path in paths if path.rpartition(".")[2] == last]


def describe(hint: Any) -> str:
    """A type as people write it: `float`, `list[int]`, `'normal' or 'uniform'`."""
    if typing.get_origin(hint) is Literal:
        return " or ".join(map(repr, typing.get_args(hint)))
    if hint is Instantiable:
        return "an option of a group, or a node with a _target_"
    if typing.is_typeddict(hint):
        return "dict"
    return hint.__name__ if inspect.isclass(hint) and not typing.get_args(hint) else str(hint)


def nearest(word: str, names_here: typing.Iterable[str]) -> str:
    """`: did you mean x?`, or the list of what is known when nothing is near."""
    names = [name for name in names_here if name != "self"]
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f": did you mean {close[0]}?"
    return f": known are {', '.join(sorted(names))}" if names else ""
