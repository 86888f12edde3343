from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from forger.latents import Codes
from forger.networks.heads import Heads
from forger.terms.mutual_information import MutualInformation
from tiny import LATENT, make_gan, make_update, networks, train


def test_mutual_information_is_lowest_where_the_codes_are_read_right() -> None:
    codes = torch.eye(3)[[0, 1, 2, 0]]
    z = torch.cat([codes, torch.tensor([[0.5], [-0.5], [0.0], [1.0]]), torch.randn(4, 6)], 1)
    term = MutualInformation([3], 1, "codes", 2.0, 0.5, categorical_from_fake=True)
    right = make_update(z=z, fake_outputs={"codes": torch.cat([50 * codes, z[:, 3:4]], 1)})
    assert term.generator(right) == pytest.approx(0, abs=1e-6)
    blind = make_update(z=z, fake_outputs={"codes": torch.zeros(4, 4)})
    expected = 2 * torch.tensor(3.0).log() + 0.5 * z[:, 3].square().mean()
    torch.testing.assert_close(term.discriminator(blind), expected)
    term = MutualInformation([3], 1, "codes", 2.0, 0.5, categorical_from_fake=False)
    torch.testing.assert_close(term.generator(blind), expected)
    torch.testing.assert_close(term.discriminator(blind), 0.5 * z[:, 3].square().mean())


def test_the_network_behind_a_term_learns(tmp_path: Path) -> None:
    pair = networks()
    discriminator = Heads(pair["discriminator"], {"codes": 2})
    gan = make_gan(
        generator=pair["generator"],
        discriminator=discriminator,
        prior=Codes([2], continuous=0, noise="normal"),
        term={"mutual_information": MutualInformation([2], 0, "codes", 1.0, 1.0, True)},
    )
    before = discriminator.heads["codes"].weight.clone()  # pyright: ignore
    train(tmp_path, gan, 2)
    assert isinstance(before, nn.Parameter | Tensor)
    assert not torch.equal(before, discriminator.heads["codes"].weight)  # pyright: ignore
    assert "term/mutual_information/generator" in gan.last
    assert gan.latent_dim == LATENT
