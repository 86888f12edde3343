import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from forger.config.build import build
from forger.config.load import load
from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from forger.losses import NonSaturating
from tiny import MLP_4X4, composed


def test_a_dry_run_of_networks_that_fit_is_silent_and_draws_no_memory() -> None:
    dry_run(composed("generator=mlp", "generator.widths=[100000,100000,100000]"))


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["model.k=0"], r"^model: k \(=0\) must be at least 1$"),
        (["generator.latent_dim=5"], r"generator does not take latent vectors of \[32\]"),
        (
            ["generator.shape=[1,14,14]"],
            r"generator returns examples of shape \[1, 14, 14\], but data.shape is \[1, 28, 28\]",
        ),
        (
            ["discriminator.shape=[3,28,28]"],
            r"discriminator does not take examples of \[1, 28, 28\]",
        ),
        (["generator=dcgan", "data.shape=[1,30,30]"], r"^generator: shape \(=\[1, 30, 30\]\)"),
    ],
)
def test_a_dry_run_names_the_shapes_that_do_not_fit(overrides: list[str], sentence: str) -> None:
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed(*overrides))


class Labelled(nn.Module):
    """A generator that takes labels, and does not say so."""

    value_range = None

    def __init__(self, classes: Any) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, 1)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return z + self.embedding(label)


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        (3, "^generator takes label as well, but has no classes,.* set self.classes in Labelled"),
        ("null", "^generator: .*; data.classes is null: give data.classes=...$"),
    ],
)
def test_a_network_of_ones_own_is_told_how_it_gets_labels(classes: Any, sentence: str) -> None:
    config = composed("experiment=gaussian_1d", f"+data.classes={classes}")
    target = f"{Labelled.__module__}.Labelled"
    config.generator = {"_target_": target, "classes": "${data.classes}"}
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


def test_a_dry_run_refuses_logits_that_would_broadcast() -> None:
    config = composed()
    config.discriminator = {"_target_": "torch.nn.Linear", "in_features": 28, "out_features": 1}
    sentence = r"discriminator returns \[2, 1, 28, 1\] for two examples: it must return \[2\]"
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


class Own:
    def discriminator(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        return (fake - real).mean()


class Rows(Own):
    def generator(self, real: torch.Tensor | None, fake: torch.Tensor) -> torch.Tensor:
        return -fake


class Needy(Own):
    def generator(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        return (real - fake).mean()


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        ("Own", "no attribute 'generator'"),
        ("Rows", r"loss.generator returns \[48\]: return a mean, a scalar"),
        ("Needy", "real is None without generator_needs_real"),
    ],
)
def test_a_dry_run_looks_at_both_halves_of_a_loss(loss: str, sentence: str) -> None:
    config = composed(*MLP_4X4)
    config.loss = {"_target_": f"{__name__}.{loss}"}
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


