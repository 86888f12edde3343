import pytest
import torch
from torch import Tensor

from forger.data.minibatches import Minibatches, Split


def numbers(count: int) -> Split:
    """Each example is its own index, each label a thousand more."""
    return Split(torch.arange(count), torch.arange(count) + 1000)


def make(count: int = 20, size: int = 4, seed: int = 0, **ranks: int) -> Minibatches:
    return Minibatches(numbers(count), size, seed, **ranks)


def epoch(minibatches: Minibatches) -> list[int]:
    return torch.cat([minibatch.examples for minibatch in minibatches]).tolist()


def test_each_epoch_shows_each_example_once_in_an_order_of_its_own() -> None:
    minibatches = make()
    orders = [epoch(minibatches) for _ in range(4)]
    assert all(sorted(order) == list(range(20)) for order in orders)
    assert len({tuple(order) for order in [*orders, range(20)]}) == 5


def test_a_minibatch_holds_size_examples_of_their_own_shape() -> None:
    images = torch.randint(256, (20, 1, 2, 3), dtype=torch.uint8)
    split = Split(images, torch.arange(20))
    minibatches = [m.examples for m in Minibatches(split, 4, seed=0)]
    assert [(m.dtype, m.shape) for m in minibatches] == [(torch.uint8, (4, 1, 2, 3))] * 5
    assert torch.equal(torch.cat(minibatches).sort(0).values, images.sort(0).values)


def test_each_example_comes_with_its_label() -> None:
    for examples, labels in make():
        assert torch.equal(labels, examples + 1000)


def test_the_order_is_a_function_of_seed_and_epoch_alone() -> None:
    one, other = make(), make()
    first, second = epoch(one), epoch(one)
    torch.manual_seed(123)
    assert [epoch(other), epoch(other)] == [first, second]
    assert epoch(make(seed=1)) not in (first, second)
    assert epoch(make(seed=1)) == epoch(make(seed=1))


def test_the_order_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    epoch(make())
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_left_over_at_the_end_is_dropped_and_others_the_next_time() -> None:
    minibatches = make(count=22)
    assert len(minibatches) == 5
    epochs = [epoch(minibatches) for _ in range(10)]
    assert all(len(set(examples)) == len(examples) == 20 for examples in epochs)
    dropped = [set(range(22)) - set(examples) for examples in epochs]
    assert len(set(map(frozenset, dropped))) > 1


@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_ranks_share_out_the_joint_minibatches_without_overlap(world_size: int) -> None:
    ranks = [make(count=50, size=4, rank=r, world_size=world_size) for r in range(world_size)]
    joint = Minibatches(numbers(50), 4 * world_size, seed=0)
    for _ in range(2):
        assert {len(rank) for rank in ranks} == {len(joint)}
        for together, *parts in zip(joint, *ranks, strict=True):
            assert torch.equal(torch.cat([p.examples for p in parts]), together.examples)


def resumed(state: dict[str, int], **settings: int) -> Minibatches:
    other = make(**settings)
    other.load_state_dict(state)
    return other


def take(minibatches: Minibatches, count: int) -> list[Tensor]:
    """So many minibatches, over as many epochs as it takes."""
    taken: list[Tensor] = []
    while len(taken) < count:
        for minibatch in minibatches:
            taken.append(minibatch.examples)
            if len(taken) == count:
                break
    return taken


@pytest.mark.parametrize("after", [0, 1, 3, 5, 7, 10, 12])
def test_a_restored_position_goes_on_with_the_next_minibatch(after: int) -> None:
    whole, first = make(), make()
    everything = take(whole, 20)
    take(first, after)
    state = first.state_dict()
    rest = take(resumed(state), 20 - after)
    assert torch.equal(torch.cat(rest), torch.cat(everything[after:]))


@pytest.mark.parametrize(("first", "second", "ranks"), [(4, 8, 1), (8, 4, 1), (6, 4, 1), (4, 3, 2)])
def test_minibatches_of_another_size_go_on_with_the_next_example(
    first: int, second: int, ranks: int
) -> None:
    before = make(count=50, size=first)
    seen = torch.cat(take(before, 3)).tolist()
    after = [
        resumed(before.state_dict(), count=50, size=second, rank=rank, world_size=ranks)
        for rank in range(ranks)
    ]
    together = [torch.cat([part.examples for part in parts]) for parts in zip(*after, strict=True)]
    order = epoch(make(count=50, size=1))
    assert (
        seen + torch.cat(together).tolist() == order[: 3 * first + len(together) * second * ranks]
    )
    assert 50 - 3 * first - len(together) * second * ranks < second * ranks
    # Not one more of the epoch that is over.
    assert len(epoch(after[0])) == len(after[0]) * second


def test_what_larger_minibatches_left_over_is_not_taken_by_smaller_ones() -> None:
    before = make(count=22, size=10)
    epoch(before)
    after = resumed(before.state_dict(), count=22, size=2)
    assert epoch(after) == epoch(resumed({"epoch": 1, "taken": 0, "size": 2}, count=22, size=2))


def test_another_seed_orders_the_epochs_after_the_one_in_progress() -> None:
    former, new = make(), make(seed=5)
    seen = torch.cat(take(former, 2)).tolist()
    after = resumed(former.state_dict(), seed=5)
    take(after, 1)
    # Once more within the same epoch.
    after = resumed(after.state_dict(), seed=5)
    rest, following = epoch(after), epoch(after)
    assert seen + rest == [*seen, *epoch(make())[12:]]
    epoch(new)
    assert following == epoch(new)


def test_the_state_is_plain_numbers() -> None:
    minibatches = make()
    take(minibatches, 7)
    assert minibatches.state_dict() == {"epoch": 1, "taken": 8, "size": 4, "seed": 0}


def test_a_state_of_iterations_goes_on_there() -> None:
    former, now = ({"epoch": 2, "position": 3}, {"epoch": 2, "taken": 12, "size": 4})
    assert epoch(resumed(former)) == epoch(resumed(now))


def test_asking_twice_for_an_iterator_before_the_first_minibatch_skips_no_epoch() -> None:
    minibatches = resumed({"epoch": 2, "taken": 20, "size": 4})
    iter(minibatches)
    next(iter(minibatches))
    assert minibatches.state_dict() == {"epoch": 3, "taken": 4, "size": 4, "seed": 0}


def test_a_position_beyond_the_end_of_an_epoch_is_its_end() -> None:
    minibatches = resumed({"epoch": 2, "position": 9})
    next(iter(minibatches))
    assert minibatches.state_dict() == {"epoch": 3, "taken": 4, "size": 4, "seed": 0}
