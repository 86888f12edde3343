import torch
from matplotlib.figure import Figure
from torch.distributions import Normal

from forger.figures.figure1 import Panel, four_moments, kernel_density


def test_a_kernel_adds_its_variance_to_that_of_the_points() -> None:
    x = torch.linspace(-4, 12, 100)
    points = 4 + 1.25 * torch.randn(20_000)
    smoothed = Normal(4.0, (1.25**2 + 0.5**2) ** 0.5).log_prob(x).exp()
    assert torch.allclose(kernel_density(points, x, 0.5), smoothed, atol=0.01)


def test_the_best_discriminator_is_that_of_proposition_1_where_anything_is() -> None:
    p_data, p_g = torch.tensor([1.0, 1.0, 0.0, 0.0]), torch.tensor([0.0, 3.0, 2.0, 0.0])
    frame = {"update": torch.tensor(0), "p_g": p_g, "D": torch.zeros(4), "G": torch.zeros(1)}
    panel = Panel(Figure(), torch.arange(4.0), p_data, z=torch.zeros(1))
    panel.show(frame)
    best = torch.as_tensor(panel.best.get_ydata())
    torch.testing.assert_close(best, torch.tensor([1, 0.25, 0, torch.nan]), equal_nan=True)


def test_the_best_discriminator_is_whole_where_data_and_generator_are_apart() -> None:
    p_data, p_g = torch.tensor([0.0, 0.0, 0.01, 1.0]), torch.tensor([0.0, 1.0, 0.01, 0.0])
    frame = {"update": torch.tensor(0), "p_g": p_g, "D": torch.zeros(4), "G": torch.zeros(1)}
    panel = Panel(Figure(), torch.arange(4.0), p_data, z=torch.zeros(1))
    panel.show(frame)
    best = torch.as_tensor(panel.best.get_ydata())
    torch.testing.assert_close(best, torch.tensor([torch.nan, 0, 0.5, 1]), equal_nan=True)


def test_the_ticks_of_z_have_a_minus_sign_as_those_of_x_have() -> None:
    figure = Figure()
    Panel(figure, torch.arange(4.0), torch.ones(4), z=torch.zeros(1))
    (axis,) = [axes.xaxis for axes in figure.axes if axes.get_xlabel() == "z"]
    ticks = [label.get_text() for label in axis.get_ticklabels()]
    minus = "\N{MINUS SIGN}"
    assert ticks == [f"{minus}3", f"{minus}2", f"{minus}1", "0", "1", "2", "3"]


def test_the_still_shows_a_third_and_two_thirds_of_the_way() -> None:
    moments = [{"p_g": torch.tensor([away, 0.0])} for away in (9.0, 7.0, 6.0, 8.0, 2.0, 1.0, 0.5)]
    p_data = torch.zeros(2)
    assert [f["p_g"][0].item() for f in four_moments(moments, p_data)] == [9.0, 6.0, 2.0, 0.5]
    # One that comes all the way between two frames: the next one is shown, not the same again.
    fast = [moments[i] for i in (0, 4, 5, 6)]
    assert four_moments(fast, p_data) == fast
    # At its end there is no next one.
    assert four_moments(fast[:2], p_data) == [fast[0], *3 * [fast[1]]]
    # Of one that never gets there no moment is shown before an earlier one.
    far = [moments[i] for i in (0, 2, 1, 1, 3)]
    assert four_moments(far, p_data) == [far[i] for i in (0, 1, 3, 4)]
    assert four_moments(far[2:], p_data) == [far[i] for i in (2, 3, 4, 4)]
    assert len(four_moments(moments[:1], p_data)) == 4