class Ending(nn.Module):
    """A discriminator or generator of one's own, by its last step."""

    def __init__(self, last: str, outputs: list[int], inputs: int, **says: Any) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(inputs, math.prod(outputs)))
        self.last, self.outputs = last, outputs
        self.value_range = says.get("value_range", (-1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        x = getattr(torch, self.last)(x) if self.last else x
        return x.unflatten(1, self.outputs) if self.outputs != [1] else x.clamp(-9, 9).squeeze(1)


def own(part: str, last: str, **says: Any) -> DictConfig:
    """The small configuration with one network of one's own."""
    config = composed(*MLP_4X4)
    outputs, inputs = ([1, 4, 4], 3) if part == "generator" else ([1], 16)
    node = {"_target_": f"{__name__}.Ending", "last": last, "outputs": outputs, "inputs": inputs}
    OmegaConf.set_struct(config, False)
    config[part] = node | says
    return config


@pytest.mark.parametrize(
    ("part", "last", "says", "sentence"),
    [
        ("discriminator", "sigmoid", {}, "discriminator ends in a sigmoid, but loss takes logits"),
        ("generator", "tanh", {"value_range": [0, 1]}, r"ends in a tanh, whose values span \(-1.0"),
        ("generator", "sigmoid", {}, r"ends in a sigmoid, .* states value_range \(-1, 1\)"),
    ],
)
def test_a_dry_run_refuses_what_the_last_activation_denies(
    part: str, last: str, says: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ForgerError, match=sentence):
        dry_run(own(part, last, **says))


@pytest.mark.parametrize(
    ("part", "last", "says"),
    [
        ("discriminator", "", {}),
        ("discriminator", "tanh", {}),
        ("generator", "tanh", {}),
        ("generator", "sigmoid", {"value_range": [0, 1]}),
        ("generator", "", {}),
    ],
)
def test_a_dry_run_takes_activations_that_fit(part: str, last: str, says: dict[str, Any]) -> None:
    dry_run(own(part, last, **says))


def test_a_loss_of_ones_own_may_take_probabilities() -> None:
    config = own("discriminator", "sigmoid")
    config.loss = {"_target_": f"{__name__}.OwnLoss"}
    dry_run(config)


class OwnLoss(NonSaturating):
    pass


def test_a_range_for_points_is_refused() -> None:
    with pytest.raises(ForgerError, match=r"generator\.output=identity"):
        dry_run(composed("experiment=ring", "generator.output=tanh"))


def vector(discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    return discriminator(real).square()


def typo(discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    return real.squared().mean()  # pyright: ignore


def asks_for_values(discriminator: Callable[..., Tensor], real: Tensor, fake: Tensor) -> Tensor:
    return discriminator(real if real.max().item() > 0 else fake).mean()


def detached(x: Tensor) -> Tensor:
    return x.detach().flip(-1)


def bytes_of(x: Tensor) -> Tensor:
    return x.to(torch.uint8)


def names_its_class(x: Tensor) -> str:
    return type(x).__name__


def larger(x: Tensor) -> Tensor:
    return torch.nn.functional.pad(x, (1, 1))


def constant(discriminator: Callable[..., Tensor], real: Tensor, fake: Tensor) -> Tensor:
    return discriminator(real).detach().mean()


def of_examples(discriminator: Callable[..., Tensor], real: Tensor, fake: Tensor) -> Tensor:
    return real.requires_grad_().square().mean()


def of_two(discriminator: Callable[..., Tensor], real: Tensor, fake: Tensor) -> Tensor:
    return discriminator(real).unflatten(0, (2, 1)).mean()


def doubled(x: Tensor) -> Tensor:
    return x.double()


def number(discriminator: Callable[..., Tensor], real: Tensor, fake: Tensor) -> float:
    return 1.0


def imaginary(discriminator: Callable[..., Tensor], real: Tensor, fake: Tensor) -> Tensor:
    return 1j * discriminator(real).mean()


def mirrored(x: Tensor) -> Tensor:
    return torch.stack([x[0], x[1].flip(-1)]) if len(x) == 2 else x[9999]


class Stateful(nn.Module):
    """A penalty or augmentation with a state that no checkpoint can hold."""

    def get_extra_state(self) -> Path:
        return Path("here")

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.parametrize(
    ("group", "function", "sentence"),
    [
        (
            "penalty",
            constant,
            "^penalty.mine gives no gradient, so the discriminator learns nothing",
        ),
        ("penalty", of_examples, "^penalty.mine gives no gradient"),
        ("penalty", of_two, r"^in a minibatch of 48, penalty.mine: unflatten: .*"),
        ("augment", mirrored, r"^in a minibatch of 48, augment.mine does not take .*: index 9999"),
        ("penalty", vector, r"^penalty.mine returns \[2\]: return a mean, a scalar"),
        ("penalty", typo, "^penalty.mine: 'Tensor' object has no attribute 'squared'"),
        ("augment", detached, "^augment.mine gives no gradient"),
        ("augment", bytes_of, r"^augment.mine returns \[2, 1, 4, 4\] of torch.uint8 for examples"),
        ("augment", doubled, r"^augment.mine returns \[2, 1, 4, 4\] of torch.float64 for"),
        ("penalty", number, "^penalty.mine returns float: return a mean, a scalar"),
        ("penalty", imaginary, r"^penalty.mine returns \[\] of torch.complex64: return a mean"),
        ("augment", names_its_class, "^augment.mine returns str for examples"),
        ("augment", larger, r"discriminator does not take examples of \[1, 4, 6\]"),
    ],
)
def test_penalties_and_augmentations_are_tried(
    group: str, function: Callable[..., Any], sentence: str
) -> None:
    target = f"{__name__}.{function.__name__}"
    config = composed(*MLP_4X4, f"+{group}.mine={{_target_: {target}, _partial_: true}}")
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


@pytest.mark.parametrize(
    "weight",
    ["r1.gamma", "r2.gamma", "gradient_penalty.weight", "dragan.weight"],
)
def test_a_weight_of_0_the_baseline_of_an_ablation_is_no_fault(weight: str) -> None:
    dry_run(composed(*MLP_4X4, f"penalty={weight.partition('.')[0]}", f"penalty.{weight}=0"))


def test_a_state_that_no_checkpoint_can_hold_is_refused() -> None:
    config = composed(*MLP_4X4, f"+augment.mine={{_target_: {__name__}.Stateful}}")
    with pytest.raises(
        ForgerError,
        match=r"^the state of augment.mine cannot be saved in a"
        " checkpoint: ",
    ):
        dry_run(config)


class ConstantLoss(NonSaturating):
    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return fake.detach().mean()


class Detached(nn.Sequential):
    value_range = (-1.0, 1.0)

    def __init__(self) -> None:
        super().__init__(nn.Linear(3, 16), nn.Tanh(), nn.Unflatten(1, (1, 4, 4)))

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z).detach()


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("ConstantLoss", "^loss.generator gives no gradient, so the generator learns nothing"),
        ("Detached", "^generator gives no gradient and learns nothing"),
    ],
)
def test_what_gives_no_gradient_is_refused(part: str, sentence: str) -> None:
    config = composed(*MLP_4X4)
    name = "loss" if part == "ConstantLoss" else "generator"
    config[name] = {"_target_": f"{__name__}.{part}"}
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


class AsksForValues(nn.Sequential):
    """A network that asks for values in its constructor, or when it is called."""

    value_range = (-1.0, 1.0)

    def __init__(self, how: str) -> None:
        self.how = how
        rates = torch.linspace(0, 0.1, 2)
        size = 16 if how != "constructor" else 16 + int(rates[0].item())
        # Without a momentum the running average counts its minibatches.
        norm = nn.BatchNorm1d(size, momentum=None)
        super().__init__(nn.Linear(3, size), norm, nn.Tanh(), nn.Unflatten(1, (1, 4, 4)))
        self.register_buffer("fixed", torch.from_numpy(np.ones(3, np.float32)))
        if how == "weights":
            # Read from a file, they are on the processor.
            self[0].load_state_dict({"weight": torch.ones(16, 3, device="cpu")}, strict=False)

    def forward(self, z: Tensor) -> Tensor:
        if self.how == "condition" and z.mean() > 0:
            z = -z
        if self.how == "mask":
            z = z[z[:, 0] > -9]
        if self.how == "numpy":
            z = z * float(z.detach().numpy().std() > 9) + z
        fixed = self.get_buffer("fixed") if self.how == "buffer" else 1.0
        return super().forward(z * fixed)


@pytest.mark.filterwarnings("error:.*non-meta parameter")
@pytest.mark.parametrize(
    "how", ["constructor", "layer", "condition", "mask", "numpy", "buffer", "weights"]
)
def test_networks_may_ask_for_values(how: str, tmp_path: Path) -> None:
    config = composed(*MLP_4X4, "model.latent_dim=3")
    config.generator = {"_target_": f"{__name__}.AsksForValues", "how": how}
    before = torch.manual_seed(config.seed).get_state()
    dry_run(config)
    assert torch.equal(torch.random.get_rng_state(), before)
    gan = build(config)
    torch.save({"config": gan.config, "state_dict": gan.state_dict()}, tmp_path / "gan.ckpt")
    assert torch.equal(
        load(tmp_path / "gan.ckpt", [__name__]).sample(2, seed=0), gan.eval().sample(2, seed=0)
    )


class Returns(nn.Linear):
    """A part of one's own, of any group, that returns what is none of its results."""

    value_range = None

    def __init__(self, result: str = "None", **_: Any) -> None:
        super().__init__(3, 1)
        self.result = result

    def forward(self, *_: Any) -> Any:
        return {"None": None, "double": torch.zeros(2, 3).double(), "one": torch.zeros(1, 3)}[
            self.result
        ]

    discriminator = forward


class Unnamed(Returns):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"score": x.sum(1)}


