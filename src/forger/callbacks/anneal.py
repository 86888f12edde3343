"""A number of the game that moves while a run trains."""

from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from inspect import signature
from typing import Any

from pytorch_lightning import Callback, Trainer

from forger.data.memory import InMemory
from forger.errors import ForgerError, try_call
from forger.gan import GAN

PARTS = ("loss", "penalty", "term", "augment")


class Anneal(Callback):
    """Move a number along a straight line, such as gamma of R1 or the weight of a term.

    setting: its path, in loss, penalty, term or augment. start, end: its values up to the first of
    `updates` and from the last on. It follows from the number of the update alone, so a resumed run
    goes on as if it had not stopped. Raises ForgerError if there is no such number, for one that
    its setting does not take, unless `updates` are two that rise, and for a resumed run that would
    move it along another line.
    """

    def __init__(self, setting: str, start: float, end: float, updates: tuple[int, int]) -> None:
        if len(updates) != 2 or not 0 <= updates[0] < updates[1]:
            raise ForgerError(f"updates (={list(updates)}) must be two that rise, as in [0,1000]")
        self.setting = setting
        self.start, self.end = start, end
        self.first, self.last = updates

    def check(self, gan: GAN, data: InMemory) -> None:
        """Raises ForgerError for an end of the line that the number may not have in a setting."""
        owner, name = self.owner(gan)
        taken = signature(type(owner)).parameters
        settings = {key: getattr(owner, key) for key in taken if hasattr(owner, key)}
        try:
            # Copies, since a constructor may change what it is given.
            make = partial(type(owner), **deepcopy(settings))
            make()
        except Exception:
            # A class that keeps a setting in another form does not say what it takes.
            return
        for value in (self.start, self.end):
            try_call(partial(make, **{name: value}), f"callbacks.anneal, of {self.setting}")

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        self.found = self.owner(gan)

    def on_train_batch_start(self, trainer: Trainer, gan: GAN, batch: Any, batch_idx: int) -> None:
        setattr(*self.found, self.value(gan.global_step))

    def value(self, update: int) -> float:
        """The number in the update that follows so many."""
        progress = min(max((update - self.first) / (self.last - self.first), 0.0), 1.0)
        return self.start + progress * (self.end - self.start)

    @property
    def line(self) -> list[float]:
        return [self.start, self.end, self.first, self.last]

    @property
    def state_key(self) -> str:
        # One for each of several.
        return f"Anneal {self.setting}"

    def state_dict(self) -> dict[str, Any]:
        return {"line": self.line}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # The end of `updates` may follow trainer.max_steps, and the number would jump.
        if state_dict["line"] != self.line:
            start, end, *updates = state_dict["line"]
            raise ForgerError(
                f"{self.setting} cannot be annealed along another line on resume: keep"
                f" callbacks.anneal.start={start} callbacks.anneal.end={end}"
                f" 'callbacks.anneal.updates={updates}', or start a new run by start=..."
            )

    def owner(self, gan: GAN) -> tuple[Any, str]:
        """The object that has the number, and the number's name there."""
        part, *path = self.setting.split(".")
        found: Any = getattr(gan, part) if part in PARTS else None
        for name in path[:-1]:
            found = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
        if not path or not is_number(found, path[-1]):
            raise ForgerError(
                f"callbacks.anneal.setting (={self.setting}) is not a number of this run's"
                f" {', '.join(PARTS[:-1])} or {PARTS[-1]}, or is a count: give one of these that"
                " is no count, or ~callbacks.anneal"
            )
        return found, path[-1]


def is_number(owner: Any, name: str) -> bool:
    """Whether an object has this number from its settings, and it is no count, such as `every`."""
    if type(getattr(owner, name, None)) not in (int, float):
        return False
    setting = signature(type(owner)).parameters.get(name)
    return setting is not None and setting.annotation is not int
