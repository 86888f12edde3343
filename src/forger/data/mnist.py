"""MNIST and the data sets in its format."""

from dataclasses import dataclass
from pathlib import Path

from torchvision import datasets

from forger.data.idx import read_split
from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.data.published import Archive, Package, obtain

SHIPPED = Path(__file__).parent / "archives"
PACKAGES = {
    "FashionMNIST": Package("dataset-fashion-mnist", Path("/usr/share/datasets/fashion-mnist"))
}
# SHA-256 sums of the files in these archives, by MD5 sums: Debian packs them anew.
CONTENTS = {
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
    ),
    "25c81989df183df01b3e8a0aad5dffbe": (
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
    ),
    "bef4ecab320f06d8554ea6380940ec79": (
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
    ),
    "bb300cfdad3c16e7a12a480ee83cd310": (
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
    ),
}


@dataclass(kw_only=True, eq=False, repr=False)
class MNIST(InMemory):
    """70,000 images of 28 x 28, grey: MNIST (shipped), Fashion-MNIST or KMNIST (downloaded).

    Fashion-MNIST is taken from Debian's package dataset-fashion-mnist where that is installed.
    dataset: torchvision's class of the data set. root: where downloaded archives are kept.
    validation_size: how many of the last training images are set apart; 10,000 leaves the 50,000
    of Goodfellow et al. 2014, 0 trains on all 60,000.
    Raises ForgerError, with the remedy, if nothing is left to train on, or if an archive is corrupt
    or cannot be fetched.
    """

    dataset: type[datasets.MNIST]
    validation_size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        name = self.dataset.__name__
        shipped = (SHIPPED / name).is_dir()
        self.folder = (SHIPPED if shipped else self.root) / name / "raw"

    def load(self) -> dict[str, Split]:
        name = self.dataset.__name__
        archives = [
            Archive(
                file,
                tuple(f"{mirror}{file}" for mirror in self.dataset.mirrors),
                md5,
                CONTENTS.get(md5, ""),
            )
            for file, md5 in self.dataset.resources
        ]
        images, labels, test_images, test_labels = obtain(
            name, archives, self.folder, PACKAGES.get(name)
        )
        kept, validation = hold_out(read_split(images, labels), self.validation_size)
        test = read_split(test_images, test_labels)
        return {"train": kept, "validation": validation, "test": test}
