from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from forger.callbacks.checkpoint import Checkpoint
from forger.gan import GAN
from tiny import Images, make_gan, make_trainer, same, train


def saved(folder: Path) -> dict[str, int]:
    """Each checkpoint there is, and the update it was saved at; loaded as plain values only."""
    return {
        file.stem: torch.load(file, weights_only=True)["global_step"]
        for file in (folder / "checkpoints").glob("*")
    }


class FailAt(Callback):
    """Fails in the midst of an iteration, whose networks are those of no update."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_before_optimizer_step(self, trainer: Trainer, *_: object) -> None:
        if trainer.global_step == self.step:
            raise RuntimeError("power cut")


class Fault(Callback):
    """A callback of one's own that fails in a hook, at an update."""

    def __init__(self, hook: str, step: int = 3) -> None:
        def fail(trainer: Trainer, *_: object) -> None:
            if trainer.global_step == step:
                raise IndexError("list index out of range")

        setattr(self, hook, fail)


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_train_epoch_end", "on_train_end"])
def test_what_fails_beside_the_training_loses_no_update(tmp_path: Path, hook: str) -> None:
    steps = 5 if hook == "on_train_batch_end" else 3
    with pytest.raises(IndexError):
        train(tmp_path, make_gan(), steps, [Fault(hook), Checkpoint(100, None, keep_all=False)])
    assert saved(tmp_path) == {"last": 3}
    whole, gan = make_gan(), make_gan()
    train(tmp_path / "whole", whole, 5)
    train(tmp_path, gan, 5, ckpt=tmp_path / "checkpoints" / "last.ckpt")
    assert same(dict(whole.state_dict()), dict(gan.state_dict()))


@pytest.mark.parametrize("length", [{"max_steps": 3}, {"max_steps": -1, "max_epochs": 2}])
def test_the_last_update_is_saved_before_the_ends_own_work(
    tmp_path: Path, length: dict[str, int]
) -> None:
    class End(Callback):
        def on_train_end(self, trainer: Trainer, *_: object) -> None:
            assert saved(tmp_path) == {"last": trainer.global_step}

    trainer = make_trainer(tmp_path, callbacks=[End(), Checkpoint(100, None, False)], **length)
    trainer.fit(make_gan(), datamodule=Images(), weights_only=True)


def test_nothing_is_saved_of_a_run_that_fails_before_its_first_update(tmp_path: Path) -> None:
    callbacks = [Fault("on_train_start", 0), Checkpoint(100, None, keep_all=False)]
    with pytest.raises(IndexError):
        train(tmp_path, make_gan(), 5, callbacks)
    assert saved(tmp_path) == {}


def test_the_end_of_a_run_is_always_saved(tmp_path: Path) -> None:
    train(tmp_path, make_gan(), 7, [Checkpoint(5, None, keep_all=False)])
    assert saved(tmp_path) == {"last": 7}


def test_every_so_many_updates_the_last_is_replaced_or_kept(tmp_path: Path) -> None:
    for keep_all in (False, True):
        train(tmp_path / str(keep_all), make_gan(), 8, [Checkpoint(3, None, keep_all)])
    assert saved(tmp_path / "False") == {"last": 8}
    assert saved(tmp_path / "True") == {"last": 8, "update_000003": 3, "update_000006": 6}


class Fail(Callback):
    """Raises an error in a hook once the clock shows a time."""

    def __init__(self, hook: str, at: int, error: BaseException) -> None:
        def fail(trainer: Trainer, *_: object, **__: object) -> None:
            if trainer.global_step == at:
                raise error

        setattr(self, hook, fail)


