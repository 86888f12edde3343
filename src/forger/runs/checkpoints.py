"""How checkpoints are written and read, whoever asks: Forger's callbacks, Lightning's, SLURM."""

import copy
import os
import pickletools
import re
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning import Callback, LightningModule
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from forger.config.trust import leads_out
from forger.errors import ForgerError, first_line
from forger.runs.files import atomic_write
from forger.runs.version import version

# What torch.save names in a checkpoint of plain values and tensors. Torch would also call what
# takes memory by a number alone, such as torch.Tensor and bytearray.
NAMES = {
    "_codecs encode",
    "__builtin__ set",
    "__builtin__ complex",
    "collections OrderedDict",
    "collections Counter",
    "torch Size",
    "torch device",
    "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_tensor_v2",
}
# Bytes of an element in each of torch's storages, as they are named there.
WIDTHS = {
    f"torch {name}Storage": width
    for width, names in {
        1: ("Bool", "Byte", "Char"),
        2: ("Short", "Half", "BFloat16"),
        4: ("Int", "Float"),
        8: ("Long", "Double", "ComplexFloat"),
        16: ("ComplexDouble",),
    }.items()
    for name in names
}
NUMBERS = {"BININT", "BININT1", "BININT2", "LONG1"}
MARK, TUPLE = object(), object()


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint under another name, on the disk before it takes the place of the last.

    Lightning's goes by way of the system's temporary folder: from another disk a rename is a copy.
    Raises ForgerError if one cannot be written, and the one before stays; or if one that is read
    states sizes that it does not have.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        # In memory first: of a full disk torch's own writer says no more than "unexpected pos".
        buffer = BytesIO()
        torch.save(checkpoint, buffer)
        with atomic_write(Path(path)) as partial, partial.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())

    def load_checkpoint(self, path: str | Path, *arguments: Any, **settings: Any) -> dict[str, Any]:
        check_sizes(Path(path))
        return super().load_checkpoint(path, *arguments, **settings)

    def remove_checkpoint(self, path: str | Path) -> None:
        # Lightning's would remove a folder with all that is in it, and what an address leads to.
        if Path(path).is_file():
            Path(path).unlink()


def check_sizes(checkpoint: Path) -> int:
    """See that a checkpoint holds all the bytes that it states, before torch makes room for them.

    Torch takes the size of a tensor from the file's list of contents, unpacks what is packed, and
    reads beyond the end of a record that is smaller than stated.
    Returns the bytes of its contents without the numbers of its tensors.
    Raises ForgerError if the file is none that torch.save would write.
    """
    try:
        with ZipFile(checkpoint) as file:
            records = file.infolist()
            (contents,) = [r.filename for r in records if r.filename.endswith("/data.pkl")]
            sizes = {r.filename: r.file_size for r in records}
            honest = (
                len(sizes) == len(records)
                and all(r.compress_type == ZIP_STORED for r in records)
                and all(r.file_size == r.compress_size for r in records)
                and sum(sizes.values()) <= checkpoint.stat().st_size
            )
            folder = contents.removesuffix("data.pkl") + "data/"
            stated = stated_sizes(file.read(contents)) if honest else []
        if not honest or any(sizes.get(folder + name) != size for name, size in stated):
            raise ForgerError(
                f"{checkpoint} is damaged or no checkpoint of Forger's: it states more bytes than"
                " it holds"
            )
        return sizes[contents]
    except OSError as error:
        raise ForgerError(f"cannot read {checkpoint}: {error.strerror or error}") from error
    except (ValueError, LookupError, TypeError, BadZipFile, RuntimeError, EOFError) as error:
        if isinstance(error, ForgerError):
            raise
        raise ForgerError(f"{checkpoint} is damaged or no checkpoint of Forger's") from error


def check_plain(contents: Any) -> None:
    """Raises an error unless these contents of a checkpoint could be read again once saved.

    Those are plain values and tensors.
    """
    buffer = BytesIO()
    torch.save(contents, buffer)
    with ZipFile(buffer) as file:
        (name,) = [name for name in file.namelist() if name.endswith("/data.pkl")]
        stated_sizes(file.read(name))
    buffer.seek(0)
    torch.load(buffer, map_location="cpu", weights_only=True)


def stated_sizes(pickled: bytes) -> list[tuple[str, int]]:
    """Name and bytes of each record that tensors of a checkpoint's pickled contents refer to.

    Nothing is unpickled: a reference is always written as the same few values in a row.
    Raises ValueError for anything else, and for names that torch.save does not write.
    """
    found: list[tuple[str, int]] = []
    last: list[Any] = []
    memo: dict[Any, Any] = {}
    for operation, argument, _ in pickletools.genops(pickled):
        name, argument = operation.name, cast(Any, argument)
        if name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = last[-1]
            continue
        if name == "BINPERSID":
            mark, word, storage, record, _, count, end = last[-7:]
            if mark is not MARK or word != "storage" or end is not TUPLE:
                raise ValueError("a reference of another form")
            found.append((record, count * WIDTHS[storage]))
        elif name == "GLOBAL" and not is_written(str(argument)):
            raise ValueError(f"{argument} in it")
        value = {"MARK": MARK, "TUPLE": TUPLE}.get(name)
        if name in NUMBERS or name in ("BINUNICODE", "GLOBAL"):
            value = argument
        elif name in ("BINGET", "LONG_BINGET"):
            value = memo[argument]
        last.append(value)
    return found


