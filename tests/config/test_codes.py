import math

import pytest
import torch

from forger.config.codes import choose_codes
from forger.errors import ForgerError
from forger.gan import GAN
from forger.latents import Codes
from forger.samplers.candidates import Candidates
from tiny import make_gan


def coded() -> GAN:
    return make_gan(prior=Codes([3, 2], continuous=1, noise="normal"), latent_dim=8)


def test_chosen_codes_are_those_of_all_latent_vectors_and_the_rest_is_as_it_was() -> None:
    gan = coded()
    choose_codes(gan, [2, None, -0.5])
    torch.manual_seed(1)
    z = gan.noise(50)
    assert torch.equal(z[:, :3], torch.tensor([0.0, 0, 1]).expand(50, 3))
    assert torch.equal(z[:, 5], torch.full((50,), -0.5))
    choose_codes(gan, None)
    torch.manual_seed(1)
    free = gan.noise(50)
    assert torch.equal(z[:, 3:5], free[:, 3:5])
    assert torch.equal(z[:, 6:], free[:, 6:])
    assert len(free[:, :3].unique(dim=0)) == 3


def test_candidates_of_samplers_have_them_too() -> None:
    gan = coded()
    choose_codes(gan, [None, 1])
    z = Candidates(gan, 4, seed=0).latents(range(4), 1)
    assert torch.equal(z[:, 3:5], torch.tensor([0.0, 1]).expand(4, 2))


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        ([3], r"codes \(=\[3\]\): code 0 is categorical and must be one of 0 to 2, and is 3"),
        ([None, 0.5], "code 1 is categorical and must be one of 0 to 1, and is 0.5"),
        ([0, 0, math.nan], "code 2 is nan: give a number, -1 to 1 in training"),
        ([0, 0, 0, 0], r"codes \(=\[0, 0, 0, 0\]\) must be at most 3, as this GAN has"),
    ],
)
def test_codes_that_a_gan_does_not_have_are_refused(
    codes: list[float | None], sentence: str
) -> None:
    with pytest.raises(ForgerError, match=sentence):
        choose_codes(coded(), codes)


def test_a_gan_without_codes_is_told_so() -> None:
    choose_codes(make_gan(), None)
    with pytest.raises(ForgerError, match=r"codes \(=\[3\]\) need a prior that has codes"):
        choose_codes(make_gan(), [3])
