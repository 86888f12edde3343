"""The sizes that a checkpoint states, checked before torch makes room for them."""

import pickletools
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import torch

from forger.errors import ForgerError, try_call

# Names that torch.save writes for plain values and tensors. torch.load would also allow
# torch.Tensor and bytearray, which take any amount of memory by a single number.
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


def check_sizes(checkpoint: Path) -> int:
    """Check that a checkpoint has all the bytes that it states, before torch allocates them.

    Torch takes the size of a tensor from the file's list of contents, unpacks what is packed, and
    reads beyond the end of a record that is smaller than stated.
    Returns the bytes of its contents without the numbers of its tensors.
    Raises ForgerError if the file is none that torch.save would write.
    """
    try:
        with ZipFile(checkpoint) as file:
            records = file.infolist()
            # Exactly one: a second data.pkl could be the one that torch reads.
            (contents,) = [r.filename for r in records if r.filename.endswith("/data.pkl")]
            sizes = {r.filename: r.file_size for r in records}
            # A compressed record could grow without limit, so all must be stored as they are.
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
                f"{checkpoint} is damaged or not a checkpoint of Forger: it states more bytes"
                " than it has"
            )
        return sizes[contents]
    except OSError as error:
        raise ForgerError(f"cannot read {checkpoint}: {error.strerror or error}") from error
    except (ValueError, LookupError, TypeError, BadZipFile, RuntimeError, EOFError) as error:
        if isinstance(error, ForgerError):
            raise
        raise ForgerError(
            f"{checkpoint} is damaged or not a checkpoint of Forger: give another one"
        ) from error


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
    # It raises an error for classes that weights_only does not allow.
    torch.load(buffer, map_location="cpu", weights_only=True)


def check_savable(name: str, state: Callable[[], Any]) -> None:
    """Raises ForgerError unless a checkpoint can hold the state that a part of a run gives."""
    what = f"the state of {name} cannot be saved in a checkpoint"
    try_call(lambda: check_plain(state()), what)


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
        # The memo: a value that is written once may be referred to later.
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
