"""What goes wrong in a GAN, named in words."""

import math
from collections.abc import Mapping

from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger

from forger.checks import at_least_one
from forger.gan import GAN


def symptoms(values: Mapping[str, float]) -> dict[str, str]:
    """What the curves and metrics of one moment show, each by its name with the evidence.

    values: those of `Curves` and `Measure`; what is absent shows nothing.
    """
    see = {name: float(value) for name, value in values.items()}
    found = {}
    losses = {name: see[name] for name in see if name.startswith("loss/")}
    if not all(map(math.isfinite, losses.values())):
        found["divergence"] = ", ".join(f"{name} is {value}" for name, value in losses.items())
    real, fake = (see.get(f"training/accuracy_{kind}", 0) for kind in ("real", "fake"))
    if min(real, fake) > 0.99:
        found["discriminator saturated"] = (
            f"it is right on {real:.1%} of real and {fake:.1%} of generated examples;"
            " the generator has little to learn from"
        )
    if see.get("training/grad_generator", 1) < 1e-4:
        found["generator gradient vanished"] = (
            f"its norm is {see['training/grad_generator']:.1e}; loss=non_saturating keeps it alive"
        )
    if see.get("metric/missing", 0) > 0:
        found["mode collapse"] = (
            f"{see['metric/missing']:.0f} classes of the data appear nowhere among the samples"
        )
    if see.get("metric/nearest_ratio", 1) < 0.5:
        found["memorisation"] = (
            f"samples are {see['metric/nearest_ratio']:.2f} times as far from training images as"
            " unseen real images are"
        )
    return found


class Doctor(Callback):
    """Says each symptom once, with the evidence, when it has shown at `patience` looks in a row.

    every_n_updates: how often to look. Divergence stops the run at the first look; the last good
    checkpoint stays, since none is ever saved of a network that is not finite.
    """

    def __init__(self, every_n_updates: int, patience: int) -> None:
        at_least_one(every_n_updates=every_n_updates, patience=patience)
        self.every_n_updates = every_n_updates
        self.patience = patience
        self.looks: dict[str, int] = {}

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: object, batch_idx: int
    ) -> None:
        if trainer.global_step % self.every_n_updates != 0:
            return
        found = symptoms({name: v.item() for name, v in trainer.callback_metrics.items()})
        said = {name for name, looks in self.looks.items() if looks >= self.patience}
        self.looks = {name: self.looks.get(name, 0) + 1 for name in found} | dict.fromkeys(
            said, self.patience
        )
        for name, evidence in found.items():
            due = self.looks[name] == self.patience and name not in said
            if due or name == "divergence":
                self.say(trainer, f"{name} at update {trainer.global_step}: {evidence}")
        if "divergence" in found:
            trainer.should_stop = True

    def say(self, trainer: Trainer, sentence: str) -> None:
        if trainer.is_global_zero:
            print(f"doctor: {sentence}")
            for logger in trainer.loggers:
                if isinstance(logger, TensorBoardLogger):
                    logger.experiment.add_text("doctor", sentence, trainer.global_step)

    def state_dict(self) -> dict[str, int]:
        return dict(self.looks)

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        self.looks = dict(state_dict)
