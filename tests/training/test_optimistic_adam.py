import torch
from torch import nn
from torch.optim import Adam

from forger.training.optimistic_adam import OptimisticAdam

SETTINGS = {"lr": 0.1, "betas": (0.5, 0.9)}


def test_the_step_is_twice_adams_less_the_one_before() -> None:
    """Daskalakis et al. 2018, algorithm 1, on given gradients."""
    gradients = torch.randn(5, 3)
    ours, adams = nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(3))
    optimistic, adam = OptimisticAdam([ours], **SETTINGS), Adam([adams], **SETTINGS)
    expected, before = torch.zeros(3), torch.zeros(3)
    for gradient in gradients:
        start = adams.detach().clone()
        for parameter, optimizer in ((ours, optimistic), (adams, adam)):
            parameter.grad = gradient.clone()
            optimizer.step()
        step = adams.detach() - start
        expected, before = expected + 2 * step - before, step
        torch.testing.assert_close(ours.detach(), expected)


def test_it_goes_on_from_its_state_and_leaves_what_has_no_gradient() -> None:
    def after(steps: int, resume: bool) -> torch.Tensor:
        parameters = [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))]
        optimizer = OptimisticAdam(parameters, **SETTINGS)
        for step in range(steps):
            if resume and step == 2:
                state = optimizer.state_dict()
                optimizer = OptimisticAdam(parameters, **SETTINGS)
                optimizer.load_state_dict(state)
            parameters[0].grad = parameters[0].detach().clone()
            optimizer.step()
        assert torch.equal(parameters[1], torch.ones(2))
        return parameters[0].detach()

    assert torch.equal(after(4, resume=True), after(4, resume=False))
