from pathlib import Path
from typing import Any

import pytest
from pytorch_lightning import Callback, Trainer
from torch import nn

from forger.callbacks.anneal import Anneal
from forger.callbacks.checkpoint import Checkpoint
from forger.errors import ForgerError
from forger.gan import GAN
from forger.penalties import R1
from tiny import LINE, Images, forge, make_gan, same, train


class Seen(Callback):
    """Gamma in each update."""

    def __init__(self) -> None:
        self.gamma: list[float] = []

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        self.gamma.append(gan.penalty["r1"].gamma)  # pyright: ignore


def annealed(folder: Path, updates: int, ckpt: Path | None = None) -> tuple[GAN, list[float]]:
    gan, seen = make_gan(penalty={"r1": R1(gamma=1, every=1)}), Seen()
    saved = Checkpoint(100, None, keep_all=False)
    line = Anneal("penalty.r1.gamma", 8.0, 2.0, (1, 4))
    train(folder, gan, updates, callbacks=[line, seen, saved], ckpt=ckpt)
    return gan, seen.gamma


def test_the_number_moves_along_a_line_and_goes_on_where_a_run_is_resumed(tmp_path: Path) -> None:
    whole, seen = annealed(tmp_path / "whole", 6)
    assert seen == [8, 8, 6, 4, 2, 2]
    annealed(tmp_path / "half", 3)
    last = tmp_path / "half" / "checkpoints" / "last.ckpt"
    resumed, seen = annealed(tmp_path / "half", 6, ckpt=last)
    assert seen == [4, 2, 2]
    assert same(resumed.state_dict(), whole.state_dict())


def test_a_run_that_is_resumed_for_longer_does_not_leave_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["schedule=constant", "penalty=r1", "+callbacks=anneal", "hydra.run.dir=run"]
    forge(tmp_path, "train", *LINE, *settings, "~callbacks.measure", "trainer.max_steps=2")
    with pytest.raises(SystemExit, match="2"):
        forge(tmp_path, "train", "resume=run", "trainer.max_steps=4")
    said = capsys.readouterr().err
    assert said.startswith("forger: penalty.r1.gamma cannot be annealed along another line on")
    assert "keep callbacks.anneal.start=1.0 callbacks.anneal.end=0.1" in said
    kept = ["callbacks.anneal.updates=[0,2]", "trainer.max_steps=4"]
    forge(tmp_path, "train", "resume=run", *kept)


@pytest.mark.parametrize(
    "setting",
    [
        "penalty.r1.weight",
        "penalty.r1.every",
        "penalty.r2.gamma",
        "penalty.r1",
        "model.k",
        "loss",
        "",
        ".",
    ],
)
def test_what_is_no_number_of_the_game_is_refused(setting: str) -> None:
    gan = make_gan(penalty={"r1": R1(gamma=1.0, every=1)})
    with pytest.raises(ForgerError, match="is not a number of this run's loss, penalty"):
        Anneal(setting, 1.0, 0.0, (0, 9)).check(gan, Images())


@pytest.mark.parametrize("ends", [(-1.0, 0.0), (1.0, -0.5)])
def test_an_end_that_the_setting_does_not_take_is_refused(ends: tuple[float, float]) -> None:
    gan = make_gan(penalty={"r1": R1(gamma=1.0, every=1)})
    with pytest.raises(
        ForgerError, match=r"of penalty.r1.gamma: gamma \(=-.*\) must be at least 0"
    ):
        Anneal("penalty.r1.gamma", *ends, (0, 9)).check(gan, Images())


class Scaled:
    """A penalty of one's own, whose constructor changes the network that it is given."""

    def __init__(self, weight: float, network: nn.Linear) -> None:
        if weight < 0:
            raise ValueError(f"weight (={weight}) would reward")
        self.weight, self.network = weight, network
        nn.init.zeros_(network.weight)


def test_what_a_setting_takes_is_asked_without_a_change() -> None:
    gan = make_gan(penalty={"mine": (mine := Scaled(1.0, nn.Linear(2, 2)))})
    nn.init.ones_(mine.network.weight)
    with pytest.raises(ForgerError, match=r"of penalty.mine.weight: weight \(=-1.0\) would reward"):
        Anneal("penalty.mine.weight", 2.0, -1.0, (0, 9)).check(gan, Images())
    assert (mine.weight, mine.network.weight.min()) == (1, 1)


class Percent:
    """A penalty that keeps its settings in another form."""

    def __init__(self, weight: float, share: float) -> None:
        if share > 1:
            raise ValueError(f"share (={share}) must be at most 1")
        self.weight, self.share = weight, 100 * share


def test_a_class_that_does_not_say_what_it_takes_is_not_asked() -> None:
    gan = make_gan(penalty={"mine": Percent(1.0, 0.5)})
    Anneal("penalty.mine.weight", 2.0, 1.0, (0, 9)).check(gan, Images())


@pytest.mark.parametrize("updates", [(3, 3), (4, 2), (-1, 5), (5,), (1, 2, 3)])
def test_updates_that_do_not_rise_are_refused(updates: Any) -> None:
    with pytest.raises(ForgerError, match="must be two that rise"):
        Anneal("penalty.r1.gamma", 1.0, 0.0, updates)
