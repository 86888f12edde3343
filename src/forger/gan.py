"""The generative adversarial network: two networks, one game, Algorithm 1."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from forger import latents
from forger.checks import check_positive
from forger.ema import MovingAverage, converge_spectral_norm, copy_network
from forger.latents import Prior
from forger.losses import Loss
from forger.penalties import Penalty
from forger.pixels import Range, to_float, to_uint8
from forger.runs.checkpoints import check_state_names
from forger.runs.version import version
from forger.seeds import derive_seed
from forger.training.cuda_graph import Replay

Compile = Literal["default", "reduce-overhead", "max-autotune"]


class GAN(LightningModule):
    """Both networks and both optimizers, trained by Algorithm 1 of Goodfellow et al. 2014.

    generator: latent vectors (m, latent_dim) to examples (m, *shape), with a `value_range`.
    discriminator: examples (m, *shape) to logits (m,). If both state the same number of `classes`,
    both take labels, int64 (m,), as a second argument: Mirza and Osindero 2014, eq. 2.
    loss: objectives on logits, see `losses`. penalty: by name, what is added to the
    discriminator's, see `penalties`. augment: by name, what the discriminator sees examples
    through, real and generated, in both updates, see `augment`. The state of either is kept in
    checkpoints if it is a module.
    Parameters that are frozen, when this is made or later, stay as they are.
    optimizer, schedule: under "generator" and "discriminator", what builds each optimizer from
    parameters, and each learning-rate schedule from its optimizer (None: constant).
    k: discriminator updates for each generator update. latent_dim, prior: the latent vectors z.
    ema_halflife: images after which an old generator counts half in the moving average that
    samples are drawn from, see `ema`; 0 samples from the generator itself.
    seed: randomness is a pure function of seed, rank and update. compile: mode of `torch.compile`
    for both networks in training, "reduce-overhead" replays them as CUDA graphs; None: as they are.
    graph: the whole iteration is replayed as one CUDA graph, but for the last of each logging
    interval, at which callbacks may look at gradients, and while a schedule moves more than rates.
    Raises ValueError for k or latent_dim below 1, a negative half-life, for networks that differ in
    their classes, and for compile together with a penalty or a graph.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        loss: Loss,
        optimizer: Mapping[str, Callable[..., Optimizer]],
        schedule: Mapping[str, Callable[..., LRScheduler] | None],
        penalty: Mapping[str, Penalty],
        augment: Mapping[str, Callable[[Tensor], Tensor]],
        *,
        latent_dim: int,
        prior: Prior,
        k: int,
        ema_halflife: float,
        seed: int,
        compile: Compile | None = None,
        graph: bool = False,
    ) -> None:
        super().__init__()
        check_positive(k=k, latent_dim=latent_dim)
        if ema_halflife < 0:
            raise ValueError(
                f"ema_halflife (={ema_halflife}) must be 0 (off) or a number of images"
            )
        self.classes: int | None = getattr(generator, "classes", None)
        others = getattr(discriminator, "classes", None)
        if self.classes != others:
            raise ValueError(
                f"the generator has classes={self.classes}, the discriminator classes={others}:"
                " take generator=conditional with discriminator=conditional or projection"
            )
        if compile and penalty:
            raise ValueError(
                f"compile (={compile}) does not go with penalty.{next(iter(penalty))}: compiled"
                " networks have no second derivative, give model.compile=null"
            )
        if compile and graph:
            raise ValueError(
                f"compile (={compile}) does not go with graph: give model.compile=null or"
                " model.graph=false"
            )
        self.automatic_optimization = False
        self.generator = generator
        self.value_range = cast(Range, generator.value_range)
        self.discriminator = discriminator
        self.ema = copy_network(generator).requires_grad_(False) if ema_halflife else None
        if self.ema is not None:
            converge_spectral_norm(self.ema)
        # Convolutions run a quarter faster so on a CPU; other layers do not notice.
        self.to(memory_format=torch.channels_last)
        self.loss = loss
        self.penalty = penalty
        self.augment = augment
        for group, parts in (("penalty", penalty), ("augment", augment)):
            for name, part in parts.items():
                if isinstance(part, nn.Module):
                    # Its state belongs in the checkpoint, and on the device.
                    self.add_module(f"{group}_{name}", part)
        self.optimizer = optimizer
        self.schedule = schedule
        self.latent_dim = latent_dim
        self.prior: Prior = prior
        self.k = k
        self.ema_halflife = ema_halflife
        self.seed = seed
        self.compile_mode = compile
        self.graph = graph
        self.iteration: Callable[[Tensor, Tensor], dict[str, Tensor]] = self.algorithm_1
        """What an iteration computes on its device, as a CUDA graph if `graph` is set."""
        self.label: int | None = None
        """The class of all samples, of a conditional GAN; None: the classes in turn."""
        self.config: dict[str, Any] = {}
        """What `build` made this from, in plain values; travels in the checkpoint."""
        self.last: dict[str, Tensor] = {}
        """Losses (scalars) and logits (m,) of the last update, detached, on the device."""

    def on_fit_start(self) -> None:
        if self.compile_mode is not None:
            for network in (self.generator, self.discriminator):
                # In place: the names in the checkpoint stay what they are.
                network.compile(mode=self.compile_mode)

    def on_train_start(self) -> None:
        if self.ema is not None:
            self.average = MovingAverage(self.ema, self.generator)
        # Made here: graphs of a fit before, which may have failed, hold that fit's weights.
        self.iteration = Replay(self) if self.graph else self.algorithm_1

    def on_train_batch_start(self, *_: object) -> None:
        if self.compile_mode is not None:
            torch.compiler.cudagraph_mark_step_begin()

    def on_train_end(self) -> None:
        # Graphs keep memory of their own.
        self.iteration = self.algorithm_1

    # Algorithm 1, from the outside in.

    def training_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """One iteration of Algorithm 1, see `algorithm_1`, with all that goes along with it.

        batch: examples, uint8 (k m, C, H, W), and labels, int64 (k m,).
        """
        self.reseed()
        self.last = self.iteration(*batch)
        self.step_schedules()
        self.count_update()

    def algorithm_1(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """k discriminator updates, each on a minibatch of its own, then one generator update.

        images: uint8 (k m, C, H, W); labels: int64 (k m,). Returns what `last` holds.
        """
        reals = to_float(images, self.value_range).chunk(self.k)  # k of (m, C, H, W)
        minibatches = list(zip(reals, labels.chunk(self.k), strict=True))
        last: dict[str, Tensor] = {}
        for real, label in minibatches:  # for k steps do
            last |= self.update_discriminator(real, label)
        real, label = minibatches[-1]
        last |= self.update_generator(real, label)
        if self.ema is not None:
            self.average.update(0.5 ** (len(real) * self.trainer.world_size / self.ema_halflife))
        return last

    def update_discriminator(self, real: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Ascend the discriminator's stochastic gradient on real examples (m, *shape)."""
        with torch.no_grad():
            fake = self.fake(self.noise(len(label)), label)  # G(z), z ~ p(z)
        loss, real_logits, fake_logits = self.discriminator_loss(real, fake, label)
        self.descend(self.d_optimizer, loss)
        return {
            "loss/discriminator": loss.detach(),
            # The next replay of a CUDA graph writes over its logits.
            "real": real_logits.detach().clone(),
            "fake": fake_logits.detach().clone(),
        }

    def update_generator(self, real: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Descend the generator's stochastic gradient against the frozen discriminator."""
        with frozen(self.discriminator):
            loss = self.generator_loss(self.noise(len(label)), real, label)
            self.descend(self.g_optimizer, loss)
        return {"loss/generator": loss.detach()}

    def descend(self, optimizer: Optimizer, loss: Tensor) -> None:
        """One step of an optimizer down the gradient of its loss; none while all is frozen."""
        if not any(p.requires_grad for group in optimizer.param_groups for p in group["params"]):
            return
        optimizer.zero_grad()
        self.manual_backward(loss)
        self.trainer.strategy.optimizer_step(optimizer, lambda: None)

    def discriminator_loss(
        self, real: Tensor, fake: Tensor, label: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the discriminator minimises, penalties included, and the logits (m,) of both."""
        logits = partial(self.logits, label=label)
        real_logits, fake_logits = logits(real), logits(fake)
        loss = self.loss.discriminator(real_logits, fake_logits)
        for name in self.penalties_due():
            penalty = self.penalty[name]
            loss = loss + getattr(penalty, "every", 1) * penalty(logits, real, fake)
        return loss, real_logits, fake_logits

    def generator_loss(self, z: Tensor, real: Tensor, label: Tensor) -> Tensor:
        """What the generator minimises, on latent vectors z (m, latent_dim)."""
        fake_logits = self.logits(self.fake(z, label), label)
        needs_real = getattr(self.loss, "generator_needs_real", False)
        real_logits = self.logits(real, label) if needs_real else None
        return self.loss.generator(real_logits, fake_logits)

    def noise(self, count: int) -> Tensor:
        """Fresh latent vectors (count, latent_dim)."""
        return latents.sample_prior(self.prior, count, self.latent_dim, self.device)

    def fake(self, z: Tensor, label: Tensor) -> Tensor:
        """G(z): examples (m, *shape), of the classes in `label` (m,) if it is conditional."""
        return self.generator(z) if self.classes is None else self.generator(z, label)

    def logits(self, x: Tensor, label: Tensor) -> Tensor:
        """The logits (m,) of D on examples x (m, *shape), augmented, of the classes in `label`.

        In float32 under mixed precision too, and so are all losses.
        """
        for augment in self.augment.values():
            x = augment(x)
        inputs = [x] if self.classes is None else [x, label]
        return self.discriminator(*inputs).float()

    def penalties_due(self) -> list[str]:
        """Names of the penalties in this iteration; a lazy one is in one of `every`."""
        everys = {name: getattr(penalty, "every", 1) for name, penalty in self.penalty.items()}
        return [name for name, every in everys.items() if self.global_step % every == 0]

    @property
    def g_optimizer(self) -> Optimizer:
        """The generator's: the first of those that `configure_optimizers` returns."""
        return self.trainer.optimizers[0]

    @property
    def d_optimizer(self) -> Optimizer:
        """The discriminator's."""
        return self.trainer.optimizers[1]

    def reseed(self) -> None:
        """All that this iteration draws follows from seed, rank and update.

        `torch.manual_seed` asks every kind of device that PyTorch knows, and takes half the time of
        a small network's iteration for it.
        """
        value = derive_seed(self.seed, self.global_rank, self.global_step)
        torch.default_generator.manual_seed(value)
        if self.device.type != "cpu":
            torch.get_device_module(self.device).manual_seed(value)

    def step_schedules(self) -> None:
        """Both learning rates advance once for each generator update."""
        for config in self.trainer.lr_scheduler_configs:
            cast(LRScheduler, config.scheduler).step()

    def count_update(self) -> None:
        """Make `global_step` the number of generator updates, for any k.

        Lightning counts the steps of its wrappers of optimizers. `descend` steps beneath them, so
        that the discriminator's are not counted; here the wrapper is told of the generator's.
        """
        wrapper = cast(list[LightningOptimizer], self.optimizers())[0]
        wrapper._on_before_step()
        wrapper._on_after_step()

    # Samples.

    @property
    def sampler(self) -> nn.Module:
        """The generator that samples come from: the averaged one if there is one."""
        return self.generator if self.ema is None else self.ema

    @torch.no_grad()
    def generate(self, z: Tensor, labels: Tensor | None = None, batch_size: int = 500) -> Tensor:
        """Examples for latent vectors z (n, latent_dim): uint8 (n, C, H, W), or points as floats.

        labels: int64 (n,); None: those of `labels`. In evaluation mode, whatever the mode now.
        """
        training = self.sampler.training
        self.sampler.eval()
        labels = self.labels(len(z)) if labels is None else labels
        inputs = [z] if labels is None else [z, labels]
        batches = [
            to_uint8(self.sampler(*(part.to(self.device) for part in parts)), self.value_range)
            for parts in zip(*(tensor.split(batch_size) for tensor in inputs), strict=True)
        ]
        self.sampler.train(training)
        return torch.cat(batches)

    def sample(self, count: int, seed: int) -> Tensor:
        """Examples 0 to count - 1 of a seed, the same at any batch size: see `generate`."""
        return self.generate(
            latents.sample_prior_by_index(self.prior, count, self.latent_dim, seed)
        )

    def labels(self, count: int) -> Tensor | None:
        """Classes of so many samples, int64 (count,): `label`, or 0, 1, ... in turn if it is None.

        None if the GAN is not conditional.
        """
        if self.classes is None:
            return None
        if self.label is not None:
            return torch.full((count,), self.label)
        return torch.arange(count) % self.classes

    def configure_optimizers(self) -> tuple[list[Optimizer], list[LRScheduler]]:
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        optimizers = {
            name: self.optimizer[name](net.parameters()) for name, net in networks.items()
        }
        schedules = {name: make for name, make in self.schedule.items() if make is not None}
        return list(optimizers.values()), [make(optimizers[n]) for n, make in schedules.items()]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        # Before the callbacks look at it.
        run = Path(self.trainer.default_root_dir)
        check_state_names(checkpoint.get("callbacks", {}), self.trainer.callbacks, run)  # pyright: ignore

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["config"] = self.config
        checkpoint["forger_version"] = version()

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """The state of penalties and augmentations may be absent, or of some that are no more.

        Checkpoints up to 0.1.0 have none, and a run may go on without them or with others.
        """
        own = self.state_dict()
        around = ("penalty_", "augment_")
        absent = {k: v for k, v in own.items() if k.startswith(around) and k not in state_dict}
        present = {k: v for k, v in state_dict.items() if k in own or not k.startswith(around)}
        return super().load_state_dict(absent | present, strict, assign)


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Within, no parameter of a network takes part in gradients; after it, those that did before.

    What someone else froze stays frozen.
    """
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)
