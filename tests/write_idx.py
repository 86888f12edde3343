"""Files in the format of MNIST, for tests."""

import gzip
from pathlib import Path

import numpy as np

# Types of numbers by the third byte, as the format has them.
CODES = {"uint8": 8, "int32": 0x0C, "float32": 0x0D}


def write_idx(file: Path, array: np.ndarray) -> Path:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    start = bytes([0, 0, CODES[array.dtype.name], array.ndim])
    content = start + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(content) if file.suffix in (".gz", ".packed") else content)
    return file
