import pytest
import torch
from matplotlib.figure import Figure

from forger.figures.scatter import scatter


def red(picture: torch.Tensor) -> torch.Tensor:
    """Where a picture is of the samples' colour, below its legend."""
    return (picture[0, 40:] > 200) & (picture[1, 40:] < 100)


def test_samples_lie_where_they_are_over_the_data() -> None:
    data = torch.tensor([[-1.0, -1.0], [1.0, 1.0]])
    low, high = (red(scatter(torch.tensor([[x, 0.0]]), data)).nonzero() for x in (-0.5, 0.5))
    assert len(low) > 0
    assert low[:, 0].float().mean() == pytest.approx(high[:, 0].float().mean().item())
    assert low[:, 1].max() < high[:, 1].min()
    assert not red(scatter(torch.tensor([[9.0, 0.0]]), data)).any()


@pytest.mark.parametrize(
    ("height", "size"), [(1.0, (600, 600)), (2.0, (600, 300)), (0.5, (300, 600)), (9, (600, 200))]
)
def test_a_picture_is_as_flat_as_the_data(height: float, size: tuple[int, int]) -> None:
    data = torch.tensor([[0.0, 0.0], [height, 1.0]])
    assert scatter(data, data).shape == (3, *reversed(size))


def test_both_axes_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr("forger.figures.scatter.render", drawn.append)
    corners = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    for names in (None, ["width", "height"]):
        scatter(corners, corners, names=names)
    found = [(f.axes[0].get_xlabel(), f.axes[0].get_ylabel()) for f in drawn]
    assert found == [("x₁", "x₂"), ("width", "height")]
