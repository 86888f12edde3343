"""A resumed run equals one that was never interrupted; what has a state keeps it."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor, nn

from forger.callbacks.checkpoint import Checkpoint
from forger.data.minibatches import Split
from forger.gan import GAN
from tiny import Images, make_gan, same, train


class Adaptive(nn.Module):
    """An augmentation or penalty whose state is a buffer: how often it has been called."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, *given: Any) -> Tensor:
        self.calls.add_(1)
        x = given[-1] if len(given) == 1 else torch.zeros(())
        return x + 0.01 * self.calls.sin()


def with_state(**settings: Any) -> GAN:
    return make_gan(penalty={"mine": Adaptive()}, augment={"mine": Adaptive()}, **settings)


def test_the_state_of_penalties_and_augmentations_is_resumed(tmp_path: Path) -> None:
    whole, resumed = with_state(), with_state()
    train(tmp_path / "whole", whole, 6)
    train(tmp_path, with_state(), 3, [Checkpoint(100, None, keep_all=False)])
    train(tmp_path, resumed, 6, ckpt=tmp_path / "checkpoints" / "last.ckpt")
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
    assert whole.get_buffer("penalty_mine.calls") == 6
    assert whole.get_buffer("augment_mine.calls") == 6 * 3


def test_the_state_of_penalties_and_augmentations_goes_to_the_device() -> None:
    gan = with_state().to("meta")
    assert gan.penalty["mine"].calls.is_meta  # pyright: ignore
    assert gan.augment["mine"].calls.is_meta  # pyright: ignore


def test_a_checkpoint_without_the_state_of_penalties_loads_and_one_of_former_ones_too() -> None:
    plain, stateful = make_gan(), with_state()
    stateful.penalty["mine"].calls.fill_(5)  # pyright: ignore
    state = stateful.state_dict()
    plain.load_state_dict(state)
    stateful.load_state_dict(plain.state_dict())
    assert stateful.get_buffer("penalty_mine.calls") == 5
    with pytest.raises(RuntimeError, match="size mismatch"):
        stateful.load_state_dict(state | {"penalty_mine.calls": torch.zeros(2)})
    with pytest.raises(RuntimeError, match="Missing key"):
        plain.load_state_dict({})


def test_a_state_that_is_not_finite_keeps_no_network_from_being_saved(tmp_path: Path) -> None:
    gan = with_state()
    gan.get_buffer("augment_mine.calls").fill_(torch.inf)
    gan.augment = {}
    train(tmp_path, gan, 2, [Checkpoint(100, None, keep_all=False)])
    assert checkpoint(tmp_path)["global_step"] == 2


SCHEDULE = {
    "generator": partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.9),
    "discriminator": partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=40),
}


def checkpoint(folder: Path, name: str = "last") -> dict[str, Any]:
    return torch.load(folder / "checkpoints" / f"{name}.ckpt", weights_only=True)


def run_to(folder: Path, k: int, max_steps: int, every: int, ckpt: Path | None = None) -> None:
    gan = make_gan(k=k, schedule=SCHEDULE, ema_halflife=50)
    train(folder, gan, max_steps, [Checkpoint(every, None, keep_all=True)], ckpt=ckpt)


# 48 images make 12 iterations of an epoch for k = 1, and 4 for k = 3: update 25 lies inside of an
# epoch, 24 at the end of one.
@pytest.mark.parametrize(("k", "killed"), [(1, 25), (1, 24), (3, 25), (3, 24)])
def test_a_run_resumed_after_a_kill_equals_one_never_interrupted_bit_for_bit(
    tmp_path: Path, k: int, killed: int
) -> None:
    run_to(tmp_path / "at once", k, 40, every=killed)
    torch.manual_seed(999)
    saved = tmp_path / "at once" / "checkpoints" / f"update_{killed:06d}.ckpt"
    run_to(tmp_path / "resumed", k, 40, every=100, ckpt=saved)
    whole, resumed = checkpoint(tmp_path / "at once"), checkpoint(tmp_path / "resumed")
    for part in ("global_step", "epoch", "state_dict", "optimizer_states", "lr_schedulers"):
        assert same(whole[part], resumed[part]), part
    assert not same(whole["state_dict"], torch.load(saved, weights_only=True)["state_dict"])


class KillAtStart(Callback):
    def on_train_batch_start(self, *_: object) -> None:
        raise RuntimeError("killed")


@pytest.mark.parametrize(("k", "killed"), [(1, 25), (1, 24), (3, 25), (3, 24)])
def test_a_run_killed_before_its_first_update_again_and_again_equals_one_never_interrupted(
    tmp_path: Path, k: int, killed: int
) -> None:
    run_to(tmp_path / "at once", k, 40, every=killed)
    ckpt = tmp_path / "at once" / "checkpoints" / f"update_{killed:06d}.ckpt"
    for number in range(2):
        callbacks = [Checkpoint(100, None, keep_all=False), KillAtStart()]
        gan = make_gan(k=k, schedule=SCHEDULE, ema_halflife=50)
        with pytest.raises(RuntimeError, match="killed"):
            train(tmp_path / str(number), gan, 40, callbacks, ckpt=ckpt)
        ckpt = tmp_path / str(number) / "checkpoints" / "last.ckpt"
    run_to(tmp_path / "resumed", k, 40, every=100, ckpt=ckpt)
    whole, resumed = checkpoint(tmp_path / "at once"), checkpoint(tmp_path / "resumed")
    for part in ("global_step", "epoch", "state_dict", "optimizer_states", "lr_schedulers"):
        assert same(whole[part], resumed[part]), part


