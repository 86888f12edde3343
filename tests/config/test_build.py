import math
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Trainer
from torch import Tensor, nn

from forger.callbacks.checkpoint import Checkpoint
from forger.config.build import (
    build,
    check_size,
    choose_class,
    dry_run,
    instantiate_node,
    load,
    read,
)
from forger.errors import ForgerError
from forger.gan import GAN
from forger.losses import NonSaturating
from forger.runs.version import version
from old import leave_old_run
from tiny import SHAPE, Images, composed, make_trainer, same

SMALL = [
    "model.latent_dim=3",
    "data.shape=[1,4,4]",
    "generator=mlp",
    "discriminator=mlp",
    "generator.widths=[8,8]",
    "discriminator.widths=[8]",
]


def trained(folder: Path, *overrides: str) -> Path:
    """The checkpoint of a short run."""
    gan = build(composed(*SMALL, *overrides))
    trainer: Trainer = make_trainer(folder, 3, [Checkpoint(100, None, keep_all=False)])
    trainer.fit(gan, datamodule=Images(k=gan.k))
    return folder / "checkpoints" / "last.ckpt"


def test_initial_weights_are_a_function_of_the_seed() -> None:
    one, again, other = (build(composed(*SMALL, f"seed={seed}")) for seed in (0, 0, 1))
    assert same(dict(one.state_dict()), dict(again.state_dict()))
    assert not same(dict(one.state_dict()), dict(other.state_dict()))


def test_settings_reach_what_they_name() -> None:
    gan = build(composed(*SMALL, "model.k=3", "model.prior=uniform", "loss=minimax", "seed=7"))
    assert (gan.k, gan.prior, gan.latent_dim, gan.seed) == (3, "uniform", 3, 7)
    assert type(gan.loss).__name__ == "Minimax"
    assert gan.ema_halflife == 10_000


def test_each_network_has_its_own_optimizer_and_schedule() -> None:
    gan = build(
        composed(
            *SMALL,
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


def test_what_is_made_leaves_the_configuration_as_it_was() -> None:
    # measure refers to the metrics, and they to the data.
    config = composed("experiment=ring")
    instantiate_node(config.callbacks, "measure")
    assert OmegaConf.to_container(config) == OmegaConf.to_container(composed("experiment=ring"))


def test_a_constructor_that_refuses_is_told_with_the_name_of_its_node() -> None:
    with pytest.raises(ForgerError, match=r"^model: k \(=0\) must be at least 1$"):
        build(composed(*SMALL, "model.k=0"))
    with pytest.raises(ForgerError, match=r"^generator: widths \(=\[8, 0\]\) must be at least 1$"):
        build(composed(*SMALL, "generator.widths=[8,0]"))
    with pytest.raises(ForgerError, match=r"^data: batch_size \(=0\) must be at least 1$"):
        instantiate_node(composed("data.batch_size=0"), "data")


def test_a_rehearsal_of_networks_that_fit_is_silent_and_draws_no_memory() -> None:
    dry_run(composed("generator=mlp", "generator.widths=[100000,100000,100000]"))


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["model.k=0"], r"^model: k \(=0\) must be at least 1$"),
        (["generator.latent_dim=5"], r"generator does not take latent vectors of \[100\]"),
        (
            ["generator.shape=[1,14,14]"],
            r"generator makes examples of \[1, 14, 14\], but data.shape is \[1, 28, 28\]",
        ),
        (
            ["discriminator.shape=[3,28,28]"],
            r"discriminator does not take examples of \[1, 28, 28\]",
        ),
        (["generator=dcgan", "data.shape=[1,30,30]"], r"^generator: shape \(=\[1, 30, 30\]\)"),
    ],
)
def test_a_rehearsal_names_the_shapes_that_do_not_fit(overrides: list[str], sentence: str) -> None:
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed(*overrides))


def test_a_rehearsal_refuses_logits_that_would_broadcast() -> None:
    config = composed()
    config.discriminator = {"_target_": "torch.nn.Flatten"}
    sentence = r"discriminator gives \[2, 784\] for 2 of them: logits must be \[2\]"
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


