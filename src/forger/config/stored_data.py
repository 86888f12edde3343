"""The data that a checkpoint's GAN was trained on."""

from collections.abc import Collection, Mapping
from pathlib import Path

from omegaconf import OmegaConf

from forger.config.build import open_data
from forger.config.load import stored
from forger.config.schema import check_parts
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN


def open_stored_data(
    gan: GAN, place: Mapping[str, str | None], trust: Collection[str], checkpoint: Path
) -> InMemory:
    """The data that a GAN was trained on, with all splits read.

    place: new settings of the data, such as the folder they are in now; None: those of the run.
    Raises ForgerError for one that these data do not have.
    """
    given = {name: value for name, value in place.items() if value is not None}
    settings = {f"data.{name}" for name in given}
    config = stored({"config": gan.config}, ["data"], trust, checkpoint, settings)
    check_parts(gan.config, ("data",))
    for name in given:
        if name not in config.data:
            raise ForgerError(f"data.{name} is not a setting of {config.data._target_}: remove it")
    # Only settings of places and the evaluator are replaced, so the data stay the same.
    config.data = OmegaConf.to_container(config.data) | given  # pyright: ignore
    return open_data(config)
