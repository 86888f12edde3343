"""Training is Algorithm 1: its updates, its clock, its penalties and its augmentations."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor, nn
from torch.optim import Optimizer

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.callbacks.weight_clipping import WeightClipping
from forger.gan import GAN
from forger.losses import Loss, Minimax, NonSaturating
from forger.losses import Relativistic as RelativisticPair
from forger.networks import mlp
from forger.penalties import R1, DiscriminatorFn
from forger.seeds import derive_seed
from reference import BATCH, NETWORKS, apply, minibatches, sgd
from tiny import LATENT, SHAPE, Images, events, make_gan, networks, same, snapshot, train


def algorithm_1(
    generator: nn.Module, discriminator: nn.Module, k: int, saturating: bool, updates: int
) -> None:
    """Algorithm 1 of Goodfellow et al. 2014 as it stands there, with probabilities."""
    optimizers = sgd(generator.parameters()), sgd(discriminator.parameters())
    iterations = minibatches(Images(k=k))
    for update in range(updates):
        images, _ = next(iterations)
        torch.manual_seed(derive_seed(0, 0, update))
        for step in range(k):
            x = images[step * BATCH : (step + 1) * BATCH] / 255 * 2 - 1
            fake = generator(torch.randn(BATCH, LATENT)).detach()
            d_real, d_fake = discriminator(x).sigmoid(), discriminator(fake).sigmoid()
            value = d_real.log().mean() + (1 - d_fake).log().mean()
            gradients = torch.autograd.grad(-value, list(discriminator.parameters()))
            apply(optimizers[1], discriminator, gradients)
        d_fake = discriminator(generator(torch.randn(BATCH, LATENT))).sigmoid()
        cost = (1 - d_fake).log().mean() if saturating else -d_fake.log().mean()
        apply(optimizers[0], generator, torch.autograd.grad(cost, list(generator.parameters())))


@pytest.mark.parametrize("make_networks", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize("loss", [Minimax(), NonSaturating()], ids=["minimax", "non_saturating"])
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("updates", [1, 3])
def test_training_is_algorithm_1(
    tmp_path: Path,
    make_networks: Callable[[], dict[str, nn.Module]],
    loss: Loss,
    k: int,
    updates: int,
) -> None:
    by_hand, start = make_networks(), make_networks()
    algorithm_1(**by_hand, k=k, saturating=type(loss) is Minimax, updates=updates)
    optimizer = {"generator": sgd, "discriminator": sgd}
    gan = make_gan(**make_networks(), loss=loss, k=k, optimizer=optimizer)
    train(tmp_path, gan, max_steps=updates)
    for name in ("generator", "discriminator"):
        actual, expected = getattr(gan, name).state_dict(), by_hand[name].state_dict()
        for key, tensor in expected.items():
            torch.testing.assert_close(actual[key], tensor, rtol=1e-5, atol=1e-6)
        for key, parameter in start[name].named_parameters():
            assert parameter.ndim == 1 or not torch.equal(actual[key], parameter)


class Watch(Callback):
    """Parameters of both networks right before and after each optimizer step, in order."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, dict[str, Any], dict[str, Any]]] = []

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        def both() -> dict[str, Any]:
            named = {"generator": gan.generator, "discriminator": gan.discriminator}
            return {name: snapshot(network) for name, network in named.items()}

        def watch(name: str, optimizer: Optimizer) -> None:
            before: list[dict[str, Any]] = []
            optimizer.register_step_pre_hook(lambda *_: before.append(both()))
            optimizer.register_step_post_hook(
                lambda *_: self.steps.append((name, before.pop(), both()))
            )

        for name, optimizer in zip(("generator", "discriminator"), trainer.optimizers, strict=True):
            watch(name, optimizer)


@pytest.mark.parametrize("k", [1, 3])
def test_an_update_of_one_network_leaves_the_other_bitwise_untouched(
    tmp_path: Path, k: int
) -> None:
    gan, watch = make_gan(k=k), Watch()
    train(tmp_path, gan, max_steps=4, callbacks=[watch])
    assert [name for name, *_ in watch.steps] == [*["discriminator"] * k, "generator"] * 4
    state = None
    for name, before, after in watch.steps:
        other = {"generator": "discriminator", "discriminator": "generator"}[name]
        # All that happened since the step before, forward and backward passes included.
        assert state is None or same(before, state)
        assert same(before[other], after[other])
        assert not same(before[name], after[name])
        state = after


