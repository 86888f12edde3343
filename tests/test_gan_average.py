"""The moving average of the generator, beside the training of a GAN."""

from functools import partial
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Callback, Trainer

from forger.gan import GAN
from forger.training.ema import halflife_at
from tiny import Images, make_gan, snapshot, train


class Jump(Callback):
    """The generator's weights move by 1 before the first update, the average's do not."""

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        for parameter in gan.generator.parameters():
            parameter.data += 1


@pytest.mark.parametrize(("batch_size", "k"), [(2, 1), (4, 1), (8, 1), (4, 3)])
def test_after_the_halflife_in_images_the_old_generator_weighs_one_half(
    tmp_path: Path, batch_size: int, k: int
) -> None:
    still = partial(torch.optim.SGD, lr=0.0)
    gan = make_gan(k=k, ema_halflife=16, optimizer={"generator": still, "discriminator": still})
    start = snapshot(gan.generator)
    data = Images(batch_size=batch_size, k=k)
    train(tmp_path, gan, max_steps=16 // batch_size, callbacks=[Jump()], data=data)
    assert gan.ema is not None
    for name, average in gan.ema.named_parameters():
        torch.testing.assert_close(average, start[name] + 0.5)


def test_the_halflife_grows_with_the_images_seen_in_steps_of_two() -> None:
    at = partial(halflife_at, halflife=8000, rampup=0.05)
    assert [at(seen) for seen in (64, 40_000, 79_999, 80_000, 160_000, 10**9)] == [
        8000 / 2**12,
        2000,
        2000,
        4000,
        8000,
        8000,
    ]
    for seen in range(64, 100_000, 640):
        assert 0.025 * seen < at(seen) <= 0.05 * seen
    assert halflife_at(64, 8000, None) == 8000


def test_the_average_is_of_few_generators_at_first(tmp_path: Path) -> None:
    """A half-life of one image after four: four images later the old one weighs 1/16."""
    still = partial(torch.optim.SGD, lr=0.0)
    gan = make_gan(
        ema_halflife=16,
        ema_rampup=0.25,
        optimizer={"generator": still, "discriminator": still},
    )
    start = snapshot(gan.generator)
    train(tmp_path, gan, max_steps=1, callbacks=[Jump()], data=Images(batch_size=4))
    assert gan.ema is not None
    for name, average in gan.ema.named_parameters():
        torch.testing.assert_close(average, start[name] + 1 - 1 / 16)


def test_the_average_follows_running_statistics_and_counters(tmp_path: Path) -> None:
    gan = make_gan(ema_halflife=1e-3)
    train(tmp_path, gan, max_steps=3)
    assert gan.ema is not None
    average, current = gan.ema.state_dict(), gan.generator.state_dict()
    assert any("running_mean" in key for key in current)
    for key, tensor in current.items():
        torch.testing.assert_close(average[key], tensor)


def test_samples_come_from_the_average(tmp_path: Path) -> None:
    gan = make_gan(ema_halflife=1e9)
    before = gan.sample(8, seed=0)
    train(tmp_path, gan, max_steps=5)
    assert torch.equal(gan.sample(8, seed=0), before)
    gan.ema = None
    assert not torch.equal(gan.sample(8, seed=0), before)


def test_the_average_is_not_trained(tmp_path: Path) -> None:
    gan = make_gan(ema_halflife=100)
    trainer = train(tmp_path, gan, max_steps=1)
    assert gan.ema is not None
    optimized = {id(p) for o in trainer.optimizers for g in o.param_groups for p in g["params"]}
    assert not optimized & {id(p) for p in gan.ema.parameters()}
    assert not any(p.requires_grad for p in gan.ema.parameters())
