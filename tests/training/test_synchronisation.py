"""Between logging intervals an iteration never waits for its device."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor
from torch.overrides import TorchFunctionMode

from forger.config.build import build, instantiate_node
from forger.gan import GAN
from tiny import Images, composed, make_gan, train

# What reads a tensor's values on the host, or makes a tensor of values that lie there.
WAITS = {
    *(Tensor.item, Tensor.tolist, Tensor.cpu, Tensor.numpy, Tensor.nonzero, torch.nonzero),
    *(Tensor.__bool__, Tensor.__int__, Tensor.__float__, Tensor.__index__, Tensor.__array__),
    *(torch.tensor, torch.as_tensor, torch.from_numpy, torch.equal, Tensor.__repr__),
}
EVERY = 4
SETTINGS = [
    *("generator=mlp", "discriminator=mlp", "generator.widths=[8]", "discriminator.widths=[8]"),
    *("data.shape=[1,4,4]", "data.evaluator=null", "model.k=2", "loss=relativistic"),
    *("penalty=[r1,gradient_penalty]", "schedule=goodfellow2014", "trainer=fast"),
    f"trainer.log_every_n_steps={EVERY}",
    "callbacks=[checkpoint,curves,doctor,grid,weight_clipping]",
]


class Waits(TorchFunctionMode, Callback):
    """Names of functions that wait, for each iteration but its fetching of data, by its number."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, list[str]] = {}
        self.update = 0

    def on_train_batch_start(self, trainer: Trainer, *_: Any) -> None:
        self.update = trainer.global_step + 1
        self.seen[self.update] = []

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if self.update and function in WAITS:
            self.seen[self.update].append(function.__name__)
        return function(*args, **(kwargs or {}))


def waits(folder: Path, gan: GAN, callbacks: list[Callback]) -> dict[int, list[str]]:
    watch = Waits()
    with watch:
        train(folder, gan, 2 * EVERY, [watch, *callbacks], Images(k=gan.k), precision="bf16-mixed")
    return watch.seen


def test_an_iteration_waits_for_nothing_but_at_logging_intervals(tmp_path: Path) -> None:
    config = composed(*SETTINGS)
    callbacks = [instantiate_node(config.callbacks, name) for name in config.callbacks]
    seen = waits(tmp_path, build(config), callbacks)
    assert len(seen) == 2 * EVERY
    # And at the first update, which the doctor looks at.
    assert {update for update, names in seen.items() if names} == {1, EVERY, 2 * EVERY}


class Hasty(Callback):
    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: Any) -> None:
        if gan.last["loss/generator"] > 1e9:
            raise AssertionError


def test_a_callback_that_looks_at_a_loss_would_be_seen(tmp_path: Path) -> None:
    assert all("__bool__" in names for names in waits(tmp_path, make_gan(), [Hasty()]).values())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU: CUDA tells what waits")
def test_cuda_agrees(tmp_path: Path) -> None:
    class Strict(Callback):
        def on_train_batch_start(self, trainer: Trainer, *_: Any) -> None:
            quiet = trainer.global_step > 0 and (trainer.global_step + 1) % EVERY
            torch.cuda.set_sync_debug_mode("error" if quiet else "default")

    config = composed(*SETTINGS)
    callbacks = [instantiate_node(config.callbacks, name) for name in config.callbacks]
    try:
        train(tmp_path, build(config), 2 * EVERY, [Strict(), *callbacks], accelerator="gpu")
    finally:
        torch.cuda.set_sync_debug_mode("default")
