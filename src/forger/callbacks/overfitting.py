"""Whether the discriminator remembers the training examples."""

from typing import cast

import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor

from forger import latents
from forger.checks import check_positive
from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.gan import GAN
from forger.pixels import to_float
from forger.runs.loggers import log_values

CURVES = ("prob/validation", "training/overfitting")


class Overfitting(Callback):
    """Compares the discriminator's logits on training, held-out and generated examples.

    `training/overfitting` is r_v of Karras et al. 2020 (eq. 1), of mean logits:
    (E[D(train)] - E[D(validation)]) / (E[D(train)] - E[D(generated)]). It is 0 if D takes examples
    that it has not seen for real as it does training examples, and 1 if it takes them for
    generated; it may leave this range while D tells none of them apart, and there is none if D
    takes training and generated examples for the same. `prob/validation` is the
    mean of D(x), from 0 to 1, on validation examples, beside `prob/real` of training.

    Networks are in evaluation mode, and examples augmented as in training. Of each kind there are
    `minibatches` minibatches of the training's size, the same each time, or as many as the smaller
    split fills. seed: seed of the latent vectors. Training continues as if nothing had been
    measured: no random state, weight or buffer changes.

    Nothing is measured, and one line says so, if the validation examples do not fill a minibatch,
    or if the model has a `fake` of its own, as BiGAN has, whose discriminator takes pairs.
    """

    def __init__(self, every_n_updates: int, minibatches: int, seed: int) -> None:
        check_positive(every_n_updates=every_n_updates, minibatches=minibatches)
        self.every_n_updates = every_n_updates
        self.minibatches = minibatches
        self.seed = seed

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        splits = [data.splits[name] for name in ("train", "validation")]
        self.batch_size = data.batch_size
        fewest = min(len(split.examples) for split in splits)
        self.count = min(self.minibatches, fewest // self.batch_size) * self.batch_size
        reason = None
        if self.count == 0:
            reason = (
                f"{fewest} validation examples do not fill a minibatch (data.batch_size is"
                f" {self.batch_size})"
            )
        if type(gan).fake is not GAN.fake:
            self.count = 0
            reason = f"the discriminator of {type(gan).__name__} takes more than examples"
        if reason and trainer.is_global_zero:
            print(f"curves   training/overfitting is not measured: {reason}")
        # The examples that are compared.
        self.splits = [Split(*(part[: self.count] for part in split)) for split in splits]

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        if self.count == 0 or trainer.global_step % self.every_n_updates != 0:
            return
        log_values(trainer, self.measure(gan))

    @torch.no_grad()
    def measure(self, gan: GAN) -> dict[str, float]:
        training = {module: module.training for module in gan.modules()}
        gan.eval()
        # Augmentations draw from the global generators.
        devices = [gan.device] if gan.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            train, validation = (
                self.logits(gan, to_float(examples.to(gan.device), gan.value_range), labels)
                for examples, labels in self.splits
            )
            labels = self.splits[0].labels
            z = latents.sample_prior_by_index(gan.prior, self.count, gan.latent_dim, self.seed)
            fakes = [
                gan.fake(some.to(gan.device), label.to(gan.device))
                for some, label in zip(
                    z.split(self.batch_size), labels.split(self.batch_size), strict=True
                )
            ]
            generated = self.logits(gan, torch.cat(fakes), labels)
        for module, mode in training.items():
            module.training = mode
        on_train, on_validation, on_generated = (
            logits.double().mean() for logits in (train, validation, generated)
        )
        values = {"prob/validation": validation.sigmoid().mean().item()}
        if on_train != on_generated:
            # Eq. 1.
            r_v = (on_train - on_validation) / (on_train - on_generated)
            values["training/overfitting"] = r_v.item()
        return values

    def logits(self, gan: GAN, x: Tensor, labels: Tensor) -> Tensor:
        """Logits (n,) of examples (n, *shape), by minibatch: some networks compare examples."""
        labels = labels.to(gan.device)
        pairs = zip(x.split(self.batch_size), labels.split(self.batch_size), strict=True)
        return torch.cat([gan.logits(some, label) for some, label in pairs])
