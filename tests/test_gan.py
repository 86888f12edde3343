import copy
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.plugins.precision import MixedPrecision
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.optim import Optimizer

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.callbacks.gradient_clipping import GradientClipping
from forger.callbacks.weight_clipping import WeightClipping
from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.data.toys import Gaussian1D
from forger.gan import GAN
from forger.losses import Loss, Minimax, NonSaturating
from forger.losses import Relativistic as RelativisticPair
from forger.networks import mlp, packed
from forger.penalties import R1, DiscriminatorFn
from forger.seeds import derive_seed
from tiny import LATENT, SHAPE, Images, events, make_gan, networks, same, snapshot, train

BATCH = 4
NETWORKS: dict[str, Callable[[], dict[str, nn.Module]]] = {
    "batch norm": partial(networks, batch_norm=True, dropout=0.0),
    "dropout": partial(networks, batch_norm=False, dropout=0.5),
}


# Not Adam: it makes full steps of the rounding noise in a gradient that is truly 0, such as that of
# a bias before batch normalisation.
sgd = partial(torch.optim.SGD, lr=0.1, momentum=0.5)


def minibatches(data: InMemory) -> Iterator[Split]:
    """What the loader gives, one iteration after the other."""
    data.setup()
    yield from data.train_dataloader()


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


def apply(optimizer: Optimizer, network: nn.Module, gradients: tuple[Tensor, ...]) -> None:
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()


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


# Of the loss at first, too large for fp16: some updates must be left out.
SCALE = 2.0**18


def algorithm_1_in(
    dtype: torch.dtype,
    limits: dict[str, float],
    generator: nn.Module,
    discriminator: nn.Module,
    updates: int,
) -> float:
    """Algorithm 1 with what mixed precision and clipping add to it; the last scale of the loss."""
    networks = {"generator": generator, "discriminator": discriminator}
    optimizers = {name: sgd(network.parameters()) for name, network in networks.items()}
    scale = SCALE if dtype is torch.float16 else 1.0

    def descend(name: str, loss: Tensor) -> None:
        nonlocal scale
        scaled = torch.autograd.grad(scale * loss, list(networks[name].parameters()))
        gradients = [gradient / scale for gradient in scaled]
        norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        if norm.isfinite():
            shrink = (limits[name] / norm).clamp(max=1)
            apply(optimizers[name], networks[name], tuple(shrink * g for g in gradients))
        else:
            scale /= 2

    iterations = minibatches(Images())
    for update in range(updates):
        images, _ = next(iterations)
        torch.manual_seed(derive_seed(0, 0, update))
        with torch.autocast("cpu", dtype, dtype is not torch.float32, cache_enabled=False):
            fake = generator(torch.randn(BATCH, LATENT)).detach()
            real_logits = discriminator(images / 255 * 2 - 1).float()
            fake_logits = discriminator(fake).float()
            cost = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        descend("discriminator", cost)
        with torch.autocast("cpu", dtype, dtype is not torch.float32, cache_enabled=False):
            fake_logits = discriminator(generator(torch.randn(BATCH, LATENT))).float()
            cost = softplus(-fake_logits).mean()
        descend("generator", cost)
    return scale


def in_precision(precision: Any) -> dict[str, Any]:
    """What a trainer takes for it; on a CPU, Lightning alone would make bf16 of fp16."""
    if precision != "16-mixed":
        return {"precision": precision}
    scaler = torch.amp.GradScaler("cpu", init_scale=SCALE)
    return {"plugins": [MixedPrecision(precision, "cpu", scaler)]}


@pytest.mark.parametrize("make_networks", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize(
    "limits",
    [{}, {"generator": 1e-3}, {"generator": 0.02, "discriminator": 0.05}],
    ids=["free", "one limit", "two limits"],
)
@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16), ("16-mixed", torch.float16)],
)
def test_mixed_precision_and_clipping_are_algorithm_1_with_its_gradients_rounded_and_cut(
    tmp_path: Path,
    make_networks: Callable[[], dict[str, nn.Module]],
    limits: dict[str, float],
    precision: str,
    dtype: torch.dtype,
) -> None:
    by_hand, start = make_networks(), make_networks()
    none = dict.fromkeys(by_hand, torch.inf)
    scale = algorithm_1_in(dtype, none | limits, **by_hand, updates=4)
    gan = make_gan(**make_networks(), optimizer={"generator": sgd, "discriminator": sgd})
    clip = GradientClipping(**(dict.fromkeys(by_hand) | limits))
    trainer = train(tmp_path, gan, max_steps=4, callbacks=[clip], **in_precision(precision))
    for name, network in by_hand.items():
        torch.testing.assert_close(
            getattr(gan, name).state_dict(), network.state_dict(), rtol=1e-5, atol=1e-6
        )
        assert not same(snapshot(network), snapshot(start[name]))
    if precision == "16-mixed":
        assert trainer.precision_plugin.state_dict()["scale"] == scale < SCALE
    assert all(loss.dtype is torch.float32 for loss in gan.last.values())


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


