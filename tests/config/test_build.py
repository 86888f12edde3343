from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from forger.config.build import build, instantiate_node, open_data, sampler_of
from forger.data.digits8 import Digits8
from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from forger.gan import GAN
from tiny import MLP_4X4, composed, same


def test_initial_weights_are_a_function_of_the_seed() -> None:
    one, again, other = (build(composed(*MLP_4X4, f"seed={seed}")) for seed in (0, 0, 1))
    assert same(dict(one.state_dict()), dict(again.state_dict()))
    assert not same(dict(one.state_dict()), dict(other.state_dict()))


def test_settings_reach_what_they_name() -> None:
    gan = build(composed(*MLP_4X4, "model.k=3", "model.prior=uniform", "loss=minimax", "seed=7"))
    assert (gan.k, gan.prior, gan.latent_dim, gan.seed) == (3, "uniform", 3, 7)
    assert type(gan.loss).__name__ == "Minimax"
    assert gan.ema_halflife == 20_000


class Staged(Digits8):
    """Data of one's own, with Lightning's signature."""

    def setup(self, stage: str) -> None:
        self.stage = stage
        super().setup(stage)


def test_data_are_set_up_as_lightning_does_it() -> None:
    data = open_data(composed("data=digits8", f"data._target_={__name__}.Staged"))
    assert isinstance(data, Staged)
    assert (data.stage, len(data.splits["test"].labels)) == ("fit", 300)


class Hollow(InMemory):
    """It leaves out what every data set has to have."""

    def __init__(self, shape: list[int], **_: Any) -> None:
        self.shape = shape


class Unread(InMemory):
    """It has no load()."""


class Failing(InMemory):
    def load(self) -> dict[str, Split]:
        raise KeyError("no such column")


class Shifted(InMemory):
    """Labels from 1 to 3."""

    def load(self) -> dict[str, Split]:
        split = Split(torch.zeros(30, *self.shape), 1 + torch.arange(30) % 3)
        return {"train": split, "validation": split, "test": split}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("Hollow", r"Hollow\) has a constructor that does not call super\(\)\.__init__\(\.\.\.\)$"),
        ("Unread", r"Unread\) has no method load: write one that returns its splits$"),
        ("Failing", r"^data: .*no such column.* \(test_build\.py, line \d+\)$"),
        ("Shifted", r"labels of the train split are from 1 to 3: number them from 0$"),
    ],
)
def test_a_data_set_of_ones_own_that_cannot_be_read_is_told_in_a_sentence(
    kind: str, sentence: str
) -> None:
    node = f"{{_target_: {__name__}.{kind}, shape: [2], batch_size: 2, seed: 0, classes: 3}}"
    with pytest.raises(ForgerError, match=sentence):
        open_data(OmegaConf.create(f"data: {node}"))  # pyright: ignore[reportArgumentType]


def test_each_network_has_its_own_optimizer_and_schedule() -> None:
    gan = build(
        composed(
            *MLP_4X4,
            "optimizer=sgd",
            "optimizer.generator.lr=0.5",
            "optimizer.discriminator.lr=0.25",
            "schedule=exponential",
            "schedule.generator=null",
        )
    )
    optimizers, schedules = gan.configure_optimizers()
    assert [type(o) for o in optimizers] == [torch.optim.SGD] * 2
    assert [o.param_groups[0]["lr"] for o in optimizers] == [0.5, 0.25]
    for optimizer, network in zip(optimizers, (gan.generator, gan.discriminator), strict=True):
        assert optimizer.param_groups[0]["params"] == list(network.parameters())
    assert [schedule.optimizer for schedule in schedules] == [optimizers[1]]


def test_whole_numbers_are_floats_where_a_list_has_those() -> None:
    # Torch's Adam takes no 0 for 0.0.
    config = composed(*MLP_4X4, "optimizer.discriminator.betas=[0,0.9]")
    adam = instantiate_node(config, "optimizer")["discriminator"]
    assert [(b, type(b)) for b in adam.keywords["betas"]] == [(0.0, float), (0.9, float)]
    # Widths stay whole numbers, or no network could be built of them.
    dry_run(config)


def test_what_is_made_leaves_the_configuration_as_it_was() -> None:
    # measure refers to the metrics, and they to the data.
    config = composed("experiment=ring")
    instantiate_node(config.callbacks, "measure")
    assert OmegaConf.to_container(config) == OmegaConf.to_container(composed("experiment=ring"))


@pytest.mark.parametrize("network", ["generator", "model.encoder"])
def test_a_layer_of_unknown_size_is_told(network: str) -> None:
    config = composed("experiment=bigan")
    lazy = {"_target_": "torch.nn.LazyLinear", "out_features": 3}
    sequence = {"_target_": "torch.nn.Sequential", "_args_": [{"_target_": "torch.nn.ReLU"}, lazy]}
    OmegaConf.update(config, network, sequence, merge=False)
    with pytest.raises(ForgerError, match=rf"^{network}\.1 is a LazyLinear, .*: give a layer with"):
        build(config)


def test_a_generator_without_its_range_is_told() -> None:
    config = composed("generator=mlp", "discriminator=mlp")
    config.generator = {"_target_": "torch.nn.Identity"}
    with pytest.raises(ForgerError, match=r"torch.nn.Identity\) has no value_range: give"):
        build(config)


def test_a_constructor_that_refuses_is_told_with_the_name_of_its_node() -> None:
    with pytest.raises(ForgerError, match=r"^model: k \(=0\) must be at least 1$"):
        build(composed(*MLP_4X4, "model.k=0"))
    with pytest.raises(ForgerError, match=r"^generator: widths \(=\[8, 0\]\) must be at least 1$"):
        build(composed(*MLP_4X4, "generator.widths=[8,0]"))
    with pytest.raises(ForgerError, match=r"^data: batch_size \(=0\) must be at least 1$"):
        instantiate_node(composed("data.batch_size=0"), "data")


def test_partials_are_pythons_own_at_any_depth() -> None:
    gan = build(composed(*MLP_4X4))
    assert {type(make) for make in gan.optimizer.values()} == {partial}
    inner = {"_target_": "torch.nn.functional.leaky_relu", "_partial_": True, "inplace": False}
    node = {"_target_": "forger.errors.try_call", "_partial_": True, "call": inner}
    made = instantiate_node(OmegaConf.create({"all": [node]}), "all")[0]
    assert (type(made), type(made.keywords["call"])) == (partial, partial)
    assert made.keywords["call"].keywords == {"inplace": False}


def fewer(gan: GAN, count: int, seed: int) -> torch.Tensor:
    return gan.sample(count - 1, seed)


def floats(gan: GAN, count: int, seed: int) -> torch.Tensor:
    return gan.sample(count, seed).float()


def nothing(gan: GAN, count: int, seed: int) -> None:
    """As of a sampler of one's own that forgets its return."""


@pytest.mark.parametrize(
    ("sampler", "found"),
    [(fewer, r"\[4, 1, 4, 4\] of torch.uint8"), (floats, r"\[5, 1, 4, 4\]"), (nothing, "NoneType")],
)
def test_a_sampler_that_returns_something_else_is_told(
    sampler: Callable[..., object], found: str
) -> None:
    node = {"_target_": f"{__name__}.{sampler.__name__}", "_partial_": True}
    sample = sampler_of(OmegaConf.create({"sampler": node}), build(composed(*MLP_4X4)))
    right = r"\[5, 1, 4, 4\] of torch.uint8"
    with pytest.raises(ForgerError, match=f"returns {found} where 5 .* asked for: return {right}"):
        sample(5, 0)
