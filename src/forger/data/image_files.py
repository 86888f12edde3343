"""Images in files of any program, for `forger evaluate images=`."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from forger.data.decoding import decode, endings, load_arrays
from forger.errors import ForgerError

ARRAYS = (".npz", ".npy")


def read_images(place: Path, shape: tuple[int, ...], most: int, seed: int) -> Tensor:
    """Images of a folder, or of an array file, uint8 (n, C, H, W), n at most `most`.

    place: a folder of image files at any depth, or of arrays; or a single array file. Arrays are
    NumPy's .npz or .npy, uint8, (n, H, W), (n, H, W, C) or (n, C, H, W). shape: (C, H, W) that all
    must have; with one channel, image files are read as grey. Nothing is resized, since that would
    change what is measured. seed: of the order, since folders are often sorted by class.
    Raises ForgerError if there are no images, one cannot be read or has another shape, or all are
    black.
    """
    if not place.exists():
        raise ForgerError(f"images (={place}) is neither a folder nor a file: give an existing one")
    files = [place] if place.is_file() else sorted(f for f in place.rglob("*") if f.is_file())
    arrays = [file for file in files if file.suffix.lower() in ARRAYS]
    pictures = [file for file in files if file.suffix.lower() in endings()]
    if arrays and pictures:
        raise ForgerError(
            f"images (={place}) has image files and arrays, such as {arrays[0].name}: keep one kind"
        )
    generator = torch.Generator().manual_seed(seed)
    if arrays:
        images = torch.cat([read_array(file, shape) for file in arrays])
        images = images[torch.randperm(len(images), generator=generator)[:most]]
    elif pictures:
        # Only the files that are needed are read.
        chosen = torch.randperm(len(pictures), generator=generator)[:most].tolist()
        with ThreadPoolExecutor() as pool:
            read = pool.map(partial(read_picture, shape=shape), [pictures[i] for i in chosen])
            images = torch.stack(list(read))
    else:
        raise ForgerError(
            f"images (={place}) has no images: give image files, or arrays, .npz and .npy"
        )
    # Such as numbers in [0, 1] that were made whole.
    if images.max() <= 1:
        raise ForgerError(
            f"images (={place}) has no value above {images.max()}: save uint8, from 0 to 255"
        )
    return images


def read_picture(file: Path, shape: tuple[int, ...]) -> Tensor:
    """An image file, uint8 (C, H, W)."""
    try:
        picture = decode(file, channels=shape[0], background="white")
    except ForgerError as error:
        raise ForgerError(f"{file} cannot be read: {error}") from error
    return checked(pil_to_tensor(picture)[None], shape, file)[0]


def read_array(file: Path, shape: tuple[int, ...]) -> Tensor:
    """The array in a file, uint8 (n, C, H, W); of several, the first that holds images."""
    try:
        found = load_arrays(file)
        arrays = [found] if isinstance(found, np.ndarray) else [found[n] for n in found.files]
    except Exception as error:
        raise ForgerError(f"{file} is not an array that NumPy can read: {error}") from error
    kept = next((array for array in arrays if array.ndim in (3, 4)), None)
    if kept is None:
        raise ForgerError(f"{file} has no array of images: give one of (n, H, W) or (n, H, W, C)")
    if not len(kept):
        raise ForgerError(f"{file} has no images: its array is empty, of shape {list(kept.shape)}")
    if kept.dtype != np.uint8:
        raise ForgerError(f"{file} has values of type {kept.dtype}: save uint8, from 0 to 255")
    images = torch.from_numpy(kept)
    if images.ndim == 3:
        images = images[:, None]  # (n, H, W) -> (n, 1, H, W)
    elif tuple(images.shape[1:]) != shape:
        images = images.permute(0, 3, 1, 2)  # (n, H, W, C) -> (n, C, H, W)
    return checked(images, shape, file)


def checked(images: Tensor, shape: tuple[int, ...], file: Path) -> Tensor:
    """The images, contiguous, if they have this shape."""
    if tuple(images.shape[1:]) != shape:
        found, wanted = (" x ".join(map(str, sizes)) for sizes in (images.shape[1:], shape))
        raise ForgerError(
            f"{file} is {found}, but the data are {wanted} (channels, height, width): resize the"
            " images first, since the method changes the numbers"
        )
    return images.contiguous()
