import pytest
import torch

from forger.latent_space.interpolation import slerp

WEIGHTS = torch.linspace(0, 1, 9)[:, None]


def angles(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return torch.cosine_similarity(one, other, dim=-1).clamp(-1, 1).acos()


def test_slerp_begins_and_ends_where_it_should() -> None:
    a, b = torch.randn(2, 5, 7)
    torch.testing.assert_close(slerp(a, b, torch.zeros(1)), a)
    torch.testing.assert_close(slerp(a, b, torch.ones(1)), b)


def test_slerp_between_vectors_of_one_length_keeps_it() -> None:
    a, b = torch.nn.functional.normalize(torch.randn(2, 7), dim=-1) * 3
    torch.testing.assert_close(slerp(a, b, WEIGHTS).norm(dim=-1), torch.full((9,), 3.0))
    assert torch.lerp(a, b, torch.tensor(0.5)).norm() < 2.9


def test_slerp_turns_at_an_even_pace_while_the_length_changes_evenly() -> None:
    a, b = torch.randn(2, 7).double() * torch.tensor([[1.0], [4.0]])
    path = slerp(a, b, WEIGHTS.double())
    evenly = WEIGHTS.double()[:, 0]
    torch.testing.assert_close(angles(a, path), evenly * angles(a, b))
    torch.testing.assert_close(path.norm(dim=-1), torch.lerp(a.norm(), b.norm(), evenly))


def test_slerp_between_perpendicular_vectors_is_a_circle() -> None:
    a, b = torch.eye(2)
    quarter = WEIGHTS * torch.pi / 2
    expected = torch.cat([quarter.cos(), quarter.sin()], 1)
    torch.testing.assert_close(slerp(a, b, WEIGHTS), expected)


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0])
def test_slerp_is_linear_where_there_is_no_great_circle(factor: float) -> None:
    a = torch.randn(7)
    torch.testing.assert_close(slerp(a, factor * a, WEIGHTS), torch.lerp(a, factor * a, WEIGHTS))
