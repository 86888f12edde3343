"""Trained GANs that come with Forger, as the checkpoint `zoo:NAME`."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from forger.errors import ForgerError
from forger.runs.files import atomic_write, read, readable, write_json
from forger.runs.version import version

if TYPE_CHECKING:
    from torch import Tensor

ZOO = Path(__file__).parent.parent / "zoo"
PREFIX = "zoo:"
REMEDY = "install Forger again"


class About(TypedDict):
    """What the JSON file beside the weights tells."""

    sha256: str
    # The command that trained them.
    command: str
    # What `forger evaluate` measured: its metrics.json.
    results: dict[str, Any]


def names() -> list[str]:
    """The trained GANs that come with Forger."""
    return sorted(file.stem for file in ZOO.glob("*.safetensors"))


def find_trained(given: str) -> Path:
    """The file that `zoo:NAME` stands for, whose checksum is right; raises ForgerError if not."""
    name = given.removeprefix(PREFIX)
    if name not in names():
        choices = ", ".join(f"{PREFIX}{choice}" for choice in names())
        raise ForgerError(f"{given} does not come with Forger: give one of {choices}")
    path = ZOO / f"{name}.safetensors"
    with readable(path, REMEDY):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != about(path)["sha256"]:
        raise ForgerError(f"{path} does not match {name}.json: {REMEDY}")
    return path


def about(path: Path) -> About:
    """What is told of a trained GAN; raises ForgerError for a damaged file."""
    return read(path.with_suffix(".json"), json.loads, About, REMEDY)


def write_trained(
    path: Path,
    config: dict[str, Any],
    weights: dict[str, "Tensor"],
    updates: int,
    command: str,
    results: dict[str, Any],
) -> None:
    """Write the weights of a GAN by their names in its state, and the JSON file beside them.

    The configuration and the number of updates are in the metadata.
    """
    # Here, since the command line starts without torch.
    from safetensors.torch import save

    facts = {"config": config, "global_step": updates, "forger_version": version()}
    # In their plain order: safetensors takes no other memory format.
    plain = {name: weight.contiguous().clone() for name, weight in weights.items()}
    content = save(plain, {"forger": json.dumps(facts)})
    told = About(sha256=hashlib.sha256(content).hexdigest(), command=command, results=results)
    with atomic_write(path) as partial:
        partial.write_bytes(content)
    write_json(path.with_suffix(".json"), told)


def read_trained(path: Path) -> dict[str, Any]:
    """The contents of such a file, as those of a checkpoint."""
    from safetensors import safe_open

    with readable(path, REMEDY), safe_open(path, "pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return json.loads(file.metadata()["forger"]) | {"state_dict": weights}
