"""What a search chooses among."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    check_distribution_compatibility,
)
from optuna.study import Study

from forger.config.signatures import arguments_of
from forger.errors import ForgerError


def distribution(override: Override) -> BaseDistribution:
    """What a sweep of Hydra's lets choose: any of a list, a number of a range or of an interval.

    Raises ForgerError if it is none that Optuna can choose from.
    """
    sweep: Any = override.value()
    try:
        if override.is_interval_sweep():
            low, high, step = sweep.start, sweep.end, None
        elif override.is_range_sweep():
            numbers = sorted(sweep.range())
            low, high, step = numbers[0], numbers[-1], abs(sweep.step)
        else:
            return CategoricalDistribution([*override.sweep_string_iterator()])
        if isinstance(low, int) and isinstance(high, int):
            return IntDistribution(low, high, "log" in sweep.tags, step or 1)
        return FloatDistribution(low, high, "log" in sweep.tags, step)
    except (ValueError, IndexError) as error:
        raise ForgerError(f"{override.input_line}: {error}") from error


def check_same(study: Study, space: Mapping[str, BaseDistribution]) -> None:
    """Raises ForgerError for a setting that a study has chosen among other values before.

    Optuna goes on with another interval, but not with another list.
    """
    trials = study.get_trials(deepcopy=False)
    before = {key: chosen for trial in trials for key, chosen in trial.distributions.items()}
    for key in sorted(before.keys() & space.keys()):
        try:
            check_distribution_compatibility(before[key], space[key])
        except ValueError as error:
            raise ForgerError(
                f"{key} was searched over {as_given(before[key])} so far: give it as before, or"
                " another name= for a search of its own"
            ) from error


def as_given(space: Any) -> str:
    """What was given for a distribution, such as 1,2,5 or interval(1,9)."""
    if isinstance(space, CategoricalDistribution):
        return ",".join(map(str, space.choices))
    interval = f"interval({space.low},{space.high})"
    return f"tag(log,{interval})" if space.log else interval


def check_whole(overrides: Sequence[Override], config: DictConfig) -> None:
    """Raises ForgerError for an interval of fractions for a setting that takes whole numbers.

    config: that of a trial.
    """
    for override in filter(Override.is_interval_sweep, overrides):
        node, _, name = override.key_or_group.rpartition(".")
        _, hints, _ = arguments_of(OmegaConf.select(config, f"{node}._target_"))
        if hints.get(name) is int and not isinstance(distribution(override), IntDistribution):
            key, _, value = str(override.input_line).partition("=")
            raise ForgerError(
                f"{key} (={value}) has fractions, and takes whole numbers: give {key}=int({value})"
            )


def examples(overrides: Sequence[Override]) -> Iterator[list[str]]:
    """Trials in which each value of each list stands; of other sweeps, the first value."""
    choices = [list(values_of(override)) for override in overrides]
    for i in range(max(map(len, choices), default=0)):
        yield [values[min(i, len(values) - 1)] for values in choices]


def values_of(override: Override) -> Iterator[str]:
    """The settings that an override stands for, of a list; else the first one."""
    if not override.is_sweep_override():
        yield str(override.input_line)
        return
    space: Any = distribution(override)
    listed = space.choices if isinstance(space, CategoricalDistribution) else [space.low]
    for value in listed:
        yield f"{override.get_key_element()}={value}"
