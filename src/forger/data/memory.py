"""Data sets in memory."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from pytorch_lightning import LightningDataModule

from forger.checks import check_positive
from forger.data.clusters import cluster
from forger.data.minibatches import Minibatches, Split
from forger.data.units import Units
from forger.errors import ForgerError


@dataclass(kw_only=True, eq=False, repr=False)
class InMemory(LightningDataModule):
    """A data set held in memory on the training device and read by index, never image by image.

    Children define in `load` where the examples come from. shape: shape of one example, which the
    networks take from here. batch_size: number of examples in a minibatch, m. seed: seed of the
    order of the examples. root: folder for what is downloaded or made once. evaluator: name of the
    evaluator, the classifier whose features the metrics use. classes: number of classes, for
    class-conditional networks; None for none. clusters: number of groups of like examples that
    become the classes, a power of two, see `clusters.cluster`; None: the classes are those of the
    data set. licence: licence of the data, for model cards. class_names: names of the classes in
    the order of their labels; None for none.
    Raises ForgerError if the examples are not of `shape`, their labels not in 0..classes - 1, their
    names not as many, or they are too few for one iteration of all processes or for the clusters.
    """

    shape: Sequence[int]
    batch_size: int
    seed: int
    root: Path = Path()
    evaluator: str | None = None
    classes: int | None = None
    clusters: int | None = None
    licence: str | None = None
    class_names: Sequence[str] | None = None
    # Minibatches in an iteration: the k of the GAN, see `config.build`.
    minibatches: int = field(default=1, init=False)
    # What the numbers of examples are in the file that they come from, where they have units.
    units: Units | None = field(default=None, init=False)
    # Whether the examples stay on the disk, and each minibatch is read from there.
    memory_map: bool = field(default=False, init=False)
    splits: dict[str, Split] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        super().__init__()
        check_positive(shape=self.shape, batch_size=self.batch_size)
        self.shape = tuple(self.shape)
        self.root = Path(self.root).expanduser()
        if self.clusters is not None:
            if self.clusters < 2 or self.clusters.bit_count() != 1:
                raise ForgerError(f"data.clusters (={self.clusters}) must be 2, 4, 8, 16, ...")
            if self.classes != self.clusters:
                raise ForgerError(
                    f"data.classes is {self.classes}, but data.clusters makes {self.clusters}"
                    f" classes: give data.classes={self.clusters}"
                )

    def load(self) -> dict[str, Split]:
        """The splits "train", "validation" and "test"; the last two may be empty."""
        raise NotImplementedError

    def setup(self, stage: str | None = None) -> None:
        # Lightning calls setup again after Forger has.
        if self.splits:
            return
        splits = self.load()
        for name in ("train", "validation", "test"):
            self.check_split(name, splits.get(name) if isinstance(splits, dict) else None)
            examples = splits[name].examples
            if len(examples) and examples.shape[1:] != self.shape:
                found = list(examples.shape[1:])
                remedy = f"data.shape=[{','.join(map(str, found))}]"
                if len(found) == 3 and [found[2], *found[:2]] == list(self.shape):
                    remedy = "channels first, as examples.permute(0, 3, 1, 2) are"
                raise ForgerError(
                    f"data.shape is {list(self.shape)}, but the {name} examples are {found}: give"
                    f" {remedy}"
                )
        if len(kinds := {split.examples.dtype for split in splits.values()}) > 1:
            raise ForgerError(
                f"{type(self).__name__}.load returns splits of {' and '.join(map(str, kinds))}:"
                " give all of one kind"
            )
        examples = splits["train"].examples
        if self.clusters:
            if self.clusters > len(examples):
                raise ForgerError(
                    f"data.clusters (={self.clusters}) must be at most {len(examples)}, the number"
                    " of training examples"
                )
            splits, self.class_names = cluster(splits, self.clusters), None
        self.check_classes(splits)
        # One iteration takes k minibatches, each of other examples.
        wanted = self.batch_size * self.minibatches
        if wanted > len(examples):
            raise ForgerError(
                f"data.batch_size (={self.batch_size}) times model.k (={self.minibatches}) must"
                f" be at most {len(examples)}, the number of training examples"
            )
        self.splits = splits

    def check_classes(self, splits: dict[str, Split]) -> None:
        """Raises ForgerError for labels, or names of them, that are not of `classes`."""
        for name, split in splits.items():
            if self.classes and len(split.labels):
                low, high = split.labels.aminmax()
                if low < 0 or high >= self.classes:
                    # More classes would leave the first ones without an example.
                    more = "" if low else f", or give data.classes={high + 1}"
                    raise ForgerError(
                        f"data.classes is {self.classes}, but labels of the {name} split are from"
                        f" {low} to {high}: number them from 0{more}"
                    )
        named = len(self.class_names or ())
        if self.classes and named not in (0, self.classes):
            raise ForgerError(
                f"data.class_names has {named} names, but data.classes is {self.classes}: give as"
                " many, or null"
            )

    def check_split(self, name: str, split: object) -> None:
        """Raises ForgerError unless it is one of uint8 images or float32 points, with labels."""
        # Only three dimensions are an image, of bytes or of floats.
        kinds = [torch.float32] + [torch.uint8] * (len(self.shape) == 3)
        if not isinstance(split, Split):
            found = f"a {type(split).__name__}"
        elif not all(isinstance(part, torch.Tensor) for part in split):
            found = " and ".join(type(part).__name__ for part in split)
        elif split.examples.dtype not in kinds or split.labels.dtype != torch.int64:
            found = f"{split.examples.dtype} and {split.labels.dtype}"
        elif split.labels.shape != (len(split.examples),):
            found = f"{len(split.examples)} examples and labels of {list(split.labels.shape)}"
        elif any(part.requires_grad or part.device.type != "cpu" for part in split):
            found = f"on {split.examples.device}, or requires a gradient: give plain tensors"
        elif split.examples.is_floating_point() and not split.examples.isfinite().all():
            found = "of NaN or infinite numbers: leave such examples out"
        else:
            return
        raise ForgerError(
            f"{type(self).__name__}.load must return a dict with a Split for train, validation and"
            f" test, each of {' or '.join(map(str, kinds))} examples and int64 labels (n,); {name}"
            f" is {found}"
        )

    def train_dataloader(self) -> Minibatches:
        split, size = self.splits["train"], self.batch_size * self.minibatches
        if self.trainer is None:
            return Minibatches(split, size, self.seed)
        if not self.memory_map:
            device = self.trainer.strategy.root_device
            # All examples move once: no minibatch is copied to the device in training.
            split = Split(*(tensor.to(device) for tensor in split))
        rank, world_size = self.trainer.global_rank, self.trainer.world_size
        minibatches = Minibatches(split, size, self.seed, rank, world_size)
        if not len(minibatches):
            raise ForgerError(
                f"data.batch_size (={self.batch_size}) times model.k (={self.minibatches}) times"
                f" {world_size} processes must be at most {len(split.examples)}, the number of"
                " training examples"
            )
        return minibatches

    @property
    def checksum(self) -> str:
        """SHA-256 over the bytes of the training examples."""
        return hashlib.sha256(self.splits["train"].examples.contiguous().numpy().data).hexdigest()


def check_shares(validation_share: float, test_share: float) -> None:
    """Raises ForgerError unless these shares of the examples leave some to train on."""
    if min(validation_share, test_share) < 0 or validation_share + test_share >= 1:
        raise ForgerError(
            f"validation_share (={validation_share}) and test_share (={test_share}) must be at"
            " least 0, and their sum below 1"
        )


def hold_out(split: Split, size: int, setting: str = "validation_size") -> tuple[Split, Split]:
    """All examples but the last `size`, and these.

    Raises ForgerError, which names the setting, unless some are left to train on.
    """
    count = len(split.labels)
    if not 0 <= size < count:
        raise ForgerError(f"data.{setting} (={size}) must be in 0..{count - 1}: the rest trains")
    kept = count - size
    return Split(*(part[:kept] for part in split)), Split(*(part[kept:] for part in split))