@pytest.mark.parametrize("ema_halflife", [0, 100])
def test_a_loaded_checkpoint_gives_the_same_samples(tmp_path: Path, ema_halflife: int) -> None:
    gan = build(composed(*SMALL, f"model.ema_halflife={ema_halflife}"))
    trainer = make_trainer(tmp_path, 3, [Checkpoint(100, None, keep_all=False)])
    trainer.fit(gan, datamodule=Images())
    torch.manual_seed(123)
    loaded = load(tmp_path / "checkpoints" / "last.ckpt")
    assert torch.equal(loaded.sample(9, seed=4), gan.sample(9, seed=4))
    assert list(loaded.sample(1, seed=0).shape[1:]) == SHAPE
    assert loaded.config == gan.config
    assert loaded.config["generator"]["widths"] == [8, 8]
    assert not any(module.training for module in loaded.modules())


def damage(checkpoint: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1000])


def empty(checkpoint: Path) -> None:
    checkpoint.write_bytes(b"")


def text(checkpoint: Path) -> None:
    checkpoint.write_text("not weights")


def whole_module(checkpoint: Path) -> None:
    torch.save(nn.Linear(1, 1), checkpoint)


def pickled(checkpoint: Path) -> None:
    checkpoint.write_bytes(pickle.dumps({"config": {}, "state_dict": partial(print, "harm")}))


@pytest.mark.parametrize("harm", [damage, empty, text, whole_module, pickled])
def test_a_damaged_or_dangerous_file_is_refused_by_name(tmp_path: Path, harm) -> None:
    checkpoint = trained(tmp_path)
    harm(checkpoint)
    with pytest.raises(ForgerError, match=f"{checkpoint} is damaged or no checkpoint of Forger's"):
        load(checkpoint)


@pytest.mark.parametrize("contents", [{"state_dict": {}}, {"config": {}}, [1, 2], torch.zeros(3)])
def test_a_foreign_checkpoint_is_refused_by_name(tmp_path: Path, contents: object) -> None:
    torch.save(contents, tmp_path / "foreign.ckpt")
    with pytest.raises(ForgerError, match=r"foreign\.ckpt is no checkpoint of Forger's"):
        read(tmp_path / "foreign.ckpt")


def test_a_checkpoint_of_forger_0_1_0_gives_the_samples_that_it_gave(tmp_path: Path) -> None:
    run = leave_old_run(tmp_path / "run")
    made = load(run / "checkpoints" / "last.ckpt").sample(3, seed=0).flatten()
    torch.testing.assert_close(made, torch.tensor([-0.00076973, 0.02512318, 0.04785781]))


def test_a_checkpoint_carries_the_version_that_wrote_it(tmp_path: Path) -> None:
    assert read(trained(tmp_path))["forger_version"] == version()


def lacks(contents: dict) -> None:
    del contents["config"]["generator"]["widths"]


def unknown(contents: dict) -> None:
    contents["config"]["generator"]["depth"] = 3


def unknown_class(contents: dict) -> None:
    contents["config"]["generator"]["_target_"] = "forger.networks.mlp.Quantum"


def no_part(contents: dict) -> None:
    del contents["config"]["generator"]


def wrong_type(contents: dict) -> None:
    contents["config"]["model"]["latent_dim"] = "abc"


def list_for_a_node(contents: dict) -> None:
    contents["config"]["discriminator"] = [1]


def other_weights(contents: dict) -> None:
    del contents["state_dict"]["generator.layers.0.weight"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lacks, "generator lacks a setting: 'widths'"),
        (unknown, "generator.depth is not a setting of Generator"),
        (unknown_class, "Quantum"),
        (no_part, "it lacks generator"),
        (wrong_type, r"model.latent_dim \(=abc\) should be int"),
        (list_for_a_node, r"discriminator \(=\[1\]\) should be an option"),
        (other_weights, r"Missing key\(s\) in state_dict: \"generator.layers.0.weight\""),
    ],
)
@pytest.mark.parametrize(("other", "named"), [("9.8.7", "9.8.7"), (None, "0.1.0 or older")])
def test_what_another_forger_stored_is_named_with_its_version(
    tmp_path: Path,
    change: Callable[[dict], None],
    sentence: str,
    other: str | None,
    named: str,
) -> None:
    contents = torch.load(leave_old_run(tmp_path) / "checkpoints" / "last.ckpt", weights_only=True)
    change(contents)
    if other:
        contents["forger_version"] = other
    torch.save(contents, tmp_path / "other.ckpt")
    with pytest.raises(ForgerError, match=sentence) as caught:
        load(tmp_path / "other.ckpt")
    # Of what trust refuses, a version is told that is written in the file alone.
    if other or change not in (unknown_class, no_part):
        assert "other.ckpt" in str(caught.value)
        assert f"written by Forger {named} (this is {version()})" in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("part", ["generator", "ema"])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, part: str, value: float) -> None:
    contents = torch.load(leave_old_run(tmp_path) / "checkpoints" / "last.ckpt", weights_only=True)
    contents["state_dict"][f"{part}.layers.0.weight"][0] = value
    torch.save(contents, tmp_path / "diverged.ckpt")
    with pytest.raises(ForgerError, match=r"diverged\.ckpt holds weights that are not finite"):
        load(tmp_path / "diverged.ckpt")


