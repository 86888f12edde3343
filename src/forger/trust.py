"""What a stored configuration may name: its file perhaps came from a stranger."""

import inspect
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from hydra.utils import get_object
from omegaconf import DictConfig, OmegaConf

from forger.errors import ForgerError

# A class defined in one of these is only made, from plain values, and to make it runs nothing of
# the file's choice. The rest of torch, Lightning, torchvision and torchmetrics has classes that
# start processes, compile or unpickle; and no function is safe, of whatever package. Where a class
# is defined counts, not the name it goes by: forger.record.subprocess.Popen is a name as well.
CLASSES = (
    "forger",
    "torch.nn",
    "torch.optim",
    "torchvision.datasets.mnist",
    "pytorch_lightning.callbacks",
    "pytorch_lightning.loggers.tensorboard",
    "pytorch_lightning.trainer",
)
FUNCTIONS = ("forger.data.toys.grid", "forger.data.toys.ring", "hydra.utils.get_class")


def check_trust(config: DictConfig, trust: Collection[str], file: Path | str) -> None:
    """See that each `_target_` of a configuration from `file` is one of the above, or in `trust`.

    trust: packages, modules or full names that may be made, or called, as well.
    Raises ForgerError naming the first that is not; no module outside of these is imported.
    """
    for path, target in targets(OmegaConf.to_container(config, resolve=True), ""):
        if not trusted(target, trust):
            package = str(target).partition(".")[0]
            raise ForgerError(
                f"{path} (={target}) in {file} is nothing that Forger would make of a file's own"
                f" accord, since it could run any code: if you trust the file, give"
                f" trust=[{package}]"
            )


def trusting(config: DictConfig) -> str:
    """What a command on a run of this configuration must end in, or nothing: see `check_trust`.

    From names alone: nothing is imported.
    """
    found = {
        str(target).partition(".")[0] for _, target in targets(OmegaConf.to_container(config), "")
    }
    known = {name.partition(".")[0] for name in (*CLASSES, *FUNCTIONS)}
    # Interpolations are among the targets.
    packages = sorted(name for name in found - known if name.isidentifier())
    # In quotes, since zsh takes brackets for a pattern.
    return f" 'trust=[{','.join(packages)}]'" if packages else ""


def targets(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every name that `instantiate` would look up, and where it stands.

    A text that is still an interpolation once all are resolved could become another's name: it is
    among them, and no package is called so.
    """
    if isinstance(node, dict):
        if "_target_" in node:
            yield f"{path}._target_".lstrip("."), node["_target_"]
        if node.get("_target_") == "hydra.utils.get_class":
            yield f"{path}.path", node.get("path")
        for key, value in node.items():
            yield from targets(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from targets(value, f"{path}[{i}]")
    elif isinstance(node, str) and "${" in node:
        yield path, node


def trusted(target: Any, trust: Collection[str]) -> bool:
    if not isinstance(target, str):
        return False
    if target in (*FUNCTIONS, *trust):
        return True
    # To import is to run: first the name, then where it leads.
    if not within(target, [*(name.partition(".")[0] for name in CLASSES), *trust]):
        return False
    try:
        found = get_object(target)
    except Exception as error:
        raise ForgerError(f"{target} cannot be imported: {error}") from error
    home = str(getattr(found, "__module__", ""))
    return within(home, trust) or (inspect.isclass(found) and within(home, CLASSES))


def within(name: str, packages: Collection[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
