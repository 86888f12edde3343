"""How checkpoints are written and read, whoever asks: Forger's callbacks, Lightning's, SLURM."""

import os
import pickletools
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import ModelCheckpoint

from forger.errors import ForgerError
from forger.files import whole
from forger.trust import leads_out

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


class WholeCheckpoints(TorchCheckpointIO):
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
        with whole(Path(path)) as partial, partial.open("wb") as file:
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


def own_names(states: dict[str, Any], callbacks: Iterable[Callback], run: Path) -> None:
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
