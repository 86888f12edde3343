import errno
import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn

from forger.callbacks.best import Best
from forger.callbacks.checkpoint import Checkpoint
from forger.errors import ForgerError
from forger.runs.checkpoint_sizes import check_sizes
from forger.runs.checkpoint_states import check_state_names
from forger.runs.checkpoints import AtomicCheckpointIO
from tiny import make_gan, train


def test_every_checkpoint_is_whole_under_its_name_lightnings_best_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def replace(source: Path, target: Path) -> None:
        assert torch.load(source, weights_only=True)["global_step"]
        assert Path(source).parent == Path(target).parent
        taken.append(Path(target).name)
        os.rename(source, target)

    monkeypatch.setattr("os.replace", replace)
    best = ModelCheckpoint(tmp_path / "checkpoints", "best", every_n_train_steps=3)
    last = Checkpoint(4, None, keep_all=False)
    train(tmp_path, make_gan(), 4, [best, last], plugins=[AtomicCheckpointIO()])
    # The last one before the end's work, and with what came of it.
    assert taken == ["best.ckpt", "last.ckpt", "last.ckpt"]
    files = sorted((tmp_path / "checkpoints").iterdir())
    assert [file.name for file in files] == taken[:2]
    assert [torch.load(f, weights_only=True)["global_step"] for f in files] == [3, 4]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
@pytest.mark.parametrize("where", ["os.fsync", "os.replace"])
def test_one_that_cannot_be_written_leaves_the_one_before_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, code: int
) -> None:
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"good": torch.ones(3)}, path)

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(where, fail)
    with pytest.raises(ForgerError, match=f"^cannot write {path}: {os.strerror(code)}$"):
        AtomicCheckpointIO().save_checkpoint({"better": torch.ones(3)}, path)
    assert list(tmp_path.iterdir()) == [path]
    assert torch.load(path, weights_only=True).keys() == {"good"}


