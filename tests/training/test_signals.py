import signal
import threading
from pathlib import Path

import pytest
import torch
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from pytorch_lightning import Callback, Trainer

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.runs.curves import read_lines
from forger.runs.loggers import CurvesFile
from forger.training.signals import interruptible, passing_on
from tiny import Images, make_gan, make_trainer, same, train

REQUESTS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2]
HANDLERS = {number: signal.getsignal(number) for number in [*REQUESTS, signal.SIGUSR1]}


class Send(Callback):
    """Sends this process signals, one after another, in a hook once the clock shows a time."""

    def __init__(self, hook: str, at: int, *numbers: signal.Signals) -> None:
        left = list(numbers)

        def send(trainer: Trainer, *_: object, **__: object) -> None:
            while left and trainer.global_step == at:
                signal.raise_signal(left.pop(0))

        setattr(self, hook, send)


def state(folder: Path) -> dict:
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)


def interrupt(folder: Path, *callbacks: Callback) -> int:
    """The exit code of a run of 20 updates, 12 to an epoch."""
    trainer = make_trainer(folder, 20, [*callbacks, Checkpoint(100, None, keep_all=False)])
    with pytest.raises(SystemExit) as end, interruptible(trainer):
        trainer.fit(make_gan(), datamodule=Images())
    assert {number: signal.getsignal(number) for number in HANDLERS} == HANDLERS
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.mark.parametrize("sent", REQUESTS)
@pytest.mark.parametrize(
    ("hook", "at", "saved"),
    [
        ("on_train_start", 0, 1),
        ("on_train_batch_start", 5, 6),
        ("on_before_optimizer_step", 5, 6),
        ("on_train_batch_end", 5, 5),
        ("on_train_batch_end", 12, 12),
        ("on_train_epoch_end", 12, 12),
        ("on_train_batch_end", 20, 20),
    ],
)
def test_a_signal_at_any_time_lets_the_iteration_finish_and_loses_nothing(
    tmp_path: Path, sent: signal.Signals, hook: str, at: int, saved: int
) -> None:
    assert interrupt(tmp_path / "told", Send(hook, at, sent)) == 128 + sent
    assert state(tmp_path / "told")["global_step"] == saved
    last = tmp_path / "told" / "checkpoints" / "last.ckpt"
    for folder, ckpt in (("told", last), ("whole", None)):
        callbacks = [Checkpoint(100, None, keep_all=False)]
        train(tmp_path / folder, make_gan(), 30, callbacks, Images(), ckpt)
    one, other = state(tmp_path / "told"), state(tmp_path / "whole")
    for part in ("global_step", "epoch", "state_dict", "optimizer_states"):
        assert same(one[part], other[part])


def test_a_signal_after_the_last_iteration_still_ends_the_process(tmp_path: Path) -> None:
    assert interrupt(tmp_path, Send("on_train_end", 20, signal.SIGTERM)) == 128 + signal.SIGTERM
    assert state(tmp_path)["global_step"] == 20


@pytest.mark.parametrize(
    "sent",
    [
        # SLURM at a time limit, `timeout` and torchrun; twice with a warning before.
        [signal.SIGTERM, signal.SIGTERM],
        [signal.SIGINT, signal.SIGINT, signal.SIGINT],
        [signal.SIGUSR2, signal.SIGTERM, signal.SIGTERM],
        [signal.SIGHUP, signal.SIGTERM],
        [signal.SIGTERM, signal.SIGHUP],
        [signal.SIGTERM, signal.SIGUSR2],
    ],
)
def test_what_repeats_a_request_is_the_same_request(
    tmp_path: Path, sent: list[signal.Signals], capfd: pytest.CaptureFixture[str]
) -> None:
    assert interrupt(tmp_path, Send("on_train_batch_start", 5, *sent)) == 128 + sent[0]
    assert state(tmp_path)["global_step"] == 6
    assert capfd.readouterr().err.count("stopping after this iteration") == 1


