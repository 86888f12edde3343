"""Rules for settings of a run that would not work together, or would have no effect."""

from collections.abc import Iterator
from typing import Any

from forger.config.settings import MULTI_OPTION_GROUPS, NETWORK_GROUPS, NETWORKS
from forger.config.trainer_rules import graph_errors, trainer_errors

# Settings of schedules that are a number of updates, and what would happen after it.
SCHEDULE_ENDS = {
    "T_max": "the rate would rise again after it",
    "total_iters": "the rate would be 0 after it",
    "total_steps": "it has no rate after it",
}
# Callbacks of Lightning that do not work with two optimizers, the reason and the remedy.
UNSUITABLE_CALLBACKS = {
    "StochasticWeightAveraging": "averages the weights of one optimizer, and a GAN has two:"
    " model.ema_halflife averages the generator",
    "GradientAccumulationScheduler": "does not work with two optimizers: raise data.batch_size with"
    " model=accumulated_gradients",
    "LearningRateFinder": "looks for the rate of one optimizer, and a GAN has two: +sweep=rates"
    " tries rates of both",
    "BatchSizeFinder": "would train with another data.batch_size than the run records: give"
    " data.batch_size=...",
}


def run_errors(plain: dict[str, Any]) -> Iterator[str]:
    """Every fault of a configuration of `forger train` that is more than a wrong type."""
    # That of `forger new` is the name of a package.
    if "trainer" in plain:
        yield from name_errors(plain.get("name"))
    yield from network_errors(plain)
    yield from rate_errors(plain.get("optimizer"))
    yield from average_errors(plain.get("model"))
    yield from schedule_errors(plain.get("schedule"), plain.get("trainer"))
    yield from callback_errors(plain.get("callbacks"))
    yield from trainer_errors(plain.get("trainer"))
    # Last, since its rules assume a valid trainer.
    yield from graph_errors(plain.get("trainer"), plain.get("callbacks"), plain.get("term"))


def name_errors(name: Any) -> Iterator[str]:
    """Names of runs that are no folder of their own."""
    # A name with .. in it would be a folder outside of outputs/.
    if isinstance(name, str) and (not name.strip("./ ") or ".." in name.split("/")):
        yield f"name (={name}) must name one folder: give another place by hydra.run.dir=..."


def several_errors(plain: dict[str, Any]) -> Iterator[str]:
    """Options of groups that take several, whose file does not say their name."""
    for group in MULTI_OPTION_GROUPS:
        if isinstance(node := plain.get(group), dict) and isinstance(node.get("_target_"), str):
            yield (
                f"{group}._target_ (={node['_target_']}) stands under no name: write in the file of"
                " the option a line NAME: and below it, indented, _target_ and the settings"
            )


def network_errors(plain: dict[str, Any]) -> Iterator[str]:
    """Groups that have one node for each network: both, and those that the model has beside."""
    model = plain.get("model")
    others = model.keys() if isinstance(model, dict) else set()
    for group in NETWORK_GROUPS:
        given = plain.get(group)
        if isinstance(given, dict) and not set(NETWORKS) <= given.keys() <= {*NETWORKS, *others}:
            names = " and ".join(map(str, given)) or "nothing"
            yield f"{group} has {names}: give {group}.generator and {group}.discriminator"


def rate_errors(optimizers: Any) -> Iterator[str]:
    """Learning rates that would not learn: torch's optimizers accept 0."""
    for name, optimizer in optimizers.items() if isinstance(optimizers, dict) else ():
        rate = optimizer.get("lr", 1.0) if isinstance(optimizer, dict) else 1.0
        if not isinstance(rate, int | float) or isinstance(rate, bool) or rate <= 0:
            yield f"optimizer.{name}.lr (={rate}) must be a positive number, such as 2e-4"


def average_errors(model: Any) -> Iterator[str]:
    """A decay, say, where a number of images is meant, or a fraction that is none."""
    model = model if isinstance(model, dict) else {}
    halflife, rampup = model.get("ema_halflife"), model.get("ema_rampup")
    if isinstance(rampup, int | float) and rampup <= 0:
        yield f"model.ema_rampup (={rampup}) must be a positive fraction, such as 0.05, or null"
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
                f"callbacks.{name}.train_time_interval has no effect here: give"
                " callbacks.checkpoint.every_n_minutes"
            )