class Empty(nn.Identity):
    value_range = None

    def __init__(self) -> None:
        super().__init__()


class NoNetwork:
    value_range = None


def no_rate(optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LambdaLR:
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: math.nan)


def no_step(*_: Any, **__: Any) -> int:
    return 3


class NoGroups(torch.optim.Optimizer):
    """It forgets the constructor of its parent."""

    def __init__(self, params: Any) -> None:
        self.params = params


class NoClosure(torch.optim.SGD):
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().step()


NO_STEP = {"_target_": f"{__name__}.no_step", "_partial_": True}


@pytest.mark.parametrize(
    ("part", "node", "sentence"),
    [
        ("model.prior", "Returns", r"model.prior returns NoneType for 2 latent vectors: it must"),
        (
            "model.prior",
            "one",
            r"model.prior returns \[1, 3\] for 2 latent vectors: it must return",
        ),
        ("generator", "Returns", "generator returns NoneType for 2 latent vectors"),
        (
            "generator",
            "double",
            r"generator returns \[2, 3\] of torch.float64 for 2 latent vectors",
        ),
        ("generator", "one", r"generator returns \[1, 3\] for 2 latent vectors: it must return as"),
        ("generator", "Empty", "generator has no parameters, so nothing is trained"),
        ("generator", "NoNetwork", r"generator._target_ \(=.*NoNetwork\) is no network: give"),
        ("discriminator", "NoNetwork", r"discriminator._target_ .* is no network: give a child of"),
        ("discriminator", "Returns", r"discriminator returns NoneType for two examples: it must"),
        ("discriminator", "Unnamed", "discriminator returns a dict of score: it must have logits"),
        ("optimizer.generator", NO_STEP, "optimizer.generator makes int: it must make a torch.op"),
        (
            "optimizer.generator",
            NO_STEP | {"_target_": f"{__name__}.NoGroups"},
            r"optimizer\.generator makes NoGroups without a learning rate: call super\(\)",
        ),
        (
            "optimizer.generator",
            NO_STEP | {"_target_": f"{__name__}.NoClosure"},
            r"optimizer\.generator: .*unexpected keyword argument 'closure'",
        ),
        ("schedule.generator", NO_STEP, "schedule.generator makes int: it must make a scheduler"),
        (
            "schedule.generator",
            NO_STEP | {"_target_": f"{__name__}.no_rate"},
            "schedule.generator gives a rate of nan at update 1",
        ),
        ("term", {"mine": {"_target_": f"{__name__}.Empty"}}, "term.mine is a Empty, which adds"),
        (
            "term",
            {"mine": {"_target_": f"{__name__}.Returns"}},
            "term.mine.discriminator returns NoneType: return a mean, a scalar of",
        ),
    ],
)
def test_what_a_part_of_ones_own_returns_is_named(part: str, node: Any, sentence: str) -> None:
    config = composed("experiment=gaussian_1d", "model.latent_dim=3", "data.shape=[3]")
    OmegaConf.set_struct(config, False)
    if isinstance(node, str):
        known = {"_target_": f"{__name__}.{node}"}
        returns = {"_target_": f"{__name__}.Returns", "result": node}
        node = known if node[0].isupper() else returns
    OmegaConf.update(config, part, None)
    OmegaConf.update(config, part, node)
    with pytest.raises(ForgerError, match=f"^{sentence}"):
        dry_run(config)


