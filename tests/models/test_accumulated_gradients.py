from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from forger.errors import ForgerError
from forger.gan import GAN
from forger.models.accumulated_gradients import AccumulatedGradients
from forger.penalties import R1
from tiny import Images, make_gan, networks, train

SGD = partial(torch.optim.SGD, lr=0.1)


def trained(folder: Path, model: type[GAN], **settings: Any) -> tuple[dict[str, Tensor], GAN]:
    gan = make_gan(
        model,
        # Nothing that looks across a minibatch, or draws for each example.
        **networks(batch_norm=False, dropout=0.0),
        optimizer={"generator": SGD, "discriminator": SGD},
        penalty={"r1": R1(gamma=0.5, every=1)},
        k=2,
        **settings,
    )
    train(folder, gan, max_steps=5, data=Images(k=2, batch_size=10))
    return gan.state_dict(), gan


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_the_step_is_that_of_the_whole_minibatch(tmp_path: Path, parts: int) -> None:
    whole, gan = trained(tmp_path / "whole", GAN)
    pieces, accumulated = trained(tmp_path / "parts", AccumulatedGradients, parts=parts)
    for name, weight in whole.items():
        torch.testing.assert_close(pieces[name], weight, rtol=1e-4, atol=1e-6)
    for name, value in gan.last.items():
        torch.testing.assert_close(accumulated.last[name], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("parts", [4, 20])
def test_parts_that_are_not_alike_are_refused(tmp_path: Path, parts: int) -> None:
    sentence = r"^data.batch_size \(=10\) must be a multiple of model.parts"
    with pytest.raises(ForgerError, match=sentence):
        trained(tmp_path, AccumulatedGradients, parts=parts)


def test_a_generator_that_is_frozen_stays(tmp_path: Path) -> None:
    gan = make_gan(AccumulatedGradients, parts=2)
    gan.generator.requires_grad_(False)
    before = gan.generator.state_dict()["layers.0.weight"].clone()
    train(tmp_path, gan, max_steps=2)
    assert torch.equal(gan.generator.state_dict()["layers.0.weight"], before)
