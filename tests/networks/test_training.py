"""Every network trains on rectangles of several channels, by penalties and with an average."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.networks import conditional_batch_norm as by_norm
from forger.networks import dcgan, mlp, r3gan, resnet, stylegan2, subpixel, transformer
from forger.networks.conditional import Projection
from forger.networks.minibatch_stddev import Discriminator as WithDeviation
from forger.networks.spectral_norm import spectral_norm
from forger.penalties import R1
from tiny import LATENT, make_gan, snapshot, train

SHAPE = [3, 8, 12]


class Rectangles(InMemory):
    """Random bytes as images of 3 x 8 x 12, of three classes."""

    def load(self) -> dict[str, Split]:
        images = torch.randint(256, (16, *SHAPE), dtype=torch.uint8)
        split = Split(images, torch.arange(16) % 3)
        return {"train": split, "validation": split, "test": split}


PAIRS: dict[str, Callable[[], tuple[nn.Module, nn.Module]]] = {
    "dcgan": lambda: (
        dcgan.Generator(LATENT, SHAPE, 4, 0.1),
        dcgan.Discriminator(SHAPE, 4, False, 0.1),
    ),
    "subpixel": lambda: (
        subpixel.Generator(LATENT, SHAPE, 4, 0.1),
        subpixel.Discriminator(SHAPE, 4, 0.1),
    ),
    "attention": lambda: (
        resnet.Generator(LATENT, SHAPE, 4, 1.0, attention=True),
        resnet.Discriminator(SHAPE, 4, True, 1.0, attention=True),
    ),
    "r3gan": lambda: (
        r3gan.Generator(LATENT, SHAPE, 4, 1, 2, 4),
        r3gan.Discriminator(SHAPE, 4, 1, 2, 4),
    ),
    "transformer": lambda: (
        transformer.Generator(LATENT, SHAPE, 4, 8, 1, 2),
        transformer.Discriminator(SHAPE, 4, 8, 1, 2),
    ),
    "stylegan2": lambda: (
        stylegan2.Generator(LATENT, SHAPE, 4, 2),
        subpixel.Discriminator(SHAPE, 4, 0.1),
    ),
    "spectral_norm": lambda: (
        spectral_norm(dcgan.Generator(LATENT, SHAPE, 4, 0.1)),
        spectral_norm(mlp.Discriminator(SHAPE, [8], None)),
    ),
    "minibatch_stddev": lambda: (
        mlp.Generator(LATENT, SHAPE, [8], True, "tanh", None),
        WithDeviation(dcgan.Discriminator(SHAPE, 4, False, 0.1), group=4),
    ),
    "conditional_batch_norm": lambda: (
        by_norm.Generator(resnet.Generator(LATENT, SHAPE, 4, 1.0), classes=3),
        Projection(subpixel.Discriminator(SHAPE, 4, 0.1), classes=3),
    ),
}


GENERATORS: dict[str, Callable[..., nn.Module]] = {
    "dcgan": partial(dcgan.Generator, LATENT, SHAPE, 4, 0.1),
    "subpixel": partial(subpixel.Generator, LATENT, SHAPE, 4, 0.1),
    "resnet": partial(resnet.Generator, LATENT, SHAPE, 4, 1.0),
    "r3gan": partial(r3gan.Generator, LATENT, SHAPE, 4, 1, 2, 4),
    "transformer": partial(transformer.Generator, LATENT, SHAPE, 4, 8, 1, 2),
    "stylegan2": partial(stylegan2.Generator, LATENT, SHAPE, 4, 2),
}


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_of_floats_has_no_range_and_else_the_same_layers(name: str) -> None:
    made = []
    for output in ("identity", "clipped" if name in ("r3gan", "stylegan2") else "tanh"):
        torch.manual_seed(0)
        made.append(GENERATORS[name](output=output).eval())
    floats, images = made
    assert floats.value_range is None
    assert images.value_range == (-1.0, 1.0)
    z = torch.randn(4, LATENT)
    x = floats(z)
    assert torch.equal(images(z), x if name in ("r3gan", "stylegan2") else x.tanh())


@pytest.mark.parametrize("pair", PAIRS)
def test_some_updates_move_every_weight_and_the_average_draws_images(
    pair: str, tmp_path: Path
) -> None:
    generator, discriminator = PAIRS[pair]()
    gan = make_gan(
        generator=generator,
        discriminator=discriminator,
        penalty={"r1": R1(1.0, every=1)},
        ema_halflife=20,
    )
    before = snapshot(gan)
    train(tmp_path, gan, 3, data=Rectangles(shape=SHAPE, batch_size=4, seed=0, classes=3))
    after = snapshot(gan)
    assert all(tensor.isfinite().all() for tensor in gan.state_dict().values())
    # What is the same for all keys of a softmax has no slope.
    still = {n for n in before if torch.equal(before[n], after[n]) and "key.bias" not in n}
    assert still == set()
    assert list(gan.sample(5, seed=0).shape) == [5, *SHAPE]
