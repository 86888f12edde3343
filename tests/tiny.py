"""Images, networks and trainers so small that a test trains for real in the blink of an eye."""

import copy
import os
import sys
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import Checkpoint
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn

from forger.cli import main
from forger.config.conf_folder import CONF
from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.gan import GAN
from forger.losses import NonSaturating
from forger.networks import maxout, mlp
from forger.terms.protocol import Update
from forger.training.loops import replace_fit_loop
from forger.training.saving import save_in_any_case

# Lightning sets it when it is imported: with it, Adam looks slowly for a GPU at each step.
os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)

SHAPE = [1, 4, 4]
LATENT = 3

# Settings of runs of a second on the command line: images, points in the plane, images of classes,
# and points on a line.
MLP_4X4 = [
    "model.latent_dim=3",
    "data.shape=[1,4,4]",
    "generator=mlp",
    "discriminator=mlp",
    "generator.widths=[8,8]",
    "discriminator.widths=[8]",
]
RING = [
    "experiment=ring",
    "generator.widths=[8]",
    "discriminator.widths=[8]",
    "schedule=constant",
    "data.size=2000",
    "trainer.log_every_n_steps=2",
    "callbacks.measure.n=50",
]
POINTS = [
    "data=swiss_roll",
    "generator.output=identity",
    "generator=mlp",
    "generator.widths=[8]",
    "discriminator=mlp",
    "discriminator.widths=[8]",
    "callbacks=[checkpoint]",
    "logger=[]",
]
CONDITIONAL = [
    "generator=conditional",
    "generator@generator.body=mlp",
    "generator.body.widths=[6]",
    "discriminator=projection",
    "discriminator.body.width=2",
    "model.latent_dim=4",
]
LINE = ["experiment=gaussian_1d", "~callbacks.densities", "trainer.log_every_n_steps=1"]


class Images(InMemory):
    """Random bytes as images of 1 x 4 x 4."""

    def __init__(self, size: int = 48, batch_size: int = 4, k: int = 1, **settings: Any) -> None:
        super().__init__(shape=SHAPE, batch_size=batch_size, seed=0, **settings)
        self.size = size
        self.minibatches = k

    def load(self) -> dict[str, Split]:
        generator = torch.Generator().manual_seed(0)
        images = torch.randint(
            256, (self.size, *self.shape), dtype=torch.uint8, generator=generator
        )
        split = Split(images, torch.zeros(self.size, dtype=torch.int64))
        return {"train": split, "validation": split, "test": split}


def networks(batch_norm: bool = True, dropout: float = 0.5) -> dict[str, nn.Module]:
    """The same two networks each time they are asked for."""
    torch.manual_seed(0)
    return {
        "generator": mlp.Generator(LATENT, SHAPE, [8, 8], batch_norm, "tanh", None),
        "discriminator": maxout.Discriminator(SHAPE, [6, 6], 2, dropout, dropout, init=0.5),
    }


def make_gan(model: type[GAN] = GAN, /, **settings: Any) -> GAN:
    adam = partial(torch.optim.Adam, lr=0.01)
    defaults = {
        **networks(),
        "loss": NonSaturating(),
        "optimizer": {"generator": adam, "discriminator": adam},
        "schedule": {"generator": None, "discriminator": None},
        "latent_dim": LATENT,
        "prior": "normal",
        "k": 1,
        "penalty": {},
        "augment": {},
        "ema_halflife": 0,
        "seed": 0,
    }
    return model(**(defaults | settings))


def make_trainer(
    folder: Path, max_steps: int, callbacks: Sequence[Callback] = (), **settings: Any
) -> Trainer:
    defaults = {
        "accelerator": "cpu",
        "devices": 1,
        "max_epochs": -1,
        "logger": False,
        "enable_checkpointing": any(isinstance(c, Checkpoint) for c in callbacks),
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = Trainer(
        default_root_dir=folder,
        max_steps=max_steps,
        callbacks=list(callbacks),
        **(defaults | settings),
    )
    replace_fit_loop(trainer)
    save_in_any_case(trainer)
    return trainer


def train(
    folder: Path,
    gan: GAN,
    max_steps: int,
    callbacks: Sequence[Callback] = (),
    data: InMemory | None = None,
    ckpt: Path | None = None,
    **settings: Any,
) -> Trainer:
    """Train a GAN on the tiny images; the trainer afterwards."""
    trainer = make_trainer(folder, max_steps, callbacks, **settings)
    trainer.fit(gan, datamodule=data or Images(k=gan.k), ckpt_path=ckpt, weights_only=True)
    return trainer


def composed(*overrides: str, verb: str = "train") -> DictConfig:
    """The configuration that the command line would compose."""
    # A copy: many tests ask for the same, which takes Hydra a tenth of a second to compose.
    return copy.deepcopy(compose_once(verb, overrides))


@cache
def compose_once(verb: str, overrides: tuple[str, ...]) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(verb, list(overrides))


def forge(folder: Path, *arguments: str) -> None:
    """The command line `forger …`, from a folder."""
    os.chdir(folder)
    sys.argv = ["forger", *arguments]
    main()


def events(folder: Path) -> EventAccumulator:
    """What TensorBoard's own reader finds in a run folder."""
    accumulator = EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0})
    accumulator.Reload()
    return accumulator


def snapshot(network: nn.Module) -> dict[str, Tensor]:
    """The parameters as they are now; buffers, such as running statistics, are not among them."""
    return {name: p.detach().clone() for name, p in network.named_parameters()}


def same(one: Any, other: Any) -> bool:
    """Whether two nested structures of plain values and tensors agree bit for bit."""
    if isinstance(one, Tensor):
        return isinstance(other, Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def start(overrides: list[str], seed: int = 0, shared: Sequence[str] = ()) -> dict[str, Any]:
    """What run.json tells of a start: see `record`."""
    return {
        "time": "2026-01-01T00:00:00+0000",
        "command": ["forger", "train", *overrides],
        "overrides": overrides,
        "shared": list(shared),
        "seed": seed,
        "data_sha256": "",
        "git_commit": None,
        "git_status": [],
        "python": "",
        "machine": "",
        "packages": {},
    }


def make_update(**given: Any) -> Update:
    """What a term sees of an update, of which it looks at these parts alone."""
    gan = SimpleNamespace(classes=None, global_step=given.pop("step", 0), **given.pop("gan", {}))
    empty = torch.zeros(4, 1)
    parts = {"z": empty, "label": torch.zeros(4, dtype=torch.int64), "real": empty, "fake": empty}
    outputs: dict[str, Any] = {"real_outputs": {}, "fake_outputs": {}}
    return Update(gan, **(parts | outputs | given))  # pyright: ignore
