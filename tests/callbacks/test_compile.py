import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.compile import Compile
from forger.errors import ForgerError
from forger.penalties import R1
from forger.terms.path_length import PathLength
from tiny import Images, make_gan, networks, train


def test_compiled_networks_train_as_the_plain_ones_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[str] = []

    def traced(forward: Callable[..., Any], mode: str) -> Callable[..., Any]:
        modes.append(mode)
        return real(forward, backend="aot_eager")

    real = torch.compile
    monkeypatch.setattr(torch, "compile", traced)
    settings = {**networks(dropout=0.0), "ema_halflife": 10}
    plain = make_gan(**copy.deepcopy(settings))
    compiled = make_gan(**settings)
    last = tmp_path / "checkpoints" / "last.ckpt"
    train(tmp_path / "plain", plain, 4)
    keep = Checkpoint(2, None, keep_all=False)
    train(tmp_path, compiled, 2, [keep, Compile("reduce-overhead")])
    # A checkpoint of the one is one of the other.
    again = make_gan(**networks(dropout=0.0), ema_halflife=10)
    train(tmp_path, again, 4, [Compile("default")], ckpt=last)
    assert modes == ["reduce-overhead"] * 2 + ["default"] * 2
    torch.testing.assert_close(dict(again.state_dict()), dict(plain.state_dict()))


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        ("penalty.r1", {"penalty": {"r1": R1(gamma=1.0, every=1)}}),
        ("term.length", {"term": {"length": PathLength(weight=2.0, decay=0.9)}}),
    ],
)
def test_a_second_derivative_of_compiled_networks_is_refused(
    part: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(ForgerError, match=f"callbacks.compile does not work with {part}"):
        Compile("default").check(make_gan(**settings), Images())