def is_written(name: str) -> bool:
    """Whether torch.save writes this name: one of the above, or a type of numbers."""
    number = isinstance(getattr(torch, name.removeprefix("torch "), None), torch.dtype)
    return name in NAMES or name in WIDTHS or (name.startswith("torch ") and number)


def add_configuration(gan: LightningModule, checkpoint: dict[str, Any]) -> None:
    """Before a checkpoint is written: `GAN.on_save_checkpoint`."""
    checkpoint.update(config=gan.config, forger_version=version())


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
            folder = None
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
) -> Iterator[str]:
    """What of a checkpoint, beside its weights, is not what a run that goes on would read.

    states: the checkpoint's contents. optimizers, schedules: new ones of the run, after a step, so
    that they show what theirs must be; callbacks: those of the run, which stay as they are. loop:
    the state of a new loop of updates.
    """
    by = states.get("pytorch-lightning_version", "2.0")
    version = r"\d+(\.\d+)*((a|b|rc|\.dev|\.post)\d+)*(\+\S+)?"
    if not isinstance(by, str) or not re.fullmatch(version, by):
        yield f"pytorch-lightning_version (={by}) is no version"
    if not isinstance(found := states["loops"].get("fit_loop"), dict):
        yield "loops lacks fit_loop"
    else:
        of_data = found.get("state_dict")
        loaders = of_data.get("combined_loader", []) if isinstance(of_data, dict) else [None]
        if not isinstance(loaders, list) or not all(map(is_position, loaders)):
            yield "loops.fit_loop lacks the position in the data"
    for path, value in leaves(states["loops"], "loops"):
        if value is not None and not (isinstance(value, int) and 0 <= value < 2**63):
            yield f"{path} (={value}) is no count"
    yield from unlike(states["loops"].get("fit_loop"), loop, "loops.fit_loop")
    for key, new in (("optimizer_states", optimizers), ("lr_schedulers", schedules)):
        found = states.get(key, [])
        if len(found) != len(new):
            yield f"{key} holds {len(found)}, and the run has {len(new)}"
        for state, (name, part) in zip(found, new.items(), strict=False):
            yield from unlike(state, part.state_dict(), f"{key}.{name}")
    for callback in callbacks:
        state = states.get("callbacks", {}).get(callback.state_key)
        if state is not None and type(callback).__module__.startswith("forger."):
            try:
                copy.deepcopy(callback).load_state_dict(copy.deepcopy(state))
            except Exception as error:
                yield f"callbacks.{callback.state_key} is not its state: {first_line(error)}"


def is_position(state: Any) -> bool:
    """Whether this is the state of a loader of minibatches."""
    return isinstance(state, dict) and all(
        isinstance(state.get(name), int) for name in ("epoch", "position")
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
        # Of a parameter that was frozen there is nothing, and versions differ in their settings.
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
    elif isinstance(wanted, int | float | torch.Tensor) and wanted is not None:
        number = isinstance(found, int | float | torch.Tensor)
        if not number or torch.as_tensor(found).shape != torch.as_tensor(wanted).shape:
            what = list(found.shape) if isinstance(found, torch.Tensor) else type(found).__name__
            shape = list(torch.as_tensor(wanted).shape)
            yield f"{path} is {what}, not {shape or 'a number'}"
    elif isinstance(wanted, dict | list | tuple):
        yield f"{path} is {type(found).__name__}, not {type(wanted).__name__}"


def register_parts(gan: LightningModule, **groups: Mapping[str, Any]) -> None:
    """Let those of a GAN's parts that are modules be in its checkpoints, and on its device."""
    for group, parts in groups.items():
        for name, part in parts.items():
            if isinstance(part, nn.Module):
                gan.add_module(f"{group}_{name}", part)
    gan.register_load_state_dict_pre_hook(keep_own_parts)


def keep_own_parts(gan: nn.Module, state_dict: dict[str, Any], *_: object) -> None:
    """Before weights are loaded: the state of penalties, terms and augmentations may be absent.

    Checkpoints up to 0.1.0 have none, and a run may go on without them or with others.
    """
    own, parts = gan.state_dict(), ("penalty_", "term_", "augment_")
    for key in [key for key in state_dict if key.startswith(parts) and key not in own]:
        del state_dict[key]
    for key in own.keys() - state_dict.keys():
        if key.startswith(parts):
            state_dict[key] = own[key]
