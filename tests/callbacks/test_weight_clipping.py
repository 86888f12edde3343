from pathlib import Path

import pytest
from pytorch_lightning import Callback, Trainer

from forger.callbacks.weight_clipping import WeightClipping
from forger.gan import GAN
from tiny import make_gan, train


class Largest(Callback):
    """The largest weight of the discriminator at the start of each of the generator's updates."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        def look(*_: object) -> None:
            self.seen.append(max(p.abs().max().item() for p in gan.discriminator.parameters()))

        trainer.optimizers[0].register_step_pre_hook(look)


def test_the_generator_never_meets_a_weight_beyond_the_limit(tmp_path: Path) -> None:
    free, clipped = Largest(), Largest()
    train(tmp_path, make_gan(), max_steps=4, callbacks=[free])
    gan = make_gan()
    train(tmp_path, gan, max_steps=4, callbacks=[WeightClipping(0.01), clipped])
    assert min(free.seen) > 0.1
    assert clipped.seen == pytest.approx([0.01] * 4)
    assert max(p.abs().max().item() for p in gan.generator.parameters()) > 0.1


@pytest.mark.parametrize("limit", [0.0, -1.0])
def test_a_limit_that_leaves_nothing_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match=r"limit .* must be positive"):
        WeightClipping(limit)
