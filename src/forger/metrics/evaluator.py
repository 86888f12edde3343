"""The evaluator: a frozen classifier whose features the metrics use."""

import hashlib
import json
from pathlib import Path
from typing import TypedDict, cast

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

from forger.errors import ForgerError
from forger.runs.files import atomic_write, read, readable, write_json

SHIPPED = Path(__file__).parent / "weights"


class About(TypedDict):
    """The values that are read from the JSON file of the weights."""

    sha256: str
    shape: list[int]
    classes: int


class Evaluator(nn.Module):
    """A small convolutional classifier, always frozen and in evaluation mode.

    Takes images (n, C, H, W), as uint8 from 0 to 255 or as float32 from 0 to 1, of the given
    `shape` (C, H, W), H and W at least 4. `features` returns the penultimate activations, float32
    (n, num_features); `forward` the logits, float32 (n, classes). `sha256` is the checksum of the
    weights file this evaluator was saved to or loaded from, empty before. Scores are comparable
    only under one checksum.

    Raises ForgerError on images of another dtype or shape.
    """

    num_features = 64

    def __init__(self, shape: tuple[int, int, int] = (1, 28, 28), classes: int = 10) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.classes = classes
        self.sha256 = ""

        def block(inputs: int, outputs: int) -> list[nn.Module]:
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
            return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]

        self.body = nn.Sequential(
            *block(shape[0], 16),
            nn.MaxPool2d(2),
            *block(16, 32),
            *block(32, 32),
            nn.MaxPool2d(2),
            *block(32, self.num_features),
            nn.AdaptiveAvgPool2d(1),  # (n, 64, h, w) -> (n, 64, 1, 1), for any size of image
            nn.Flatten(),
        )
        self.head = nn.Linear(self.num_features, classes)
        self.requires_grad_(False).eval()

    def features(self, images: Tensor) -> Tensor:
        has_type = images.dtype in (torch.uint8, torch.float32)
        if not has_type or images.shape[1:] != self.shape:
            raise ForgerError(
                "the evaluator takes uint8 or float32 images of shape (n, C, H, W) with"
                f" (C, H, W) = {self.shape}, got {images.dtype} {tuple(images.shape)}"
            )
        if images.dtype == torch.uint8:
            images = images / 255
        return self.body(images.contiguous(memory_format=torch.channels_last))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))

    def train(self, mode: bool = True) -> "Evaluator":
        """Stay in evaluation mode: a parent's `.train()` must not change what is measured."""
        return super().train(False)


def save(evaluator: Evaluator, path: Path, facts: dict[str, str]) -> None:
    """Write the weights to `path` (.safetensors) and facts about them to a .json file of that name.

    The JSON has the weights' SHA-256, shape and classes, and `facts`: accuracy, seed, data,
    settings. The weights file has nothing else, so equal weights have an equal checksum.
    """
    weights = safetensors.torch.save(evaluator.state_dict())
    evaluator.sha256 = hashlib.sha256(weights).hexdigest()
    about = {"sha256": evaluator.sha256, "shape": evaluator.shape, "classes": evaluator.classes}
    with atomic_write(path) as partial:
        partial.write_bytes(weights)
    write_json(path.with_suffix(".json"), about | facts)


def find(name: str, root: Path) -> Path:
    """Path of the evaluator of this name: shipped with Forger, or the user's own in `root`."""
    shipped = SHIPPED / f"{name}.safetensors"
    return shipped if shipped.is_file() else root / "evaluators" / f"{name}.safetensors"


def checksum(path: Path) -> str | None:
    """SHA-256 of an evaluator's weights; None if there is no such file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def load(path: Path) -> Evaluator:
    """Read an evaluator that `save` wrote, with its layers joined as `folded` does.

    Raises ForgerError if a file is missing or the weights do not match the JSON.
    """
    remedy = "restore the file, or train the evaluator again"
    for file in (path, path.with_suffix(".json")):
        if not file.exists():
            raise ForgerError(
                f"there is no evaluator at {file}: train one in minutes by forger train-evaluator"
                f" data={path.stem}"
            )
    about = read(path.with_suffix(".json"), json.loads, About, remedy)
    with readable(path, remedy):
        weights = path.read_bytes()
    found = hashlib.sha256(weights).hexdigest()
    if found != about["sha256"]:
        raise ForgerError(
            f"{path} does not match {path.stem}.json: its SHA-256 should be {about['sha256']},"
            f" but is {found}; {remedy}"
        )
    with readable(path, remedy):
        evaluator = Evaluator(tuple(about["shape"]), about["classes"])
        evaluator.load_state_dict(safetensors.torch.load(weights))
    evaluator.body = folded(evaluator.body)
    evaluator.sha256 = found
    return evaluator


def folded(body: nn.Sequential) -> nn.Sequential:
    """The same function in less than half of the time on processors, but for last bits.

    Batch normalisation becomes part of the convolution before it, the largest of four pixels is
    taken before the rectifier, and weights are channels last.
    """
    layers: list[nn.Module] = []
    for layer in body:
        if isinstance(layer, nn.BatchNorm2d):
            layers.append(fuse_conv_bn_eval(cast(nn.Conv2d, layers.pop()), layer))
        elif isinstance(layer, nn.MaxPool2d):
            layers.insert(-1, layer)
        elif isinstance(layer, nn.ReLU):
            layers.append(nn.ReLU(inplace=True))
        else:
            layers.append(layer)
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)  # pyright: ignore
