import torch

from forger.latent_space.inversion import invert
from tiny import LATENT, networks, snapshot


def descend(
    target: torch.Tensor, start: torch.Tensor, prior_weight: float = 0.0, steps: int = 100
) -> torch.Tensor:
    generator = networks()["generator"].eval()
    return invert(generator, target, start, steps, 0.1, prior_weight)


def test_an_image_of_the_generators_own_is_found_again() -> None:
    generator = networks()["generator"].eval()
    z = torch.randn(1, LATENT)
    target = generator(z).detach()[0]
    start = torch.randn(6, LATENT)
    errors = (
        (generator(descend(target, start, steps=300)) - target).square().flatten(1).mean(1).sqrt()
    )
    before = (generator(start) - target).square().flatten(1).mean(1).sqrt()
    assert errors.min() < 1e-4
    assert before.min() > 1e-2


def test_descents_in_a_batch_are_those_made_alone() -> None:
    target, start = torch.rand(1, 4, 4) - 0.5, torch.randn(3, LATENT)
    together = descend(target, start)
    alone = torch.cat([descend(target, z[None]) for z in start])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-3)
    assert not torch.allclose(together, start, atol=0.1)


def test_the_prior_pulls_z_towards_its_mean() -> None:
    target, start = torch.rand(1, 4, 4) - 0.5, torch.randn(3, LATENT)
    lengths = [descend(target, start, weight).norm() for weight in (0.0, 0.1, 100.0)]
    assert lengths[0] > lengths[1] > lengths[2]
    assert lengths[2] < 0.05 * start.norm()


def test_start_and_generator_are_left_as_they_were() -> None:
    generator = networks()["generator"].eval()
    start = torch.randn(2, LATENT)
    kept, weights = start.clone(), snapshot(generator)
    invert(generator, torch.rand(1, 4, 4), start, 3, 0.1, 0.0)
    assert torch.equal(start, kept)
    for name, parameter in generator.named_parameters():
        assert torch.equal(parameter, weights[name])
        assert parameter.grad is None