class Freeze(Callback):
    """Freezes parameters of both networks by their first dot-separated names, from an update on."""

    def __init__(self, update: int, *names: str) -> None:
        self.update, self.names = update, names

    def on_train_batch_start(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        if trainer.global_step == self.update:
            self.before = self.now(gan)
            for parameter in self.before:
                gan.get_parameter(parameter).requires_grad_(False)

    def now(self, gan: GAN) -> dict[str, Tensor]:
        return {n: p for n, p in snapshot(gan).items() if n.startswith(self.names)}


LAYERS = ("generator.layers.3", "discriminator.layers.2")


@pytest.mark.parametrize("update", [0, 3])
def test_what_was_frozen_stays_frozen_and_the_rest_learns(tmp_path: Path, update: int) -> None:
    gan, freeze = make_gan(**networks()), Freeze(update, *LAYERS)
    first = snapshot(gan)
    train(tmp_path, gan, 8, [freeze, WeightClipping(1e-3)])
    assert any(name.startswith("discriminator") for name in freeze.before)
    assert any(name.startswith("generator") for name in freeze.before)
    assert same(freeze.before, freeze.now(gan))
    for name, parameter in gan.named_parameters():
        assert parameter.requires_grad == (name not in freeze.before)
        assert torch.equal(parameter, first[name]) == (update == 0 and name in freeze.before)


@pytest.mark.parametrize(("network", "other"), [("generator.", "disc"), ("discriminator.", "gen")])
def test_a_network_may_be_frozen_as_a_whole(tmp_path: Path, network: str, other: str) -> None:
    # As in a warm-up, where the discriminator alone learns.
    gan, freeze = make_gan(), Freeze(2, network)
    train(tmp_path, gan, 4, [freeze, Curves(1)])
    assert same(freeze.before, freeze.now(gan))
    assert gan.trainer.global_step == 4
    moved, gradient = make_gan(), f"training/grad_{other}"
    train(tmp_path / "before", moved, 2)
    names = [name for name, _ in gan.named_parameters() if name.startswith(other)]
    assert not any(torch.equal(gan.get_parameter(n), moved.get_parameter(n)) for n in names)
    assert any(name.startswith(gradient) for name in gan.trainer.callback_metrics)


def test_an_update_that_fails_leaves_nothing_frozen(tmp_path: Path) -> None:
    class Fault(NonSaturating):
        def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
            raise ArithmeticError

    gan = make_gan(loss=Fault())
    with pytest.raises(ArithmeticError):
        train(tmp_path, gan, 1)
    assert all(parameter.requires_grad for parameter in gan.parameters())


class Gradients(Callback):
    """The gradients of both networks right before each optimizer step, in order."""

    def __init__(self) -> None:
        self.seen: list[dict[str, list[Tensor]]] = []

    def on_before_optimizer_step(self, trainer: Trainer, gan: GAN, optimizer: Optimizer) -> None:
        networks = {"generator": gan.generator, "discriminator": gan.discriminator}
        self.seen.append(
            {
                name: [p.grad.clone() for p in network.parameters() if p.grad is not None]
                for name, network in networks.items()
            }
        )


def test_an_update_of_one_network_spends_no_gradient_on_the_other(tmp_path: Path) -> None:
    gan, gradients = make_gan(), Gradients()
    train(tmp_path, gan, max_steps=3, callbacks=[gradients])
    names = ["discriminator", "generator"] * 3
    for i, (before, now) in enumerate(pairwise(gradients.seen), start=1):
        other = names[i - 1]
        assert len(before[other]) > 0
        assert same(before[other], now[other])
        assert not same(before[names[i]], now[names[i]])
    assert all(p.requires_grad for p in gan.parameters())


class Steps(Callback):
    def __init__(self) -> None:
        self.counts = [0, 0]

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        def count(i: int) -> Callable[..., None]:
            def hook(*_: object) -> None:
                self.counts[i] += 1

            return hook

        for i, optimizer in enumerate(trainer.optimizers):
            optimizer.register_step_post_hook(count(i))


@pytest.mark.parametrize("k", [1, 3])
def test_the_clock_counts_generator_updates(tmp_path: Path, k: int) -> None:
    steps = Steps()
    trainer = train(
        tmp_path,
        make_gan(k=k),
        max_steps=12,
        callbacks=[steps, Curves(4), Checkpoint(5, None, keep_all=True)],
        logger=TensorBoardLogger(tmp_path, name="", version=""),
    )
    assert steps.counts == [12, 12 * k]
    assert trainer.global_step == 12
    names = sorted(file.name for file in (tmp_path / "checkpoints").iterdir())
    assert names == ["last.ckpt", "update_000005.ckpt", "update_000010.ckpt"]
    for name, step in zip(names, (12, 5, 10), strict=True):
        checkpoint = torch.load(tmp_path / "checkpoints" / name, weights_only=True)
        assert checkpoint["global_step"] == step
        adam_steps = [o["state"][0]["step"].item() for o in checkpoint["optimizer_states"]]
        assert adam_steps == [step, step * k]
    log = events(tmp_path)
    for tag in log.Tags()["scalars"]:
        assert [event.step for event in log.Scalars(tag)] == [4, 8, 12]


def test_an_epoch_is_as_many_updates_as_the_data_has_iterations(tmp_path: Path) -> None:
    # 48 images: 4 iterations of 3 minibatches of 4.
    trainer = train(tmp_path, make_gan(k=3), max_steps=-1, max_epochs=2)
    assert trainer.global_step == 8


@pytest.mark.parametrize("k", [1, 3])
def test_both_schedules_step_once_for_each_generator_update(tmp_path: Path, k: int) -> None:
    halve = partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)
    third = partial(torch.optim.lr_scheduler.ExponentialLR, gamma=1 / 3)
    gan = make_gan(k=k, schedule={"generator": halve, "discriminator": third})
    trainer = train(tmp_path, gan, max_steps=5)
    rates = [optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers]
    assert rates == pytest.approx([0.01 / 2**5, 0.01 / 3**5])