@pytest.mark.parametrize("error", [RuntimeError(), SystemExit(3), KeyboardInterrupt()])
@pytest.mark.parametrize(
    ("hook", "at"),
    [
        ("on_train_batch_start", 5),
        ("on_train_batch_end", 5),
        ("on_train_batch_start", 12),
        ("on_train_batch_end", 12),
        ("on_train_epoch_end", 12),
        ("on_train_end", 20),
    ],
)
def test_what_was_trained_until_an_error_is_saved_and_goes_on_to_the_same_bits(
    tmp_path: Path, hook: str, at: int, error: BaseException
) -> None:
    with pytest.raises(BaseException) as end:  # noqa: PT011
        train(tmp_path, make_gan(), 20, [Fail(hook, at, error), Checkpoint(100, None, False)])
    assert isinstance(end.value, type(error) | SystemExit)
    last = tmp_path / "checkpoints" / "last.ckpt"
    assert saved(tmp_path) == {"last": at}
    for folder, ckpt in ((tmp_path, last), (tmp_path / "whole", None)):
        train(folder, make_gan(), 24, [Checkpoint(100, None, False)], Images(), ckpt)
    states = [
        torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
        for folder in (tmp_path, tmp_path / "whole")
    ]
    for part in ("global_step", "state_dict", "optimizer_states"):
        assert same(states[0][part], states[1][part])


class Break(Callback):
    """Fails in the midst of an iteration, before the update of a network."""

    def __init__(self, network: int, step: int = 5) -> None:
        self.network = network
        self.step = step

    def on_before_optimizer_step(
        self, trainer: Trainer, gan: GAN, optimizer: torch.optim.Optimizer
    ) -> None:
        if trainer.global_step == self.step and optimizer is trainer.optimizers[self.network]:
            raise RuntimeError("power cut")


@pytest.mark.parametrize("network", [0, 1])
def test_an_iteration_that_breaks_off_leaves_the_last_checkpoint_to_go_on_from(
    tmp_path: Path, network: int
) -> None:
    with pytest.raises(RuntimeError, match="power cut"):
        train(tmp_path, make_gan(), 20, [Break(network), Checkpoint(3, None, False)])
    assert saved(tmp_path) == {"last": 3, "interrupted": 5}
    last = tmp_path / "checkpoints" / "last.ckpt"
    for folder, ckpt in ((tmp_path, last), (tmp_path / "whole", None)):
        train(folder, make_gan(), 20, [Checkpoint(3, None, False)], Images(), ckpt)
    one, other = (
        torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
        for folder in (tmp_path, tmp_path / "whole")
    )
    for part in ("global_step", "state_dict", "optimizer_states"):
        assert same(one[part], other[part])


def test_a_run_can_go_on_from_an_iteration_that_broke_off(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="power cut"):
        train(tmp_path, make_gan(), 20, [Break(0), Checkpoint(100, None, False)])
    broken = tmp_path / "checkpoints" / "interrupted.ckpt"
    again = train(tmp_path, make_gan(), 20, [Checkpoint(100, None, False)], Images(), broken)
    assert again.global_step == 20
    state = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    (loader,) = state["loops"]["fit_loop"]["state_dict"]["combined_loader"]
    assert loader == {"epoch": 1, "taken": 32, "size": 4, "seed": 0}


def test_who_goes_on_from_another_checkpoint_keeps_what_was_trained_after_it(
    tmp_path: Path,
) -> None:
    class Look(Callback):
        def on_train_batch_start(self, trainer: Trainer, *_: object) -> None:
            # A kill from here on loses neither where this start began, nor what was there.
            assert saved(tmp_path) == {"last": 3, "update_000003": 3, "update_000007": 7}

    train(tmp_path, make_gan(), 7, [Checkpoint(3, None, keep_all=False)])
    checkpoints = tmp_path / "checkpoints"
    train(tmp_path / "other", make_gan(), 3, [Checkpoint(3, None, keep_all=True)])
    earlier = checkpoints / "update_000003.ckpt"
    (tmp_path / "other" / "checkpoints" / "last.ckpt").rename(earlier)
    train(tmp_path, make_gan(), 4, [Checkpoint(3, None, False), Look()], Images(), earlier)
    assert saved(tmp_path) == {"last": 4, "update_000003": 3, "update_000007": 7}


