import re
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Callback, Trainer

from forger.callbacks import progress as module
from forger.callbacks.curves import Curves
from forger.callbacks.progress import RunProgress, numbers
from tiny import make_gan, make_trainer, train


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "in_terminal", lambda: True)


def run(tmp_path: Path, progress: RunProgress, *callbacks: Callback) -> Trainer:
    return train(
        tmp_path,
        make_gan(),
        max_steps=12,
        callbacks=[*callbacks, progress],
        enable_progress_bar=True,
    )


@pytest.mark.usefixtures("terminal")
def test_one_line_tells_updates_losses_probabilities_and_speed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = RunProgress(refresh_every=5)
    progress.bar.console.width = 160
    trainer = run(tmp_path, progress, Curves(4))
    values = trainer.callback_metrics
    printed = capsys.readouterr().out
    assert len(printed.strip().splitlines()) == 1
    assert re.search(
        r"12/12 .* loss D \d+\.\d\d G -?\d+\.\d\d D\(x\) 0\.\d\d D\(G\(z\)\) 0\.\d\d [\d,]+ img/s",
        printed,
    )
    assert f"loss D {values['loss/discriminator']:.2f} G {values['loss/generator']:.2f}" in printed
    assert f"D(x) {values['prob/real']:.2f} D(G(z)) {values['prob/fake']:.2f}" in printed
    values["loss/generator"] = torch.tensor(-0.004)
    assert " G 0.00 " in numbers(trainer)


@pytest.mark.usefixtures("terminal")
def test_without_curves_it_counts_updates_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, RunProgress(refresh_every=5))
    printed = capsys.readouterr().out
    assert "12/12" in printed
    assert "loss" not in printed


def test_numbers_are_empty_before_the_first_interval(tmp_path: Path) -> None:
    assert numbers(make_trainer(tmp_path, 1)) == ""


@pytest.mark.usefixtures("terminal")
def test_after_an_error_the_terminal_is_given_back(tmp_path: Path) -> None:
    class Fail(Callback):
        def on_train_batch_start(self, *_: object) -> None:
            raise RuntimeError("power cut")

    progress = RunProgress(refresh_every=5)
    with pytest.raises(RuntimeError, match="power cut"):
        run(tmp_path, progress, Fail())
    assert not progress.bar.live.is_started


@pytest.mark.parametrize("terminal", [True, False])
def test_a_disabled_bar_prints_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
) -> None:
    monkeypatch.setattr(module, "in_terminal", lambda: terminal)
    progress = RunProgress(refresh_every=5)
    progress.disable()
    run(tmp_path, progress)
    assert "12/12" not in capsys.readouterr().out


class Measured(Callback):
    """Puts a metric where `Measure` does, each sixth update."""

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        if trainer.global_step % 6 == 0:
            trainer.callback_metrics["metric/fid"] = torch.tensor(1.0 * trainer.global_step)


def test_without_a_terminal_each_interval_is_a_plain_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    callbacks = [Curves(3), Measured(), RunProgress(refresh_every=1)]
    train(tmp_path, make_gan(), 11, callbacks, enable_progress_bar=True, log_every_n_steps=3)
    lines = capsys.readouterr().out.splitlines()
    losses = r"loss D \d+\.\d\d G -?\d+\.\d\d D\(x\) 0\.\d\d D\(G\(z\)\) 0\.\d\d [\d,]+ img/s"
    expected = [
        rf" 3/11  {losses}  \d+:\d\d:\d\d left",
        rf" 6/11  {losses}  fid 6  \d+:\d\d:\d\d left",
        rf" 9/11  {losses}  \d+:\d\d:\d\d left",
        rf"11/11  {losses}",
    ]
    assert len(lines) == len(expected), lines
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line), line