def test_a_network_without_schedule_keeps_its_rate(tmp_path: Path) -> None:
    halve = partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)
    gan = make_gan(schedule={"generator": None, "discriminator": halve})
    trainer = train(tmp_path, gan, max_steps=2)
    assert trainer.optimizers[0].param_groups[0]["lr"] == 0.01
    assert trainer.optimizers[1].param_groups[0]["lr"] == pytest.approx(0.0025)


def test_penalties_are_added_to_the_discriminators_loss(tmp_path: Path) -> None:
    seen: list[tuple[torch.Size, torch.Size]] = []
    values: list[Tensor] = []

    def scale(discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor:
        seen.append((real.shape, fake.shape))
        values.append(discriminator(real).square().sum() + discriminator(fake).square().sum())
        return values[-1]

    def seven(discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor:
        return torch.tensor(7.0)

    plain = make_gan(**networks(dropout=0.0))
    penalised = make_gan(**networks(dropout=0.0), penalty={"scale": scale, "seven": seven})
    for gan in (plain, penalised):
        train(tmp_path, gan, max_steps=1)
    torch.testing.assert_close(
        penalised.last["loss/discriminator"],
        plain.last["loss/discriminator"] + 7 + values[0].detach(),
    )
    assert seen == [(torch.Size([BATCH, *SHAPE]), torch.Size([BATCH, *SHAPE]))]
    assert not same(snapshot(plain.discriminator), snapshot(penalised.discriminator))


def test_a_lazy_penalty_counts_as_often_as_it_is_left_out(tmp_path: Path) -> None:
    class Lazy:
        every = 3

        def __call__(self, discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor:
            return torch.tensor(7.0)

    class Losses(Callback):
        def __init__(self) -> None:
            self.seen: list[Tensor] = []

        def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
            self.seen.append(gan.last["loss/discriminator"])

    plain, lazy = Losses(), Losses()
    train(tmp_path, make_gan(), 7, [plain])
    train(tmp_path, make_gan(penalty={"lazy": Lazy()}), 7, [lazy])
    added = torch.stack(lazy.seen) - torch.stack(plain.seen)
    torch.testing.assert_close(added, torch.tensor([21.0, 0, 0, 21, 0, 0, 21]), rtol=0, atol=1e-5)


def test_the_discriminator_sees_everything_augmented_in_both_updates(tmp_path: Path) -> None:
    seen: list[Tensor] = []

    def mark(x: Tensor) -> Tensor:
        return torch.full_like(x, 5.0) + 0 * x

    class Watched(mlp.Discriminator):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x.detach())
            return super().forward(x)

    discriminator = Watched(SHAPE, [8], None)
    penalty = {"r1": R1(1.0, every=1)}
    gan = make_gan(
        discriminator=discriminator,
        augment={"mark": mark, "more": lambda x: x + 1},
        penalty=penalty,
        loss=RelativisticPair(),
    )
    train(tmp_path, gan, max_steps=1)
    # Real, generated and penalised examples in one update, generated and real in the other.
    assert len(seen) == 5
    # By each augmentation, in their order.
    assert all((x == 6).all() for x in seen)


class Relativistic(NonSaturating):
    generator_needs_real = True
    given: Tensor | None = None

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        self.given = real
        return super().generator(real, fake)


def test_a_loss_sees_real_logits_in_the_generators_update_only_if_it_asks(tmp_path: Path) -> None:
    asks, asks_not = Relativistic(), Relativistic()
    asks_not.generator_needs_real = False
    for loss in (asks, asks_not):
        train(tmp_path, make_gan(loss=loss), max_steps=1)
    assert asks.given is not None
    assert asks.given.shape == (BATCH,)
    assert asks_not.given is None


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"k": 0}, r"k \(=0\)"),
        ({"latent_dim": 0}, r"latent_dim \(=0\)"),
        ({"ema_halflife": -1}, r"ema_halflife \(=-1\)"),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_value(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        make_gan(**settings)
