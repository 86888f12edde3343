"""Latent vectors and their samples in TensorBoard's projector."""

from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger

from forger import latents
from forger.checks import check_positive
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN


class Projector(Callback):
    """Latent vectors as points of TensorBoard's projector, shown as samples, at the end of a run.

    n: number of latent vectors. seed: seed of the latent vectors. Points of a conditional GAN are
    named by their class. Raises ForgerError if the generator makes points.
    """

    def __init__(self, n: int, seed: int) -> None:
        check_positive(n=n)
        self.n = n
        self.seed = seed

    def check(self, gan: GAN, data: InMemory) -> None:
        if gan.value_range is None:
            raise ForgerError(
                "callbacks.projector shows images, not points: give ~callbacks.projector"
            )

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if not trainer.is_global_zero:
            return
        z = latents.sample_prior_by_index(gan.prior, self.n, gan.latent_dim, self.seed)
        labels = gan.labels(self.n)
        images = gan.generate(z, labels).cpu() / 255  # TensorBoard takes floats in [0, 1]
        names = None if labels is None else labels.tolist()
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_embedding(z, names, images, trainer.global_step, "latent")
