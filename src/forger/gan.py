"""The generative adversarial network: two networks, one game, Algorithm 1."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from forger import latents
from forger.checks import check_not_negative, check_positive
from forger.latent_space import sampling
from forger.latents import Prior
from forger.losses import Loss
from forger.networks.conditional import call, discriminator_outputs
from forger.penalties import Penalty, penalty_values
from forger.pixels import Range, to_float
from forger.runs import checkpoint_states, checkpoints
from forger.terms.protocol import Term, Update, needs_real, set_data, term_values
from forger.training import optimization
from forger.training.ema import MovingAverage, make_average

# Losses and terms, scalars, and logits (m,) of an update, by the names of their curves.
Values = dict[str, Tensor]


class GAN(LightningModule):
    """Both networks and both optimizers, trained by Algorithm 1 of Goodfellow et al. 2014.

    generator: latent vectors (m, latent_dim) to examples (m, *shape); it states a `value_range`.
    discriminator: examples (m, *shape) to logits (m,), or to a dictionary with "logits" and more.
    Networks that state `classes` take labels (m,) as well: Mirza and Osindero 2014, eq. 2.
    loss: the objectives of both networks on logits. penalty, term: by name, what is added to them.
    augment: by name, augmentations of the examples that the discriminator sees.
    optimizer, schedule: by the name of a network, what makes its optimizer from parameters, and
        what makes the learning-rate schedule from that (None: constant).
    latent_dim: size of a latent vector z. prior: prior of the latent vectors. k: number of
    discriminator updates for each generator update.
    ema_halflife: images after which an old generator counts half in the moving average that
        samples come from; 0: no average. ema_rampup: its limit as a fraction of images seen.
    seed: randomness is a pure function of seed, rank and update.
    Raises ForgerError for k or latent_dim below 1 and for a negative half-life.
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
        term: Mapping[str, Term] | None = None,
        *,
        latent_dim: int,
        prior: Prior,
        k: int,
        ema_halflife: float,
        seed: int,
        ema_rampup: float | None = None,
    ) -> None:
        super().__init__()
        check_positive(k=k, latent_dim=latent_dim)
        check_not_negative(ema_halflife=ema_halflife)
        # Lightning would step one optimizer a batch: Algorithm 1 takes k + 1 steps.
        self.automatic_optimization = False
        self.generator, self.discriminator = generator, discriminator
        self.classes: int | None = getattr(generator, "classes", None)
        self.value_range = cast(Range, generator.value_range)
        self.ema = make_average(generator) if ema_halflife else None
        # Convolutions are a quarter faster on a CPU in this memory format; other layers ignore it.
        self.to(memory_format=torch.channels_last)
        self.loss, self.penalty, self.term, self.augment = loss, penalty, term or {}, augment
        checkpoints.register_parts(self, penalty=self.penalty, term=self.term, augment=augment)
        self.optimizer, self.schedule = optimizer, schedule
        self.prior: Prior = prior
        self.latent_dim, self.k, self.seed = latent_dim, k, seed
        self.ema_halflife, self.ema_rampup = ema_halflife, ema_rampup
        self.label: int | Tensor | None = None  # class of samples, or several in turn; None: all
        self.config: dict[str, Any] = {}  # what `build` made this from; saved in checkpoints
        self.last: Values = {}  # of the last update

    def training_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """One iteration. batch: examples, uint8 (k m, *shape), and labels, int64 (k m,)."""
        optimization.reseed(self)
        self.last = self.algorithm_1(*batch)
        optimization.step_schedules(self)
        optimization.count_update(self)

    def algorithm_1(self, images: Tensor, labels: Tensor) -> Values:
        """k discriminator updates, each on a minibatch of its own, then one generator update."""
        reals = to_float(images, self.value_range).chunk(self.k)  # k of (m, *shape)
        minibatches = list(zip(reals, labels.chunk(self.k), strict=True))
        last: Values = {}
        for real, label in minibatches:  # for k steps do
            last |= self.update_discriminator(real, label)
        last |= self.update_generator(*minibatches[-1])
        optimization.update_average(self, len(minibatches[-1][1]))
        return {name: value.detach() for name, value in last.items()}

    def update_discriminator(self, real: Tensor, label: Tensor) -> Values:
        """Ascend the discriminator's stochastic gradient, on real examples (m, *shape)."""
        loss, values = self.discriminator_loss(self.noise(len(label)), real, label)
        self.descend(loss, "discriminator")
        return values

    def update_generator(self, real: Tensor, label: Tensor) -> Values:
        """Descend the generator's stochastic gradient, against the frozen discriminator."""
        with optimization.frozen(self.discriminator):
            loss, values = self.generator_loss(self.noise(len(label)), real, label)
            self.descend(loss, "generator")
        return values

    def discriminator_loss(self, z: Tensor, real: Tensor, label: Tensor) -> tuple[Tensor, Values]:
        """What the discriminator minimises, a scalar, and what `last` holds of this update."""
        with torch.no_grad():
            fake = self.fake(z, label)  # G(z), z ~ p(z)
        update = Update(self, z, label, real, fake, *(self.outputs(x, label) for x in (real, fake)))
        real_logits, fake_logits = (o["logits"] for o in (update.real_outputs, update.fake_outputs))
        loss = self.loss.discriminator(real_logits, fake_logits)
        logits = partial(self.logits, label=label)
        added = penalty_values(self.penalty, self.global_step, logits, real, fake)
        added |= term_values(self.term, "discriminator", update)
        loss = sum(added.values(), start=loss)
        # Cloned, since compiled networks write their next logits into the same memory.
        values = {"real": real_logits.clone(), "fake": fake_logits.clone()}
        return loss, {"loss/discriminator": loss, **added, **values}

    def generator_loss(self, z: Tensor, real: Tensor, label: Tensor) -> tuple[Tensor, Values]:
        """What the generator minimises, a scalar, and what `last` holds of this update."""
        fake = self.fake(z, label)
        fake_outputs = self.outputs(fake, label)  # the gradient flows through D into G
        real_outputs = self.outputs(real, label) if needs_real(self.loss, self.term) else {}
        update = Update(self, z, label, real, fake, real_outputs, fake_outputs)
        loss = self.loss.generator(real_outputs.get("logits"), fake_outputs["logits"])
        added = term_values(self.term, "generator", update)
        loss = sum(added.values(), start=loss)
        return loss, {"loss/generator": loss, **added}

    def noise(self, count: int) -> Tensor:
        """Fresh latent vectors (count, latent_dim)."""
        return latents.sample_prior(self.prior, count, self.latent_dim, self.device)

    def fake(self, z: Tensor, label: Tensor) -> Tensor:
        """G(z): examples (m, *shape), of the classes in `label` (m,) if it is conditional."""
        return call(self.generator, z, label)

    def outputs(self, x: Tensor, label: Tensor) -> dict[str, Tensor]:
        """D's outputs for augmented x (m, *shape): "logits" (m,), maybe others; always float32."""
        for augment in self.augment.values():
            x = augment(x)
        outputs = discriminator_outputs(self.discriminator, x, label)
        return {name: output.float() for name, output in outputs.items()}

    def logits(self, x: Tensor, label: Tensor) -> Tensor:
        """The logits (m,) of D on examples x (m, *shape), augmented."""
        return self.outputs(x, label)["logits"]

    def descend(self, loss: Tensor, *networks: str) -> None:
        """One step of these networks' optimizers down a loss's gradient, unless all is frozen."""
        if loss.requires_grad:
            optimizers = [self.optimizer_of(network) for network in networks]
            for optimizer in optimizers:
                optimizer.zero_grad()
            self.manual_backward(loss)  # scales the loss in half precision
            for optimizer in optimizers:
                self.trainer.strategy.optimizer_step(optimizer, lambda: None)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks by name; each has an optimizer and a schedule of its name."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    optimizer_of = optimization.optimizer_of

    def configure_optimizers(self) -> tuple[list[Optimizer], list[LRScheduler]]:
        return optimization.configure(self)

    def on_train_start(self) -> None:
        if self.ema is not None:
            self.average = MovingAverage(self.ema, self.generator)
        set_data(self, self.trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def sampling_generator(self) -> nn.Module:
        """The generator that samples come from: the averaged one if there is one."""
        return self.generator if self.ema is None else self.ema

    generate, sample, labels = sampling.generate, sampling.sample, sampling.labels

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoints.add_configuration(self, checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint_states.keep_paths_in_run(self, checkpoint)