class Jump(Callback):
    """The generator's weights move by 1 before the first update, the average's do not."""

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        for parameter in gan.generator.parameters():
            parameter.data += 1


@pytest.mark.parametrize(("batch_size", "k"), [(2, 1), (4, 1), (8, 1), (4, 3)])
def test_after_the_halflife_in_images_the_old_generator_weighs_one_half(
    tmp_path: Path, batch_size: int, k: int
) -> None:
    still = partial(torch.optim.SGD, lr=0.0)
    gan = make_gan(k=k, ema_halflife=16, optimizer={"generator": still, "discriminator": still})
    start = snapshot(gan.generator)
    data = Images(batch_size=batch_size, k=k)
    train(tmp_path, gan, max_steps=16 // batch_size, callbacks=[Jump()], data=data)
    assert gan.ema is not None
    for name, average in gan.ema.named_parameters():
        torch.testing.assert_close(average, start[name] + 0.5)


def test_the_average_follows_running_statistics_and_counters(tmp_path: Path) -> None:
    gan = make_gan(ema_halflife=1e-3)
    train(tmp_path, gan, max_steps=3)
    assert gan.ema is not None
    average, current = gan.ema.state_dict(), gan.generator.state_dict()
    assert any("running_mean" in key for key in current)
    for key, tensor in current.items():
        torch.testing.assert_close(average[key], tensor)


def test_samples_come_from_the_average(tmp_path: Path) -> None:
    gan = make_gan(ema_halflife=1e9)
    before = gan.sample(8, seed=0)
    train(tmp_path, gan, max_steps=5)
    assert torch.equal(gan.sample(8, seed=0), before)
    gan.ema = None
    assert not torch.equal(gan.sample(8, seed=0), before)


def test_the_average_is_not_trained(tmp_path: Path) -> None:
    gan = make_gan(ema_halflife=100)
    trainer = train(tmp_path, gan, max_steps=1)
    assert gan.ema is not None
    optimized = {id(p) for o in trainer.optimizers for g in o.param_groups for p in g["params"]}
    assert not optimized & {id(p) for p in gan.ema.parameters()}
    assert not any(p.requires_grad for p in gan.ema.parameters())


@pytest.mark.parametrize("ema_halflife", [0, 100])
def test_image_i_of_a_seed_depends_on_neither_count_nor_batch_size(
    tmp_path: Path, ema_halflife: float
) -> None:
    gan = make_gan(ema_halflife=ema_halflife)
    train(tmp_path, gan, max_steps=5)
    images = gan.sample(20, seed=7)
    assert images.dtype == torch.uint8
    assert images.shape == (20, *SHAPE)
    assert torch.equal(gan.sample(7, seed=7), images[:7])
    z = torch.randn(20, LATENT)
    assert torch.equal(gan.generate(z, batch_size=3), gan.generate(z, batch_size=20))
    assert not torch.equal(gan.sample(20, seed=8), images)


@pytest.mark.parametrize("training", [True, False])
def test_sampling_changes_nothing(training: bool) -> None:
    gan = make_gan().train(training)
    before = copy.deepcopy(gan.state_dict())
    random_state = torch.get_rng_state()
    gan.sample(5, seed=0)
    assert all(module.training is training for module in gan.modules())
    assert same(dict(gan.state_dict()), dict(before))
    assert torch.equal(torch.get_rng_state(), random_state)


@pytest.mark.parametrize("output", ["tanh", "sigmoid"])
def test_end_points_of_the_generators_range_are_black_and_white(output: Any) -> None:
    generator = mlp.Generator(LATENT, SHAPE, [8], False, output, None)
    last = [layer for layer in generator.modules() if isinstance(layer, nn.Linear)][-1]
    for bias, byte in ((-1e3, 0), (1e3, 255)):
        nn.init.constant_(last.bias, bias)
        assert (make_gan(generator=generator).sample(3, seed=0) == byte).all()


def test_points_are_sampled_as_the_floats_they_are(tmp_path: Path) -> None:
    generator = mlp.Generator(LATENT, [1], [8], False, "identity", None)
    gan = make_gan(generator=generator, discriminator=mlp.Discriminator([1], [8], None))
    data = Gaussian1D(mean=4, std=1, size=64, shape=[1], batch_size=4, seed=0)
    train(tmp_path, gan, max_steps=2, data=data)
    points = gan.sample(5, seed=0)
    assert points.dtype == torch.float32
    assert points.shape == (5, 1)


class Draws(Callback):
    """What a library might draw between two updates."""

    def on_train_batch_start(self, *_: object) -> None:
        torch.rand(17)


def test_draws_outside_the_update_change_nothing(tmp_path: Path) -> None:
    quiet, noisy = make_gan(), make_gan()
    train(tmp_path, quiet, max_steps=5)
    torch.manual_seed(12345)
    train(tmp_path, noisy, max_steps=5, callbacks=[Draws()])
    assert same(dict(quiet.state_dict()), dict(noisy.state_dict()))


def test_another_seed_draws_other_noise(tmp_path: Path) -> None:
    one, other = make_gan(seed=0), make_gan(seed=1)
    for gan in (one, other):
        train(tmp_path, gan, max_steps=1)
    assert not same(snapshot(one.generator), snapshot(other.generator))


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


class Adaptive(nn.Module):
    """An augmentation or penalty whose state is a buffer: how often it has been called."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, *given: Any) -> Tensor:
        self.calls.add_(1)
        x = given[-1] if len(given) == 1 else torch.zeros(())
        return x + 0.01 * self.calls.sin()


def with_state(**settings: Any) -> GAN:
    return make_gan(penalty={"mine": Adaptive()}, augment={"mine": Adaptive()}, **settings)


def test_the_state_of_penalties_and_augmentations_is_resumed(tmp_path: Path) -> None:
    whole, resumed = with_state(), with_state()
    train(tmp_path / "whole", whole, 6)
    train(tmp_path, with_state(), 3, [Checkpoint(100, None, keep_all=False)])
    train(tmp_path, resumed, 6, ckpt=tmp_path / "checkpoints" / "last.ckpt")
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
    assert whole.get_buffer("penalty_mine.calls") == 6
    assert whole.get_buffer("augment_mine.calls") == 6 * 3


def test_the_state_of_penalties_and_augmentations_goes_to_the_device() -> None:
    gan = with_state().to("meta")
    assert gan.penalty["mine"].calls.is_meta  # pyright: ignore
    assert gan.augment["mine"].calls.is_meta  # pyright: ignore


def test_a_checkpoint_without_the_state_of_penalties_loads_and_one_of_former_ones_too() -> None:
    plain, stateful = make_gan(), with_state()
    stateful.penalty["mine"].calls.fill_(5)  # pyright: ignore
    state = stateful.state_dict()
    plain.load_state_dict(state)
    stateful.load_state_dict(plain.state_dict())
    assert stateful.get_buffer("penalty_mine.calls") == 5
    with pytest.raises(RuntimeError, match="size mismatch"):
        stateful.load_state_dict(state | {"penalty_mine.calls": torch.zeros(2)})
    with pytest.raises(RuntimeError, match="Missing key"):
        plain.load_state_dict({})


def test_a_state_that_is_not_finite_keeps_no_network_from_being_saved(tmp_path: Path) -> None:
    gan = with_state()
    gan.get_buffer("augment_mine.calls").fill_(torch.inf)
    gan.augment = {}
    train(tmp_path, gan, 2, [Checkpoint(100, None, keep_all=False)])
    assert checkpoint(tmp_path)["global_step"] == 2


class Told(nn.Module):
    """A network that keeps the labels it is given."""

    classes = 10
    value_range = (-1.0, 1.0)

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.labels: list[Tensor] = []

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        self.labels.append(label)
        return self.body(x)


def test_a_conditional_pair_is_told_the_classes_of_the_real_examples(tmp_path: Path) -> None:
    class Labelled(Images):
        def load(self) -> dict[str, Split]:
            splits = super().load()
            train = splits["train"]
            return splits | {"train": Split(train.examples, torch.arange(48) % 10)}

    told = {name: Told(network) for name, network in networks().items()}
    gan = make_gan(**told, k=2)
    train(tmp_path, gan, max_steps=1, data=Labelled(k=2))
    generator, discriminator = (told[name].labels for name in ("generator", "discriminator"))
    data = Labelled(k=2)
    data.setup()
    _, labels = next(iter(data.train_dataloader()))
    first, second = labels.chunk(2)
    assert same(generator, [first, second, second])
    assert same(discriminator, [first, first, second, second, second])


def test_samples_of_a_conditional_gan_are_of_the_class_asked_for_or_of_all_in_turn() -> None:
    told = {name: Told(network) for name, network in networks().items()}
    gan = make_gan(**told, ema_halflife=0)
    gan.sample(12, seed=0)
    gan.label = 7
    gan.sample(3, seed=0)
    assert [labels.tolist() for labels in told["generator"].labels] == [
        [*range(10), 0, 1],
        [7, 7, 7],
    ]
    assert make_gan().labels(5) is None


def test_packs_are_formed_of_real_and_of_generated_examples(tmp_path: Path) -> None:
    body = partial(mlp.Discriminator, widths=[8], init_std=None)
    gan = make_gan(discriminator=packed.Discriminator(body, SHAPE, pack=2))
    before = snapshot(gan)
    train(tmp_path, gan, max_steps=2)
    assert gan.last["real"].shape == gan.last["fake"].shape == (BATCH // 2,)
    assert not same(snapshot(gan), before)


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


SCHEDULE = {
    "generator": partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.9),
    "discriminator": partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=40),
}


def run_to(folder: Path, k: int, max_steps: int, every: int, ckpt: Path | None = None) -> None:
    gan = make_gan(k=k, schedule=SCHEDULE, ema_halflife=50)
    train(folder, gan, max_steps, [Checkpoint(every, None, keep_all=True)], ckpt=ckpt)


def checkpoint(folder: Path, name: str = "last") -> dict[str, Any]:
    return torch.load(folder / "checkpoints" / f"{name}.ckpt", weights_only=True)


# 48 images make 12 iterations of an epoch for k = 1, and 4 for k = 3: update 25 lies inside of an
# epoch, 24 at the end of one.
@pytest.mark.parametrize(("k", "killed"), [(1, 25), (1, 24), (3, 25), (3, 24)])
def test_a_run_resumed_after_a_kill_equals_one_never_interrupted_bit_for_bit(
    tmp_path: Path, k: int, killed: int
) -> None:
    run_to(tmp_path / "at once", k, 40, every=killed)
    torch.manual_seed(999)
    saved = tmp_path / "at once" / "checkpoints" / f"update_{killed:06d}.ckpt"
    run_to(tmp_path / "resumed", k, 40, every=100, ckpt=saved)
    whole, resumed = checkpoint(tmp_path / "at once"), checkpoint(tmp_path / "resumed")
    for part in ("global_step", "epoch", "state_dict", "optimizer_states", "lr_schedulers"):
        assert same(whole[part], resumed[part]), part
    assert not same(whole["state_dict"], torch.load(saved, weights_only=True)["state_dict"])


@pytest.mark.parametrize(("k", "first"), [(1, 25), (1, 24), (3, 25), (3, 24)])
def test_a_finished_run_made_longer_equals_one_as_long_at_once_bit_for_bit(
    tmp_path: Path, k: int, first: int
) -> None:
    run_to(tmp_path / "at once", k, 40, every=100)
    run_to(tmp_path / "longer", k, first, every=100)
    torch.manual_seed(999)
    last = tmp_path / "longer" / "checkpoints" / "last.ckpt"
    run_to(tmp_path / "longer", k, 40, every=100, ckpt=last)
    whole, longer = checkpoint(tmp_path / "at once"), checkpoint(tmp_path / "longer")
    for part in ("global_step", "state_dict", "optimizer_states", "lr_schedulers"):
        assert same(whole[part], longer[part]), part


def test_the_scale_of_the_loss_is_resumed_as_well(tmp_path: Path) -> None:
    saved = tmp_path / "checkpoints" / "update_000003.ckpt"
    whole, resumed = make_gan(), make_gan()
    keep = Checkpoint(3, None, keep_all=True)
    train(tmp_path, whole, 6, [keep], **in_precision("16-mixed"))
    train(tmp_path / "resumed", resumed, 6, ckpt=saved, **in_precision("16-mixed"))
    assert torch.load(saved, weights_only=True)["MixedPrecision"]["scale"] < SCALE
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))


def test_a_run_killed_by_an_error_resumes_from_its_last_checkpoint(tmp_path: Path) -> None:
    class Kill(Callback):
        def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
            if trainer.global_step == 17:
                raise RuntimeError("killed")

    last = tmp_path / "checkpoints" / "last.ckpt"
    whole, killed, resumed = make_gan(), make_gan(), make_gan()
    train(tmp_path / "whole", whole, max_steps=20)
    with pytest.raises(RuntimeError, match="killed"):
        train(tmp_path, killed, 20, [Kill(), Checkpoint(7, None, keep_all=False)])
    assert torch.load(last, weights_only=True)["global_step"] == 17
    train(tmp_path, resumed, max_steps=20, ckpt=last)
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