@pytest.mark.parametrize(
    ("first", "second", "grace"),
    [
        (signal.SIGINT, signal.SIGTERM, 60),
        (signal.SIGTERM, signal.SIGINT, 60),
        (signal.SIGTERM, signal.SIGTERM, 0),
        (signal.SIGINT, signal.SIGINT, 0),
    ],
)
def test_a_second_request_acts_at_once_and_loses_no_iteration_before(
    tmp_path: Path,
    first: signal.Signals,
    second: signal.Signals,
    grace: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("forger.training.signals.GRACE", grace)
    assert interrupt(tmp_path, Send("on_train_batch_start", 5, first, second)) == 128 + first
    assert state(tmp_path)["global_step"] == 5


class Interrupted(CurvesFile):
    """A logger that two urgent signals meet while it writes, before others have."""

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        super().log_metrics(metrics, step)
        if step == 6:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)


def test_a_point_is_in_all_loggers_and_in_the_state_or_in_none(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]

    def start(max_steps: int, kind: type[CurvesFile], ckpt: Path | None = None) -> Trainer:
        callbacks = [Curves(3), Checkpoint(100, None, keep_all=False)]
        loggers = [kind(folders[0]), CurvesFile(folders[1])]
        trainer = make_trainer(tmp_path, max_steps, callbacks, logger=loggers)
        with interruptible(trainer):
            trainer.fit(make_gan(), datamodule=Images(), ckpt_path=ckpt, weights_only=True)
        return trainer

    for folder in folders:
        folder.mkdir()
        (folder / "run.json").touch()
    with pytest.raises(SystemExit):
        start(20, Interrupted)
    assert [[p["step"] for p in read_lines(folder)] for folder in folders] == [[3, 6], [3, 6]]
    assert state(tmp_path)["callbacks"]["Curves"] == {"updates": []}
    start(12, CurvesFile, tmp_path / "checkpoints" / "last.ckpt")
    for folder in folders:
        assert [point["step"] for point in read_lines(folder)] == [3, 6, 9, 12]


@pytest.mark.parametrize("warning", [signal.SIGUSR1, signal.SIGUSR2])
def test_a_warning_goes_to_the_handler_found_before_once_all_is_saved(
    tmp_path: Path, warning: signal.Signals
) -> None:
    class UncompletedError(Exception):
        """What submitit raises."""

    def requeue(*_: object) -> None:
        assert state(tmp_path)["global_step"] == 6
        raise UncompletedError

    before = signal.signal(warning, requeue)
    trainer = make_trainer(
        tmp_path,
        20,
        [Send("on_train_batch_start", 5, warning), Checkpoint(100, None, keep_all=False)],
    )
    try:
        with pytest.raises(UncompletedError), passing_on(), interruptible(trainer):
            trainer.fit(make_gan(), datamodule=Images())
        assert signal.getsignal(warning) is requeue
    finally:
        signal.signal(warning, before)


def test_what_nohup_ignores_stays_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    trainer = make_trainer(tmp_path, 9, [Send("on_train_batch_start", 5, signal.SIGHUP)])
    try:
        with interruptible(trainer):
            trainer.fit(make_gan(), datamodule=Images())
    finally:
        signal.signal(signal.SIGHUP, before)
    assert trainer.global_step == 9


def test_before_training_the_first_signal_acts_at_once(tmp_path: Path) -> None:
    assert interrupt(tmp_path, Send("setup", 0, signal.SIGINT)) == 128 + signal.SIGINT
    assert not (tmp_path / "checkpoints").exists()


def test_slurm_requeues_by_its_own_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_NTASKS", "1")
    monkeypatch.setattr(
        "pytorch_lightning.trainer.connectors.signal_connector.call",
        lambda command: calls.append(command) or 0,
    )
    send = Send("on_train_batch_end", 5, signal.SIGUSR1)
    trainer = make_trainer(tmp_path, 9, [send], plugins=[SLURMEnvironment(auto_requeue=True)])
    with interruptible(trainer):
        trainer.fit(make_gan(), datamodule=Images())
    assert calls == [["scontrol", "requeue", "7"]]
    assert (tmp_path / "hpc_ckpt_1.ckpt").exists()
    assert trainer.global_step == 9


def test_in_another_thread_where_no_signal_arrives_a_run_trains_as_ever(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, 2)

    def job() -> None:
        with interruptible(trainer):
            trainer.fit(make_gan(), datamodule=Images())

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    assert trainer.global_step == 2