class Unsaveable(Callback):
    """A callback of one's own whose part in a checkpoint fails, or could not be read again."""

    def __init__(self, how: str) -> None:
        self.how = how

    def state_dict(self) -> dict[str, Any]:
        if self.how == "state_dict":
            raise IndexError("list index out of range")
        kinds = {"object": Path("here"), "function": lambda: 0}
        return {"x": kinds[self.how]} if self.how in kinds else {}

    def on_save_checkpoint(
        self, trainer: Trainer, gan: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        checkpoint["mine"] = 1
        if self.how == "on_save_checkpoint":
            raise IndexError("list index out of range")
        if self.how == "content":
            checkpoint["mine"] = Path("here")


class Counter(Callback):
    def state_dict(self) -> dict[str, Any]:
        return {"x": 1}


@pytest.mark.parametrize(
    "how", ["state_dict", "on_save_checkpoint", "object", "function", "content"]
)
def test_a_callback_whose_state_cannot_be_saved_loses_that_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    callbacks = [Counter(), Unsaveable(how), Checkpoint(2, None, keep_all=True)]
    train(tmp_path, make_gan(), 5, callbacks)
    assert saved(tmp_path) == {"last": 5, "update_000002": 2, "update_000004": 4}
    last = tmp_path / "checkpoints" / "last.ckpt"
    state = torch.load(last, weights_only=True)
    assert state["callbacks"] == {"Counter": {"x": 1}}
    assert "mine" not in state
    (told,) = [x for x in capsys.readouterr().out.splitlines() if "cannot be saved" in x]
    assert told.startswith("the state of the callback Unsaveable cannot be saved")
    gan, whole = make_gan(), make_gan()
    train(tmp_path, gan, 7, ckpt=last)
    train(tmp_path / "whole", whole, 7)
    assert same(dict(gan.state_dict()), dict(whole.state_dict()))


def test_before_training_there_is_nothing_to_save_over_what_is_there(tmp_path: Path) -> None:
    train(tmp_path, make_gan(), 7, [Checkpoint(5, None, False)])
    last = tmp_path / "checkpoints" / "last.ckpt"
    fail = Fail("setup", 0, RuntimeError())
    with pytest.raises(RuntimeError):
        train(tmp_path, make_gan(), 9, [fail, Checkpoint(5, None, False)], Images(), last)
    assert saved(tmp_path) == {"last": 7}


@pytest.mark.parametrize(("minutes", "expected"), [(1e-9, {"last": 5}), (1000, None), (None, None)])
def test_the_wall_clock_saves_too(
    tmp_path: Path, minutes: float | None, expected: dict[str, int] | None
) -> None:
    found = []

    class Look(Callback):
        def on_train_batch_start(self, trainer: Trainer, *_: object) -> None:
            if trainer.global_step == 5:
                found.append(saved(tmp_path))

    train(tmp_path, make_gan(), 6, [Checkpoint(1000, minutes, keep_all=True), Look()])
    assert found == [expected or {}]


@pytest.mark.parametrize("part", ["generator.layers.0.weight", "generator.layers.3.running_mean"])
def test_a_network_that_is_not_finite_is_never_saved_over_a_good_one(
    tmp_path: Path, part: str
) -> None:
    class Break(Callback):
        def on_train_batch_start(self, trainer: Trainer, gan: GAN, *_: object) -> None:
            if trainer.global_step == 5:
                gan.state_dict()[part].fill_(float("nan"))

    train(tmp_path, make_gan(), 9, [Break(), Checkpoint(2, None, keep_all=True)])
    assert saved(tmp_path) == {"last": 4, "update_000002": 2, "update_000004": 4}


def test_a_checkpoint_holds_plain_values_and_all_that_a_resume_needs(tmp_path: Path) -> None:
    gan = make_gan(ema_halflife=100)
    gan.config = {"seed": 0, "data": {"shape": [1, 4, 4], "root": None}}
    train(tmp_path, gan, 7, [Checkpoint(5, None, keep_all=False)])
    content: dict[str, Any] = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert content["config"] == gan.config
    assert content["state_dict"].keys() == gan.state_dict().keys()
    assert any(key.startswith("ema.") for key in content["state_dict"])
    assert len(content["optimizer_states"]) == 2
    (loader,) = content["loops"]["fit_loop"]["state_dict"]["combined_loader"]
    assert loader == {"epoch": 0, "taken": 28, "size": 4, "seed": 0}


def test_an_interval_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"every_n_updates \(=0\)"):
        Checkpoint(0, None, keep_all=False)
