"""What a search chooses among."""

from typing import Any

from hydra.core.override_parser.types import Override
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

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


def example(override: Override) -> str:
    """A setting of a trial: with the first value where there are several."""
    if not override.is_sweep_override():
        return str(override.input_line)
    values: Any = distribution(override)
    first = values.choices[0] if isinstance(values, CategoricalDistribution) else values.low
    return f"{override.get_key_element()}={first}"
