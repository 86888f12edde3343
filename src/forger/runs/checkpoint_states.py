"""The states of loops, optimizers and callbacks in a checkpoint, checked before a run resumes."""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from forger.config.places import leads_out
from forger.errors import ForgerError, first_line


def keep_paths_in_run(gan: LightningModule, checkpoint: dict[str, Any]) -> None:
    """Before callbacks look at a checkpoint that is read: `GAN.on_load_checkpoint`."""
    callbacks: list[Callback] = gan.trainer.callbacks  # pyright: ignore
    run = Path(gan.trainer.default_root_dir)
    check_state_names(checkpoint.get("callbacks", {}), callbacks, run)


def check_state_names(states: dict[str, Any], callbacks: Iterable[Callback], run: Path) -> None:
    """Let callbacks find no path in their stored states but names in the run's own folder.

    states: those of a checkpoint, which perhaps came from a stranger, changed in place. Lightning's
    ModelCheckpoint, and what is made of it, removes the files that its state names.
    """
    for callback in callbacks:
        folder = Path(getattr(callback, "dirpath", None) or run / "checkpoints")
        if not folder.resolve().is_relative_to(run.resolve()):
            folder = None  # outside of the run: no path is allowed
        for key in {callback.state_key, callback._legacy_state_key} & states.keys():
            state = renamed(states[key], folder)
            if isinstance(callback, ModelCheckpoint) and isinstance(state, dict):
                for name in ("best_model_path", "kth_best_model_path", "last_model_path"):
                    state[name] = own_name(str(state.get(name, "")), folder)
                models = dict(state.get("best_k_models", {}))
                state["best_k_models"] = {own_name(str(p), folder): s for p, s in models.items()}
                state["best_k_models"].pop("", None)
                state["dirpath"] = str(folder or "")
            states[key] = state


def renamed(node: Any, folder: Path | None) -> Any:
    """A stored state in which each path that leads anywhere is a name in the folder."""
    if isinstance(node, dict):
        return {renamed(key, folder): renamed(value, folder) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)([renamed(value, folder) for value in node])
    return own_name(node, folder) if isinstance(node, str) and leads_out(node) else node


def own_name(path: str, folder: Path | None) -> str:
    """The last part of a path, in the folder; empty if there is none."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return "" if folder is None or name in ("", ".", "..") else str(folder / name)


def state_errors(
    states: dict[str, Any],
    optimizers: Mapping[str, Optimizer],
    schedules: Mapping[str, LRScheduler],
    callbacks: Iterable[Callback],
    loop: dict[str, Any],
    known: bool,
) -> Iterator[str]:
    """Faults in the states of a checkpoint, without its weights, that a resumed run would read.

    states: the checkpoint's contents. optimizers, schedules: new ones of the run, after a step, so
    that they show what theirs must be; callbacks: those of the run, which stay as they are. loop:
    the state of a new loop of updates. known: whether the data are read by a loader of Forger's.
    """
    by = states.get("pytorch-lightning_version", "2.0")
    # PEP 440, as Lightning would parse it.
    version = r"\d+(\.\d+)*((a|b|rc|\.dev|\.post)\d+)*(\+\S+)?"
    if not isinstance(by, str) or not re.fullmatch(version, by):
        yield f"pytorch-lightning_version (={by}) is not a version"
    yield from loop_errors(states["loops"], loop, known)
    for key, new in (("optimizer_states", optimizers), ("lr_schedulers", schedules)):
        found = states.get(key, [])
        if len(found) != len(new):
            yield f"{key} has {len(found)} entries, but the run has {len(new)}"
        for state, (name, part) in zip(found, new.items(), strict=False):
            yield from unlike(state, part.state_dict(), f"{key}.{name}")
    for callback in callbacks:
        state = states.get("callbacks", {}).get(callback.state_key)
        # Other callbacks check their own states, in their own way.
        if state is not None and type(callback).__module__.startswith("forger."):
            try:
                # A trial on a copy: the run's own callback is loaded by Lightning later.
                copy.deepcopy(callback).load_state_dict(copy.deepcopy(state))
            except ForgerError:
                raise  # Not damaged: the callback has other settings, and says what to do.
            except Exception as error:
                yield f"callbacks.{callback.state_key} cannot be loaded: {first_line(error)}"


def loop_errors(loops: dict[str, Any], loop: dict[str, Any], known: bool) -> Iterator[str]:
    """Faults in the states of loops; loop: the state of a new loop of updates."""
    if not isinstance(found := loops.get("fit_loop"), dict):
        yield "loops lacks fit_loop"
    elif not known:
        # A loader of one's own reads its state in its own way.
        loops = {**loops, "fit_loop": {**found, "state_dict": {}}}
    else:
        of_data = found.get("state_dict")
        loaders = of_data.get("combined_loader", []) if isinstance(of_data, dict) else [None]
        if not isinstance(loaders, list) or not all(map(is_position, loaders)):
            yield "loops.fit_loop lacks the position in the data"
    for path, value in leaves(loops, "loops"):
        if value is not None and not (isinstance(value, int) and 0 <= value < 2**63):
            yield f"{path} (={value}) is not a count"
    yield from unlike(loops.get("fit_loop"), loop, "loops.fit_loop")


def is_position(state: Any) -> bool:
    """Whether this is the state of a loader of minibatches."""
    # Before, a position was a number of iterations.
    names = ("epoch", "taken", "size"), ("epoch", "position")
    return isinstance(state, dict) and any(
        all(isinstance(state.get(name), int) for name in known) for known in names
    )


def leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What is in dictionaries and lists, at any depth, and where."""
    if isinstance(node, dict | list | tuple):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(value, f"{path}.{key}")
    else:
        yield path, node


def unlike(found: Any, wanted: Any, path: str) -> Iterator[str]:
    """Where a stored state is of another kind or shape than a new one; it may lack settings."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        # A frozen parameter has no state, and versions of torch differ in their settings.
        is_node = re.fullmatch(r"optimizer_states\.\w+(\.state\.\d+)?", path)
        for key in wanted.keys() if is_node else wanted.keys() & found.keys():
            if key in found:
                yield from unlike(found[key], wanted[key], f"{path}.{key}")
            else:
                yield f"{path} lacks {key}"
    elif isinstance(wanted, list | tuple) and isinstance(found, list | tuple):
        if len(found) != len(wanted):
            yield f"{path} has {len(found)} parts, not {len(wanted)}"
        for i, (one, other) in enumerate(zip(found, wanted, strict=False)):
            yield from unlike(one, other, f"{path}.{i}")
    # Python numbers and scalar tensors stand for each other in optimizer states.
    elif isinstance(wanted, int | float | torch.Tensor):
        number = isinstance(found, int | float | torch.Tensor)
        if not number or torch.as_tensor(found).shape != torch.as_tensor(wanted).shape:
            what = list(found.shape) if isinstance(found, torch.Tensor) else type(found).__name__
            shape = list(torch.as_tensor(wanted).shape)
            yield f"{path} is {what}, not {shape or 'a number'}"
    elif isinstance(wanted, dict | list | tuple):
        yield f"{path} is {type(found).__name__}, not {type(wanted).__name__}"