class Foreign(ModelCheckpoint):
    """Somebody's own, which believes all paths in its state, wherever they lead."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict | {"dirpath": self.dirpath})


PATHS = ("best_model_path", "kth_best_model_path", "last_model_path")


@pytest.mark.parametrize("make", [Best, ModelCheckpoint, Foreign])
@pytest.mark.parametrize(
    "way", ["{victim}", "{run}/checkpoints/../../victim", "file://{victim}", "..", "{run}/.."]
)
def test_no_path_in_a_checkpoint_leads_out_of_the_run_folder(
    tmp_path: Path, make: type[ModelCheckpoint], way: str
) -> None:
    run, victim = tmp_path / "run", tmp_path / "victim"
    last = run / "checkpoints" / "last.ckpt"
    victim.mkdir()
    (victim / "thesis.txt").write_text("years of work")

    def saving() -> list[Callback]:
        # Each is better than the one before, which is then removed.
        often: dict[str, Any] = {} if make is Best else {"every_n_train_steps": 1}
        best = make(filename="{step}", monitor="score", mode="max", **often)
        return [Score(), best, Checkpoint(2, None, keep_all=False)]

    train(run, make_gan(), 2, saving())
    contents = torch.load(last, weights_only=True)
    (key,) = [key for key in contents["callbacks"] if "{" in key]
    path = way.format(victim=victim, run=run)
    state = contents["callbacks"][key]
    state |= dict.fromkeys(PATHS, path)
    state |= {"best_k_models": {path: torch.tensor(0.0)}, "kth_value": torch.tensor(0.0)}
    torch.save(contents, last)
    train(run, make_gan(), 4, saving(), ckpt=last, plugins=[AtomicCheckpointIO()])
    assert (victim / "thesis.txt").read_text() == "years of work"
    assert last.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "victim"]


class Score(Callback):
    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        trainer.callback_metrics["score"] = torch.tensor(float(trainer.global_step))


def test_names_in_a_state_are_those_of_the_runs_own_folder(tmp_path: Path) -> None:
    state = {"seen": ["/etc/passwd", "metric/fid", 3], "at": {"s3://b/x": "C:\\x"}, "up": ".."}
    callback = Score()
    states = {callback.state_key: state}
    check_state_names(states, [callback], tmp_path)
    here = str(tmp_path / "checkpoints")
    assert states[callback.state_key] == {
        "seen": [f"{here}/passwd", "metric/fid", 3],
        "at": {f"{here}/x": f"{here}/x"},
        "up": "",
    }


def test_a_state_names_nothing_in_a_folder_outside_of_the_run(tmp_path: Path) -> None:
    callback = ModelCheckpoint(tmp_path / "elsewhere")
    state: dict[str, Any] = dict.fromkeys(PATHS, str(tmp_path / "elsewhere" / "x.ckpt"))
    states = {callback.state_key: state | {"best_k_models": {state["last_model_path"]: 0.0}}}
    check_state_names(states, [callback], tmp_path / "run")
    paths = dict.fromkeys((*PATHS, "dirpath"), "")
    assert states[callback.state_key] == paths | {"best_k_models": {}}


def test_a_folder_is_never_removed_for_a_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "old.ckpt").touch()
    for name in ("folder", "old.ckpt", "gone.ckpt"):
        AtomicCheckpointIO().remove_checkpoint(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def rewritten(path: Path, change: Callable[[str, bytes], bytes], packed: int = ZIP_STORED) -> Path:
    """A checkpoint whose records are others."""
    torch.save({"weights": torch.ones(100), "words": "kept"}, path)
    with ZipFile(path) as file:
        records = {name: change(name, file.read(name)) for name in file.namelist()}
    with ZipFile(path, "w", packed) as file:
        for name, record in records.items():
            file.writestr(name, record)
    return path


def test_a_checkpoint_of_honest_sizes_is_taken(tmp_path: Path) -> None:
    numbers = [torch.ones(2, 3, dtype=d) for d in (torch.bool, torch.bfloat16, torch.complex64)]
    more = {"views": torch.ones(9)[2:4], "none": torch.empty(0), "whole": nn.Linear(2, 2).weight}
    rest = [2**40, {1}, b"x", torch.float16, torch.Size([2]), torch.device("cpu"), OrderedDict(a=1)]
    state = nn.BatchNorm1d(2).state_dict()
    torch.save([numbers, more, rest, state], tmp_path / "x.ckpt")
    check_sizes(tmp_path / "x.ckpt")
    check_sizes(rewritten(tmp_path / "y.ckpt", lambda name, record: record))


def test_a_record_smaller_than_its_tensor_is_not_read_beyond_its_end(tmp_path: Path) -> None:
    def cut(name: str, record: bytes) -> bytes:
        return record[:8] if "/data/" in name else record

    with pytest.raises(ForgerError, match="it states more bytes than it has"):
        check_sizes(rewritten(tmp_path / "x.ckpt", cut))
    with pytest.raises(ForgerError, match="it states more bytes than it has"):
        AtomicCheckpointIO().load_checkpoint(tmp_path / "x.ckpt")


def test_a_packed_record_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match="it states more bytes than it has"):
        check_sizes(rewritten(tmp_path / "x.ckpt", lambda name, record: record, ZIP_DEFLATED))


class Roomy:
    """What torch would make of a few bytes, though it is said to load weights only."""

    def __init__(self, make: Any, *arguments: Any) -> None:
        self.reduced = make, arguments

    def __reduce__(self) -> tuple:
        return self.reduced


@pytest.mark.parametrize(
    "value", [Roomy(bytearray, 10**12), Roomy(torch.Tensor, 10**6, 10**6), Roomy(print, "harm")]
)
def test_what_takes_memory_by_a_number_is_refused(tmp_path: Path, value: Any) -> None:
    torch.save({"x": value}, tmp_path / "x.ckpt")
    with pytest.raises(
        ForgerError, match=r"is damaged or not a checkpoint of Forger: give another one$"
    ):
        check_sizes(tmp_path / "x.ckpt")
