import errno
import os
from pathlib import Path

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from forger.callbacks.checkpoint import Checkpoint
from forger.checkpoints import WholeCheckpoints
from forger.errors import ForgerError
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
    train(tmp_path, make_gan(), 4, [best, last], plugins=[WholeCheckpoints()])
    assert taken == ["best.ckpt", "last.ckpt"]
    files = sorted((tmp_path / "checkpoints").iterdir())
    assert [file.name for file in files] == taken
    assert [torch.load(f, weights_only=True)["global_step"] for f in files] == [3, 4]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
@pytest.mark.parametrize("where", ["os.fsync", "os.replace"])
def test_one_that_cannot_be_written_leaves_the_one_before_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, code: int
) -> None:
    path = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"good": torch.ones(3)}, path)

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(where, fail)
    with pytest.raises(ForgerError, match=f"^cannot write {path}: {os.strerror(code)}$"):
        WholeCheckpoints().save_checkpoint({"better": torch.ones(3)}, path)
    assert list(tmp_path.iterdir()) == [path]
    assert torch.load(path, weights_only=True).keys() == {"good"}
