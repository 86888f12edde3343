import re
from pathlib import Path

import pytest
from pytorch_lightning import Callback, Trainer

from forger.callbacks.curves import Curves
from forger.callbacks.progress import RunProgress, numbers
from tiny import make_gan, make_trainer, train


def run(tmp_path: Path, progress: RunProgress, *callbacks: Callback) -> Trainer:
    return train(
        tmp_path,
        make_gan(),
        max_steps=12,
        callbacks=[*callbacks, progress],
        enable_progress_bar=True,
    )


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


def test_without_curves_it_counts_updates_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, RunProgress(refresh_every=5))
    printed = capsys.readouterr().out
    assert "12/12" in printed
    assert "loss" not in printed


def test_numbers_are_empty_before_the_first_interval(tmp_path: Path) -> None:
    assert numbers(make_trainer(tmp_path, 1)) == ""


def test_after_an_error_the_terminal_is_given_back(tmp_path: Path) -> None:
    class Fail(Callback):
        def on_train_batch_start(self, *_: object) -> None:
            raise RuntimeError("power cut")

    progress = RunProgress(refresh_every=5)
    with pytest.raises(RuntimeError, match="power cut"):
        run(tmp_path, progress, Fail())
    assert not progress.bar.live.is_started


def test_a_disabled_bar_prints_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    progress = RunProgress(refresh_every=5)
    progress.disable()
    run(tmp_path, progress)
    assert "12/12" not in capsys.readouterr().out
