import pytest
import torch

from forger.figures.scatter import scatter


def red(picture: torch.Tensor) -> torch.Tensor:
    """Where a picture is of the samples' colour."""
    return (picture[0] > 200) & (picture[1] < 100)


def test_samples_lie_where_they_are_over_the_data() -> None:
    data = torch.tensor([[-1.0, -1.0], [1.0, 1.0]])
    low, high = (red(scatter(torch.tensor([[x, 0.0]]), data)).nonzero() for x in (-0.5, 0.5))
    assert len(low) > 0
    assert low[:, 0].float().mean() == pytest.approx(high[:, 0].float().mean().item())
    assert low[:, 1].max() < high[:, 1].min()
    assert not red(scatter(torch.tensor([[9.0, 0.0]]), data)).any()
