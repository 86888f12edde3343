from functools import partial

import pytest
import torch
from torch.optim import SGD

from forger.schedules import Goodfellow2014

EPOCH = 500
make = partial(
    Goodfellow2014,
    decay=1.000004,
    min_lr=1e-6,
    momentum=(0.5, 0.7),
    ramp=(0, 249 * EPOCH),
    epoch=EPOCH,
)


def optimizer() -> SGD:
    return SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.5)


def test_the_authors_values_at_their_epochs() -> None:
    sgd = optimizer()
    schedule = make(sgd)
    sgd.step()
    # What the last update of each epoch is made with.
    seen = {}
    for update in range(1, 300 * EPOCH + 1):
        if update % EPOCH == 0:
            seen[update // EPOCH] = sgd.param_groups[0]["lr"], sgd.param_groups[0]["momentum"]
        schedule.step()
    assert {epoch: round(seen[epoch][0], 4) for epoch in (50, 100, 250)} == {
        50: 0.0905,
        100: 0.0819,
        250: 0.0607,
    }
    assert seen[1][1] == 0.5
    assert seen[250][1] == pytest.approx(0.7)
    assert seen[125][1] == pytest.approx(0.5 + 0.2 * 124 / 249)
    assert seen[300][1] == pytest.approx(0.7)


def test_momentum_moves_at_the_beginning_of_an_epoch_alone() -> None:
    sgd = optimizer()
    schedule = make(sgd)
    sgd.step()
    momenta = []
    for _ in range(3 * EPOCH):
        momenta.append(sgd.param_groups[0]["momentum"])
        schedule.step()
    step = 0.2 / 249
    assert momenta == pytest.approx([0.5 + step * (update // EPOCH) for update in range(3 * EPOCH)])
    assert len(set(momenta)) == 3


def test_the_rate_before_the_first_update_is_the_optimizers_own() -> None:
    sgd = optimizer()
    make(sgd)
    assert sgd.param_groups[0]["lr"] == 0.1
    assert sgd.param_groups[0]["momentum"] == 0.5


def test_the_rate_never_falls_below_its_floor() -> None:
    sgd = optimizer()
    schedule = Goodfellow2014(sgd, decay=10.0, min_lr=1e-3, momentum=(0.5, 0.7), ramp=(1, 2))
    rates = []
    for _ in range(5):
        sgd.step()
        schedule.step()
        rates.append(sgd.param_groups[0]["lr"])
    assert rates == pytest.approx([0.01, 1e-3, 1e-3, 1e-3, 1e-3])


def test_a_power_beyond_all_numbers_is_the_floor() -> None:
    sgd = optimizer()
    schedule = Goodfellow2014(sgd, decay=10.0, min_lr=1e-3, momentum=(0.5, 0.7), ramp=(1, 2))
    schedule.last_epoch = 10_000
    assert schedule.get_lr() == [1e-3]


def test_a_restored_schedule_goes_on_where_it_was() -> None:
    whole, first, second = optimizer(), optimizer(), optimizer()
    schedules = [Goodfellow2014(o, 1.1, 1e-6, (0.5, 0.7), (2, 9)) for o in (whole, first, second)]
    for _ in range(7):
        whole.step()
        schedules[0].step()
    for _ in range(4):
        first.step()
        schedules[1].step()
    second.load_state_dict(first.state_dict())
    schedules[2].load_state_dict(schedules[1].state_dict())
    for _ in range(3):
        second.step()
        schedules[2].step()
    for key in ("lr", "momentum"):
        assert second.param_groups[0][key] == whole.param_groups[0][key]
