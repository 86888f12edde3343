from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.trajectory import Trajectory
from forger.data.toys import Gaussian1D
from forger.errors import ForgerError
from forger.figures.trajectory import ARROWS, lattice
from forger.gan import GAN
from forger.losses import Minimax
from forger.networks import dirac
from forger.penalties import R1
from forger.terms.lecam import LeCam
from read_images import frames
from tiny import Images, make_gan, same, train


def data(mean: float = 0.0) -> Gaussian1D:
    return Gaussian1D(mean=mean, std=0.0, size=8, shape=[1], batch_size=2, seed=0)


def dirac_gan(**settings: Any) -> GAN:
    sgd = partial(torch.optim.SGD, lr=0.1)
    return make_gan(
        generator=dirac.Generator(initial=1),
        discriminator=dirac.Discriminator(initial=0.5),
        optimizer={"generator": sgd, "discriminator": sgd},
        latent_dim=1,
        **({"loss": Minimax()} | settings),
    )


def trajectory(every_n_updates: int = 2) -> Trajectory:
    return Trajectory(every_n_updates, window=2.0, n=4, seed=3)


def test_with_r1_the_way_ends_at_the_equilibrium_as_fast_as_theory_says(tmp_path: Path) -> None:
    """Near it, a step is linear: psi loses rate (gamma psi + theta / 2), theta gains rate psi / 2.

    Of its matrix the trace is 2 - rate gamma - rate^2 / 4, and the determinant 1 - rate gamma.
    """
    gan = dirac_gan(penalty={"r1": R1(gamma=1.0, every=1)})
    train(tmp_path, gan, 400, [drawn := trajectory(100)], data())
    distances = torch.stack([frame["weights"] for frame in drawn.frames]).norm(dim=1)
    assert distances[0].item() == pytest.approx(1.25**0.5)
    assert distances[-1] < 1e-4
    trace, determinant = 2 - 0.1 - 0.1**2 / 4, 1 - 0.1
    eigenvalue = (trace + (trace**2 - 4 * determinant) ** 0.5) / 2
    # From update 300 to update 400.
    assert (distances[-1] / distances[-2]).item() == pytest.approx(eigenvalue**100, rel=0.01)


def test_arrows_are_the_gradients_of_both_players_by_hand(tmp_path: Path) -> None:
    gan, drawn = dirac_gan(), trajectory()
    train(tmp_path, gan, 1, [drawn], data(mean=0.5))
    places = lattice(torch.tensor([0.5, 0.0]), window=2.0)
    theta, psi = places.unbind(2)
    # L_G = -softplus(psi theta), and L_D = softplus(-psi / 2) + softplus(psi theta).
    expected = torch.stack(
        [
            psi * (psi * theta).sigmoid(),
            (-psi / 2).sigmoid() / 2 - theta * (psi * theta).sigmoid(),
        ],
        dim=2,
    )
    found = drawn.field(gan, torch.full((4, 1), 0.5), places)
    assert found.shape == (ARROWS, ARROWS, 2)
    torch.testing.assert_close(found, expected)


def test_drawing_leaves_training_and_the_averages_of_terms_as_they_were(tmp_path: Path) -> None:
    watched, alone = (dirac_gan(term={"lecam": LeCam(1.0, 0.9)}) for _ in range(2))
    train(tmp_path, watched, 4, [trajectory(1)], data())
    train(tmp_path, alone, 4, data=data())
    assert same(watched.state_dict(), alone.state_dict())


def test_a_resumed_run_goes_on_with_its_way_and_ends_with_a_film_and_a_picture(
    tmp_path: Path,
) -> None:
    whole, first, second = trajectory(), trajectory(), trajectory()
    train(tmp_path / "whole", dirac_gan(), 5, [whole], data())
    train(tmp_path, dirac_gan(), 3, [first, Checkpoint(3, None, keep_all=False)], data())
    train(tmp_path, dirac_gan(), 5, [second], data(), ckpt=tmp_path / "checkpoints" / "last.ckpt")
    assert same(second.frames, whole.frames)
    assert [int(frame["update"]) for frame in whole.frames] == [0, 2, 4, 5]
    film = frames(tmp_path / "trajectory.gif")
    assert film.shape == (4, 480, 480)
    assert (tmp_path / "trajectory.png").read_bytes() == (
        tmp_path / "whole" / "trajectory.png"
    ).read_bytes()


def test_a_network_of_more_parameters_is_refused() -> None:
    with pytest.raises(ForgerError, match=r"generator has \d+: give ~callbacks\.trajectory"):
        trajectory().check(make_gan(), Images())


def test_a_network_that_does_not_learn_has_no_arrow(tmp_path: Path) -> None:
    gan = dirac_gan()
    gan.discriminator.requires_grad_(False)
    train(tmp_path, gan, 1, [drawn := trajectory()], data())
    field = drawn.field(gan, torch.zeros(4, 1), lattice(torch.zeros(2), 2.0))
    assert field[..., 0].abs().max() > 0
    assert (field[..., 1] == 0).all()
