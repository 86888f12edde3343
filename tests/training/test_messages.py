"""Which messages of Lightning are shown."""

import logging

import pytest
from lightning_utilities.core.rank_zero import rank_zero_info

from forger.training.messages import SOURCES, filter_messages

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
