"""A callback: what happens beside training."""

from pytorch_lightning import Callback, Trainer
from torch.nn.utils import get_total_norm

from forger.gan import GAN


class WeightNorm(Callback):
    """Logs the L2 norm of each network's weights, every so many updates, to all loggers."""

    def __init__(self, every_n_updates: int) -> None:
        self.every_n_updates = every_n_updates

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        if trainer.global_step % self.every_n_updates == 0:
            networks = {"generator": gan.generator, "discriminator": gan.discriminator}
            norms = {
                f"training/weights_{name}": get_total_norm(list(network.parameters())).item()
                for name, network in networks.items()
            }
            # gan.log would count updates from 0, and Forger counts them from 1.
            for logger in trainer.loggers:
                logger.log_metrics(norms, step=trainer.global_step)
