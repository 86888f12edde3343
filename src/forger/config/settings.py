"""The settings of `forger train`, and the lists of groups that follow from them.

conf/train.yaml says what each setting means.
"""

import typing
from dataclasses import dataclass, fields
from typing import Any, NewType


class Instantiable(dict):
    """What a group's option is: a node with a `_target_`."""


# A group that takes any number of options has a node for each.
AnyNumber = dict[str, Instantiable]
# Name of a network, in groups that have a node for each.
Network = NewType("Network", str)


@dataclass
class StartSettings:
    """Settings of a start: they are no part of what is trained."""

    name: str
    resume: str | None
    repeat: str | None
    trust: list[str]


@dataclass
class Parts:
    """The groups that a GAN is made of."""

    generator: Instantiable
    discriminator: Instantiable
    loss: Instantiable
    penalty: AnyNumber
    term: AnyNumber
    augment: AnyNumber
    optimizer: dict[Network, Instantiable]
    schedule: dict[Network, Instantiable | None]


@dataclass
class Train(Parts, StartSettings):
    """Settings of `forger train`: one node for each group, and a few values."""

    seed: int | None
    objective: str
    start: str | None
    model: Instantiable
    data: Instantiable
    trainer: Instantiable
    callbacks: AnyNumber
    metrics: AnyNumber
    logger: AnyNumber | Instantiable | None
    # A node for each logger; runs up to 0.1.0 have one node without a name, or null.


def names(settings: type, kind: Any = None) -> tuple[str, ...]:
    """The names of a dataclass's settings, or of those of one type."""
    hints = typing.get_type_hints(settings)
    return tuple(f.name for f in fields(settings) if kind is None or hints[f.name] == kind)


NOT_PART_OF_RUN = names(StartSettings)
PARTS = names(Parts)
# The networks of every GAN; a model may have more, as settings of its own.
NETWORKS = ("generator", "discriminator")
# The groups that decide what is trained; the others only observe.
TRAINED = ("model", *PARTS, "data", "trainer")
MULTI_OPTION_GROUPS = names(Train, AnyNumber)
# Groups that take a list; of runs up to 0.1.0 logger is no node for each option.
LIST_GROUPS = (*MULTI_OPTION_GROUPS, "logger")
# Groups with a node for each network.
NETWORK_GROUPS = tuple(
    name
    for name, hint in typing.get_type_hints(Parts).items()
    if typing.get_args(hint)[:1] == (Network,)
)
