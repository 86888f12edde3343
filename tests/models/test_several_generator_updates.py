from pathlib import Path

from forger.models.several_generator_updates import SeveralGeneratorUpdates
from tiny import Images, make_gan, train


def test_each_iteration_has_so_many_generator_updates(tmp_path: Path) -> None:
    gan = make_gan(SeveralGeneratorUpdates, generator_updates=3, k=2)
    trainer = train(tmp_path, gan, max_steps=4, data=Images(k=2))
    generator, discriminator = (
        {int(state["step"]) for state in optimizer.state.values()}
        for optimizer in trainer.optimizers
    )
    assert (generator, discriminator, trainer.global_step) == ({4 * 3}, {4 * 2}, 4)
