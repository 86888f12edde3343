"""What is measured of a checkpoint where the user chooses nothing, or what depends on its data."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from forger.config.conf_folder import CONF
from forger.config.load import read, stored
from forger.config.origins import reference
from forger.config.schema import check_parts
from forger.data.memory import InMemory
from forger.gan import GAN
from forger.runs.folder import find_checkpoint

# Most samples in a set, unless more are asked for: as many as there are test images of MNIST.
MOST = 10_000


def as_many(data: InMemory, split: str) -> int:
    """How many samples are compared with a split: as many as it has examples, up to `MOST`.

    Coverage and distances depend on both numbers.
    """
    return max(1, min(MOST, len(data.splits[split].examples)))


def take_from_data(metrics: DictConfig, ckpt: str) -> None:
    """Give metrics the settings that they have from the data of a run, as a mixture its centres."""
    plain: Any = OmegaConf.to_container(metrics, resolve=False)
    wanted = [
        (metrics[name], key, source.removeprefix("data."))
        for name, node in plain.items()
        for key, value in (node.items() if isinstance(node, dict) else ())
        if (source := reference(value) or "").startswith("data.")
    ]
    if not wanted:
        return
    data = read(find_checkpoint(ckpt))["config"].get("data")
    for node, key, setting in wanted:
        found = data.get(setting) if isinstance(data, dict) else None
        # A stranger's interpolation is not to be resolved.
        if found is not None and "${" not in str(found):
            node[key] = found


def metrics_of_points(config: DictConfig, gan: GAN, checkpoint: Path) -> DictConfig:
    """The metrics that were asked for in place of those of images, or else those of the run.

    What was added to those of images by +metrics=... is added to those of the run.
    """
    chosen = OmegaConf.load(CONF / "evaluate.yaml").defaults
    of_images = next(set(entry.metrics) for entry in chosen if "metrics" in entry)
    if not of_images <= config.metrics.keys():
        return config.metrics
    own = stored({"config": gan.config}, ["metrics"], config.trust, checkpoint).metrics
    check_parts(gan.config, ["metrics"])
    with open_dict(own):
        own.update({name: node for name, node in config.metrics.items() if name not in of_images})
    return own
