import torch

from forger.terms.path_length import PathLength
from tiny import make_update


def test_the_path_length_of_a_linear_generator_is_its_factor_times_the_length_of_y() -> None:
    gan = {"fake": lambda z, label: (3 * z).view(-1, 1, 1, 2)}
    term, z = PathLength(weight=2.0, decay=0.5), torch.randn(4, 2)
    torch.manual_seed(1)
    value = term.generator(make_update(z=z, gan=gan))
    torch.manual_seed(1)
    lengths = 3 * (torch.randn(4, 1, 1, 2) / 2**0.5).flatten(1).norm(dim=1)
    torch.testing.assert_close(term.mean, lengths.mean() / 2)
    torch.testing.assert_close(value, 2 * (lengths - lengths.mean() / 2).square().mean())
