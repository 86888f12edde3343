from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

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


@pytest.mark.parametrize("parts", [1, 4, 5])
def test_the_step_is_that_of_the_whole_minibatch(tmp_path: Path, parts: int) -> None:
    # 4 parts of 10 examples are of 3, 3, 3 and 1.
    whole, gan = trained(tmp_path / "whole", GAN)
    pieces, accumulated = trained(tmp_path / "parts", AccumulatedGradients, parts=parts)
    for name, weight in whole.items():
        torch.testing.assert_close(pieces[name], weight, rtol=1e-4, atol=1e-6)
    for name, value in gan.last.items():
        if parts != 4:  # a mean of means is another one where the parts are not alike
            torch.testing.assert_close(accumulated.last[name], value, rtol=1e-4, atol=1e-6)
