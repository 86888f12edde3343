"""Checks that callbacks fit this GAN and these data."""

import math

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback

from forger.callbacks import overfitting
from forger.callbacks.curves import CHARTS, Curves
from forger.callbacks.measure import Measure
from forger.checks import enough_memory
from forger.config.build import sample_bytes
from forger.config.messages import nearest
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN

# Settings of callbacks that are, or make together, a number of samples.
COUNTS = (("n",), ("rows", "columns"), ("lines",))


def check_counts(config: DictConfig, gan: GAN) -> None:
    """Raises ForgerError for a callback that would draw more samples than the memory takes."""
    for name, node in config.callbacks.items():
        for keys in COUNTS:
            counts = {f"callbacks.{name}.{key}": node[key] for key in keys if key in node}
            if node._target_.startswith("forger.callbacks.") and counts:
                enough_memory(math.prod(counts.values()) * sample_bytes(gan), **counts)


def check_callbacks(trainer: Trainer, gan: GAN, data: InMemory) -> None:
    """Raises ForgerError if a callback of ours, or a child, does not fit this GAN or these data."""
    for callback in trainer.callbacks:  # pyright: ignore[reportAttributeAccessIssue]
        # Others may mean something else by check.
        ours = [kind for kind in type(callback).__mro__ if kind.__module__.startswith("forger.")]
        if any(hasattr(kind, "check") for kind in ours):
            callback.check(gan, data)


def prepared(measure: Measure, config: DictConfig, gan: GAN, data: InMemory) -> set[str]:
    """`Measure.prepare`, whose error names what to remove for a run without measurements."""
    try:
        return measure.prepare(gan, data)
    except ForgerError as error:
        nodes = config.callbacks.items()
        follow = [name for name, node in nodes if str(node.get("monitor")).startswith("metric/")]
        remove = " ".join(f"~callbacks.{name}" for name in ("measure", *follow))
        raise ForgerError(f"{error}, or give {remove}") from error


def measured_values(
    config: DictConfig, callbacks: list[Callback], gan: GAN, data: InMemory
) -> set[str]:
    """The names of all values that callbacks of ours measure; tries all metrics."""
    measured: set[str] = set()
    for callback in callbacks:
        if isinstance(callback, Measure):
            measured |= prepared(callback, config, gan, data)
        if isinstance(callback, Curves):
            measured |= {name for names in CHARTS.values() for name in names}
            measured.add("time/images_per_second")
        if isinstance(callback, overfitting.Overfitting):
            measured |= set(overfitting.CURVES)
    return measured


def check_monitors(config: DictConfig, trainer: Trainer, gan: GAN, data: InMemory) -> None:
    """Try all metrics; raises ForgerError if a callback waits for a value that is never measured.

    Only says so where callbacks or a model of one's own may measure it.
    """
    callbacks: list[Callback] = trainer.callbacks  # pyright: ignore
    measured = measured_values(config, callbacks, gan, data)

    def is_measured(name: str) -> bool:
        # A value for each class, for example, is missing for few samples.
        return any(name == n or name.startswith(f"{n}_") for n in measured)

    ours = ("forger.", "pytorch_lightning.")
    own = [part for part in (gan, *callbacks) if not type(part).__module__.startswith(ours)]
    for name, node in config.callbacks.items():
        monitor = node.get("monitor")
        if not monitor or is_measured(monitor):
            continue
        kind = monitor.partition("/")[0]
        alike = {value for value in measured if value.partition("/")[0] == kind} or measured
        written = OmegaConf.to_container(node, resolve=False)
        follows = isinstance(written, dict) and written["monitor"] == "${objective}"
        setting = "objective" if follows else f"callbacks.{name}.monitor"
        near = nearest(monitor, alike)
        other = " Or give" if near.endswith("?") else "; or give"
        sentence = f"{setting} (={monitor}) is not measured{near}{other} ~callbacks.{name}"
        if not own:
            raise ForgerError(sentence)
        if trainer.is_global_zero:
            print(f"monitor  {sentence}, unless {type(own[0]).__name__} measures it")
    metrics = {name for name in measured if name.startswith("metric/")}
    if metrics and not is_measured(config.objective) and trainer.is_global_zero:
        near = nearest(config.objective, metrics)
        print(f"monitor  objective (={config.objective}) is not measured{near}")