@pytest.mark.parametrize(("k", "first"), [(1, 25), (1, 24), (3, 25), (3, 24)])
def test_a_finished_run_made_longer_equals_one_as_long_at_once_bit_for_bit(
    tmp_path: Path, k: int, first: int
) -> None:
    run_to(tmp_path / "at once", k, 40, every=100)
    run_to(tmp_path / "longer", k, first, every=100)
    torch.manual_seed(999)
    last = tmp_path / "longer" / "checkpoints" / "last.ckpt"
    run_to(tmp_path / "longer", k, 40, every=100, ckpt=last)
    whole, longer = checkpoint(tmp_path / "at once"), checkpoint(tmp_path / "longer")
    for part in ("global_step", "epoch", "state_dict", "optimizer_states", "lr_schedulers"):
        assert same(whole[part], longer[part]), part


# The last update lies inside of an epoch, at its end, and at the end of the first one.
@pytest.mark.parametrize(("k", "max_steps"), [(1, 14), (3, 9), (3, 8), (3, 4)])
def test_all_counters_of_a_run_resumed_at_any_update_equal_those_of_one_never_interrupted(
    tmp_path: Path, k: int, max_steps: int
) -> None:
    run_to(tmp_path, k, max_steps, every=1)
    starts = sorted((tmp_path / "checkpoints").iterdir())
    assert len(starts) == max_steps + 1
    whole = {start.name: torch.load(start, weights_only=True) for start in starts}
    for start in starts:
        run_to(tmp_path / start.stem, k, max_steps, every=1, ckpt=start)
        for saved in (tmp_path / start.stem / "checkpoints").iterdir():
            resumed = torch.load(saved, weights_only=True)
            assert resumed["epoch"] == whole[saved.name]["epoch"]
            if saved.name != "last.ckpt":
                assert same(resumed["loops"], whole[saved.name]["loops"])


# 48 images: 12 iterations of an epoch for k = 1, 4 for k = 3, 2 for k = 6, 3 for k = 4.
@pytest.mark.parametrize(("k", "other", "killed"), [(3, 1, 2), (1, 6, 3), (4, 3, 2), (3, 4, 4)])
def test_a_run_resumed_with_other_minibatches_shows_each_example_once_in_an_epoch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], k: int, other: int, killed: int
) -> None:
    class See(Callback):
        def on_train_batch_end(
            self, trainer: Trainer, gan: GAN, outputs: object, batch: Split, batch_idx: int
        ) -> None:
            seen[trainer.current_epoch] = seen.get(trainer.current_epoch, 0) + len(batch.examples)

    seen: dict[int, int] = {}
    train(tmp_path, make_gan(k=k), killed, [Checkpoint(1, None, keep_all=True), See()])
    before = sum(seen.values())
    capsys.readouterr()
    ckpt = tmp_path / "checkpoints" / f"update_{killed:06d}.ckpt"
    data = Images(k=other)
    data.seed = 5
    train(tmp_path, make_gan(k=other), -1, [See()], data, ckpt, max_epochs=2)
    assert seen == {0: before + (48 - before) // (4 * other) * 4 * other, 1: 48}
    told = f"takes {4 * other} examples, and took {4 * k}: their order goes on after {before} of 48"
    printed = capsys.readouterr().out
    assert told in printed
    told = "data.seed is 5, and was 0: it orders the epochs after this one"
    assert (told in printed) == (before < 48)


# 4 iterations make an epoch. A run that ends by epochs, and one that ends within an epoch.
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"max_steps": -1, "max_epochs": 2}, {"max_steps": -1, "max_epochs": 3}),
        ({"max_steps": 6}, {"max_steps": -1, "max_epochs": 3}),
    ],
)
def test_a_run_of_epochs_made_longer_equals_one_as_long_at_once(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any]
) -> None:
    last = tmp_path / "longer" / "checkpoints" / "last.ckpt"
    for folder, length, ckpt in (
        ("at once", second, None),
        ("longer", first, None),
        # The end once more, where nothing is left to train.
        ("longer", first, last),
        ("longer", second, last),
    ):
        callbacks = [Checkpoint(1, None, keep_all=True)]
        train(tmp_path / folder, make_gan(k=3), callbacks=callbacks, ckpt=ckpt, **length)
    saved = sorted((tmp_path / "at once" / "checkpoints").iterdir())
    assert len(saved) == 12 + 1
    for whole in saved:
        one, other = (checkpoint(tmp_path / f, whole.stem) for f in ("at once", "longer"))
        if whole.stem == "last" or one["global_step"] > 8:
            for part in ("epoch", "loops", "state_dict", "optimizer_states"):
                assert same(one[part], other[part]), (whole.stem, part)


def test_a_run_killed_by_an_error_resumes_from_its_last_checkpoint(tmp_path: Path) -> None:
    class Kill(Callback):
        def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
            if trainer.global_step == 17:
                raise RuntimeError("killed")

    last = tmp_path / "checkpoints" / "last.ckpt"
    whole, killed, resumed = make_gan(), make_gan(), make_gan()
    train(tmp_path / "whole", whole, max_steps=20)
    with pytest.raises(RuntimeError, match="killed"):
        train(tmp_path, killed, 20, [Kill(), Checkpoint(7, None, keep_all=False)])
    assert torch.load(last, weights_only=True)["global_step"] == 17
    train(tmp_path, resumed, max_steps=20, ckpt=last)
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
