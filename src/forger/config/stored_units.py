"""The units that a checkpoint says its examples have."""

from pathlib import Path

from forger.config.hints import type_errors
from forger.data.units import Units, units_of
from forger.errors import ForgerError
from forger.gan import GAN


def check_units(gan: GAN, checkpoint: Path) -> None:
    """Raises ForgerError if they are not those of the columns, or channels, of the GAN's examples.

    Its file may come from a stranger.
    """
    if (units := units_of(gan.config)) is None:
        return
    fault = next(type_errors(units, Units, "units"), None)
    columns = gan.sample(1, seed=0).shape[1]
    if fault is None:
        # A mean and a deviation, or neither.
        scaled = (units["mean"], units["deviation"])
        lists = [units["names"], *(scaled if scaled != (None, None) else ())]
        if {len(part or ()) for part in lists} != {columns}:
            fault = f"units are not of {columns} columns, as examples are"
    if fault:
        raise ForgerError(f"{checkpoint} is damaged: {fault}; give another one")