def test_a_class_that_a_gan_does_not_know_is_refused_with_those_it_knows() -> None:
    gan = build(composed("generator=conditional", "discriminator=conditional"))
    with pytest.raises(ForgerError, match=r"label \(=10\) must be a class: 0 to 9"):
        choose_class(gan, 10)
    choose_class(gan, 9)
    assert gan.labels(2).tolist() == [9, 9]  # pyright: ignore[reportOptionalMemberAccess]


def named(*names: str) -> GAN:
    settings = ("generator=conditional", "discriminator=conditional", f"data.classes={len(names)}")
    gan = build(composed(*settings))
    gan.config["data"]["class_names"] = list(names)
    return gan


def test_a_class_is_chosen_by_its_name_or_number() -> None:
    gan = named("cat", "dog")
    for label, number in (("dog", 1), ("cat", 0), (1, 1), (0, 0)):
        choose_class(gan, label)
        assert gan.label == number
    for label in ("dgo", 2):
        with pytest.raises(ForgerError, match=r"must be a class: cat, dog"):
            choose_class(gan, label)


def test_a_number_is_a_name_where_names_are_numbers() -> None:
    gan = named("1", "2", "10")
    choose_class(gan, 10)
    assert gan.label == 2
    with pytest.raises(ForgerError, match=r"label \(=0\) must be a class: 1, 2, 10"):
        choose_class(gan, 0)


def test_a_name_may_look_like_a_fraction() -> None:
    gan = named("0.5", "1.0", "cat")
    choose_class(gan, 1.0)
    assert gan.label == 1
    with pytest.raises(ForgerError, match=r"label \(=2\.0\) must be a class: 0\.5, 1\.0, cat"):
        choose_class(gan, 2.0)


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
        ("Rows", r"loss.generator gives \[64\]: it must be a mean, a scalar"),
        ("Needy", "real is None without generator_needs_real"),
    ],
)
def test_a_rehearsal_looks_at_both_halves_of_a_loss(loss: str, sentence: str) -> None:
    config = composed(*SMALL)
    config.loss = {"_target_": f"{__name__}.{loss}"}
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


def saved(path: Path, **changes: object) -> Path:
    """A checkpoint of small networks, whose configuration is of others."""
    gan = build(composed(*SMALL))
    config = {**gan.config, **{k: {**gan.config[k], **v} for k, v in changes.items()}}  # type: ignore
    torch.save({"state_dict": gan.state_dict(), "config": config, "global_step": 0}, path)
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"generator": {"widths": [10**9]}},
        {"discriminator": {"widths": [10**9, 10**9]}},
        {"generator": {"shape": [1, 10**5, 10**5]}},
        {"generator": {"latent_dim": 10**10}},
    ],
)
def test_networks_larger_than_the_checkpoint_are_never_made(tmp_path: Path, changes: dict) -> None:
    checkpoint = saved(tmp_path / "x.ckpt", **changes)
    with pytest.raises(ForgerError, match=rf"take .* GB, and four times {checkpoint} holds"):
        load(checkpoint)


def test_sizes_beyond_all_numbers_are_a_sentence_too(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=r"x\.ckpt, .*: generator: "):
        load(saved(tmp_path / "x.ckpt", generator={"widths": [2**62, 2**62]}))
    with pytest.raises(ForgerError, match=r"is a number of 1001 bits"):
        load(saved(tmp_path / "x.ckpt", generator={"widths": [2**1000]}))


