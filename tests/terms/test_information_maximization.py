import torch
from torch import Tensor

from forger.terms.information_maximization import InformationMaximization
from tiny import make_update


def test_information_is_highest_where_groups_are_sure_as_frequent_and_stay() -> None:
    sure = torch.cat([50 * torch.eye(3)[[0, 1, 2, 0, 1, 2]], torch.randn(6, 2)], 1)

    def value(read: Tensor, moved: Tensor) -> Tensor:
        def outputs(x: Tensor, label: Tensor) -> dict[str, Tensor]:
            assert torch.equal(x, torch.full((6, 1), 2.0))  # augmented twice
            return {"codes": moved}

        twice = {"one": lambda x: x + 1, "other": lambda x: x + 1}
        term = InformationMaximization("codes", 3, 2.0, 0.1, 4.0, twice)
        given = {"gan": {"outputs": outputs}, "real_outputs": {"codes": read}}
        return term.discriminator(make_update(real=torch.zeros(6, 1), **given))

    log_3 = torch.tensor(3.0).log()
    torch.testing.assert_close(value(sure, sure), -2 * 0.1 * 4 * log_3)
    blind = torch.zeros(6, 5)
    torch.testing.assert_close(value(blind, blind), -2 * 0.1 * (4 * log_3 - log_3))
    # KL(p | q) for p = (0.5, 0.25, 0.25) and q uniform, beside what the entropies weigh.
    p = torch.tensor([0.5, 0.25, 0.25])
    mean = (p + 1 / 3) / 2
    h, h_mean = -(p * p.log()).sum(), -(mean * mean.log()).sum()
    expected = 2 * ((p * (3 * p).log()).sum() - 0.1 * (4 * h_mean - h))
    read = torch.cat([p.log(), torch.zeros(2)]).expand(6, 5)
    torch.testing.assert_close(value(read, blind), expected)