def test_networks_that_ask_for_values_must_fit() -> None:
    config = composed(*MLP_4X4, "model.latent_dim=4")
    config.generator = {"_target_": f"{__name__}.AsksForValues", "how": "layer"}
    with pytest.raises(ForgerError, match=r"^generator does not take latent vectors of \[4\]:"):
        dry_run(config)


def test_a_penalty_may_ask_for_values_and_draws_nothing_from_the_run() -> None:
    target = f"{__name__}.asks_for_values"
    mine = f"+penalty.mine={{_target_: {target}, _partial_: true}}"
    dry_run(composed(*MLP_4X4, mine, "penalty=[r1,gradient_penalty,dragan]"))


def test_an_augmentation_of_images_does_not_take_points() -> None:
    sentence = r"^augment.translation does not take examples of \[2\]: "
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed("experiment=ring", "augment=translation"))


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["data.batch_size=1"], r"^data.batch_size \(=1\) .*: give 2 or more: generator does not"),
        (
            ["data.batch_size=3", "discriminator=packed", "data.shape=[1,28,28]"],
            r"^data.batch_size \(=3\) .* 3 examples at once are no multiple of discriminator.pack",
        ),
    ],
)
def test_a_minibatch_that_networks_do_not_take_is_refused(
    overrides: list[str], sentence: str
) -> None:
    small = ["model.latent_dim=3", "data.shape=[1,4,4]", "generator=mlp", "discriminator=mlp"]
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed(*small, *overrides))
