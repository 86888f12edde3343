"""CIFAR-10."""

from dataclasses import dataclass
from tarfile import TarError

import torch
from torchvision import datasets

from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.errors import ForgerError


@dataclass(kw_only=True, eq=False, repr=False)
class CIFAR10(InMemory):
    """CIFAR-10: 60,000 images of 32 x 32 in colour, ten classes, downloaded by torchvision.

    validation_size: how many of the last training images are set apart.
    Raises ForgerError if it leaves none to train on, or if the archive cannot be fetched.
    """

    validation_size: int

    def load(self) -> dict[str, Split]:
        try:
            train = datasets.CIFAR10(self.root, train=True, download=True)
        except (RuntimeError, OSError, EOFError, TarError) as error:
            raise ForgerError(
                f"CIFAR-10 is not in {self.root} and could not be downloaded: connect to the"
                f" internet, or put {datasets.CIFAR10.filename} there"
            ) from error
        kept, validation = hold_out(as_tensors(train), self.validation_size)
        test = as_tensors(datasets.CIFAR10(self.root, train=False))
        return {"train": kept, "validation": validation, "test": test}


def as_tensors(dataset: datasets.CIFAR10) -> Split:
    """torchvision's arrays (n, 32, 32, 3) and lists as a split."""
    # (n, 32, 32, 3) -> (n, 3, 32, 32).
    images = torch.from_numpy(dataset.data).permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.tensor(dataset.targets))