def test_networks_that_fit_are_not_refused_for_their_size() -> None:
    config = composed(*SMALL)
    gan = build(config)
    needed = sum(t.nbytes for t in [*gan.parameters(), *gan.buffers()])
    check_size(config, needed, "it")
    with pytest.raises(ForgerError, match=r"and it holds .*smaller sizes$"):
        check_size(config, needed - 1, "it")


def test_a_loaded_gan_has_networks_and_nothing_that_it_was_trained_by(tmp_path: Path) -> None:
    gan = load(saved(tmp_path / "x.ckpt"))
    assert not any([gan.loss, gan.penalty, gan.augment, gan.optimizer, gan.schedule])
    assert gan.config["loss"]["_target_"] == "forger.losses.NonSaturating"


def test_a_checkpoint_without_a_network_is_told_so(tmp_path: Path) -> None:
    gan = build(composed(*SMALL))
    config = {name: node for name, node in gan.config.items() if name != "discriminator"}
    torch.save({"state_dict": gan.state_dict(), "config": config}, tmp_path / "x.ckpt")
    with pytest.raises(ForgerError, match=r"x\.ckpt .* lacks discriminator$"):
        load(tmp_path / "x.ckpt")


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
    config = composed(*SMALL)
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
        ("generator", "tanh", {"value_range": None}, "states value_range None, as for points"),
    ],
)
def test_a_rehearsal_refuses_what_the_last_activation_denies(
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
def test_a_rehearsal_takes_activations_that_fit(part: str, last: str, says: dict[str, Any]) -> None:
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
        ("penalty", constant, "^penalty.mine gives no gradient: the discriminator learns nothing"),
        ("penalty", of_examples, "^penalty.mine gives no gradient"),
        ("penalty", of_two, r"^in a minibatch of 64, penalty.mine: unflatten: .*"),
        ("augment", mirrored, r"^in a minibatch of 64, augment.mine does not take .*: index 9999"),
        ("penalty", vector, r"^penalty.mine gives \[2\]: it must be a mean, a scalar"),
        ("penalty", typo, "^penalty.mine: 'Tensor' object has no attribute 'squared'"),
        ("augment", detached, "^augment.mine gives no gradient"),
        ("augment", bytes_of, r"^augment.mine gives \[2, 1, 4, 4\] for examples"),
        ("augment", names_its_class, "^augment.mine gives str for examples"),
        ("augment", larger, r"discriminator does not take examples of \[1, 4, 6\]"),
    ],
)
def test_penalties_and_augmentations_are_rehearsed(
    group: str, function: Callable[..., Any], sentence: str
) -> None:
    target = f"{__name__}.{function.__name__}"
    config = composed(*SMALL, f"+{group}.mine={{_target_: {target}, _partial_: true}}")
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


def test_a_state_that_no_checkpoint_can_hold_is_refused() -> None:
    config = composed(*SMALL, f"+augment.mine={{_target_: {__name__}.Stateful}}")
    with pytest.raises(ForgerError, match=r"^the state of augment.mine fits in no checkpoint: "):
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
        ("ConstantLoss", "^loss.generator gives no gradient: the generator learns nothing"),
        ("Detached", "^generator gives no gradient, as after detach"),
    ],
)
def test_what_gives_no_gradient_is_refused(part: str, sentence: str) -> None:
    config = composed(*SMALL)
    name = "loss" if part == "ConstantLoss" else "generator"
    config[name] = {"_target_": f"{__name__}.{part}"}
    with pytest.raises(ForgerError, match=sentence):
        dry_run(config)


def test_a_penalty_may_ask_for_values_and_draws_nothing_from_the_run() -> None:
    target = f"{__name__}.asks_for_values"
    mine = f"+penalty.mine={{_target_: {target}, _partial_: true}}"
    dry_run(composed(*SMALL, mine, "penalty=[r1,gradient_penalty,dragan]"))


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
            r"data.batch_size \(=3\) must be a multiple of discriminator.pack \(=2\)",
        ),
    ],
)
def test_a_minibatch_that_networks_do_not_take_is_refused(
    overrides: list[str], sentence: str
) -> None:
    small = ["model.latent_dim=3", "data.shape=[1,4,4]", "generator=mlp", "discriminator=mlp"]
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed(*small, *overrides))
