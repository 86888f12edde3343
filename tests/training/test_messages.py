"""Which messages of Lightning are shown."""

import logging
from pathlib import Path

import pytest
from pytorch_lightning.utilities.rank_zero import (
    rank_zero_info,  # pyright: ignore[reportPrivateImportUsage]
)

from forger.training.messages import SOURCES, as_sentence, filter_messages
from tiny import make_trainer

TENSOR_CORES = (
    "You are using a CUDA device ('NVIDIA H100 80GB HBM3') that has Tensor Cores. To properly"
    " utilize them, you should set `torch.set_float32_matmul_precision('medium' | 'high')`"
)


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        (TENSOR_CORES, False),
        ("GPU available: False, used: False", False),
        ("Profiler report: 3 calls", True),
    ],
)
def test_messages_that_say_nothing_new_are_hidden_and_others_are_not(
    monkeypatch: pytest.MonkeyPatch, text: str, is_shown: bool
) -> None:
    shown: list[logging.LogRecord] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", shown.append)
    filter_messages()
    monkeypatch.setattr("lightning_utilities.core.rank_zero.rank_zero_only.rank", 0)
    for name in SOURCES:
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [handler])
        monkeypatch.setattr(logger, "propagate", False)
    rank_zero_info(text)
    assert [record.getMessage() for record in shown] == [text] * is_shown


def test_a_folder_that_was_moved_while_its_run_trained_is_named(tmp_path: Path) -> None:
    trainer, lost = make_trainer(tmp_path, 1), FileNotFoundError("events")
    assert str(as_sentence(lost, trainer, None)).startswith(f"{tmp_path} was moved or removed")
    (tmp_path / "run.json").touch()
    assert as_sentence(lost, trainer, None) is None
