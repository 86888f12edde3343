from pathlib import Path

import pytest
import torch

from forger.augment import Adaptive
from forger.callbacks.ada import ADA
from forger.callbacks.checkpoint import Checkpoint
from forger.errors import ForgerError
from forger.gan import GAN
from tiny import Images, make_gan, same, train


def brighter(x: torch.Tensor) -> torch.Tensor:
    return x + 0.5


def adaptive_gan(p: float = 0.5) -> GAN:
    return make_gan(augment={"ada": Adaptive({"brighter": brighter}, p)})


def strength(gan: GAN) -> float:
    return gan.augment["ada"].p.item()  # pyright: ignore


@pytest.mark.parametrize(("target", "sign"), [(-1.0, 1), (1.0, -1)])
def test_p_moves_by_the_share_of_images_seen_towards_the_target(
    tmp_path: Path, target: float, sign: int
) -> None:
    gan = adaptive_gan()
    # D of random noise is right on some and wrong on others, in six minibatches of 4 images.
    train(tmp_path, gan, 6, [ADA(target, every_n_updates=2, images=100)])
    assert strength(gan) == pytest.approx(0.5 + sign * 6 * 4 / 100)


def test_p_stays_a_probability_and_r_is_the_mean_sign_of_logits(tmp_path: Path) -> None:
    gan, ada = adaptive_gan(), ADA(-1.0, every_n_updates=3, images=4)
    trainer = train(tmp_path, gan, 3, [ada], log_every_n_steps=1)
    assert strength(gan) == 1
    assert -1 < ada.r < 1
    assert trainer.callback_metrics["training/ada_p"] == 1
    assert trainer.callback_metrics["training/ada_r"] == pytest.approx(ada.r.item())
    signs = ADA(-1.0, every_n_updates=10, images=4)
    gan = adaptive_gan()
    train(tmp_path, gan, 2, [signs])
    assert signs.signs[-1] == gan.last["real"].sign().mean()


def test_a_run_that_goes_on_has_the_same_p_to_the_bit(tmp_path: Path) -> None:
    states = []
    for name, stop in (("whole", 7), ("parts", 3)):
        folder = tmp_path / name
        keep = Checkpoint(every_n_updates=1, every_n_minutes=None, keep_all=False)
        gan = adaptive_gan()
        train(folder, gan, stop, [ADA(0.2, 2, 100), keep])
        if stop < 7:
            gan = adaptive_gan()
            last = next(folder.rglob("last.ckpt"))
            train(folder, gan, 7, [ADA(0.2, 2, 100)], ckpt=last)
        states.append(gan.state_dict())
    assert states[0]["augment_ada.p"] != 0.5
    assert same(*states)


def test_without_the_augmentation_there_is_nothing_to_move() -> None:
    with pytest.raises(ForgerError, match="augment=ada: give that as well"):
        ADA(0.6, 4, 100).check(make_gan(), Images())
