"""The discriminator over the plane, drawn during training: figure 1's counterpart for points."""

from typing import Any, cast

import numpy as np
import torch
from pytorch_lightning import Trainer

from forger import latents
from forger.callbacks.film import Film
from forger.checks import check_positive
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.figures.field import ARROWS, SIDE, Panel, places
from forger.figures.film import Frame
from forger.gan import GAN
from forger.networks.conditional import discriminator_logits


class Field(Film):
    """D(x) over the plane, data, samples, and arrows along the gradient of the logit of D.

    The arrows are the way on which the generator moves its samples. Logits have their mean over
    data and samples subtracted, since a relativistic loss leaves it open. Pictures go to all
    trackers during training; at its end they are saved as a film, field.gif, in the run folder.

    every_n_updates: number of generator updates between two pictures. The start and the end have
    one too. n: number of samples, and largest number of training points. seed: seed of the latent
    vectors. What has been drawn is kept in the checkpoint.
    Raises ForgerError if the data are not points of two dimensions, or the GAN is conditional.
    """

    name = "field"

    def __init__(self, every_n_updates: int, n: int, seed: int) -> None:
        check_positive(every_n_updates=every_n_updates, n=n)
        super().__init__(every_n_updates)
        self.n = n
        self.seed = seed

    def check(self, gan: GAN, data: InMemory) -> None:
        found = None
        if data.shape != (2,):
            found = f"points of the plane, but data.shape is {list(data.shape)}"
        elif gan.classes is not None:
            found = "a GAN that is not conditional, but this one is"
        if found:
            raise ForgerError(f"callbacks.field needs {found}: give ~callbacks.field")

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        self.data = data.splits["train"].examples[: self.n]
        low, high = self.data.amin(0), self.data.amax(0)
        # A constant coordinate has no range.
        margin = ((high - low) / 5).clamp_min(1e-6)
        self.window = (low - margin, high + margin)
        self.z = latents.sample_prior_by_index(gan.prior, self.n, gan.latent_dim, self.seed)
        self.panel = Panel(*self.window, self.data)

    def frame(self, gan: GAN) -> Frame:
        lattice = places(*self.window, SIDE).to(gan.device)  # (SIDE, SIDE, 2)
        # The generator itself, not its average: the discriminator is trained against this one.
        samples = gan.generator(self.z.to(gan.device))  # (n, 2)
        seen = torch.cat([samples, self.data.to(gan.device)])
        middle = discriminator_logits(gan.discriminator, seen).mean()
        # (SIDE, SIDE, 2) -> (SIDE SIDE, 2) -> (SIDE SIDE,)
        logits = discriminator_logits(gan.discriminator, lattice.flatten(0, 1)) - middle
        starts = places(*self.window, ARROWS).to(gan.device).flatten(0, 1).requires_grad_()
        with torch.enable_grad():
            total = discriminator_logits(gan.discriminator, starts).sum()
            # Of the points alone: the gradients of the weights are the training's.
            (arrows,) = torch.autograd.grad(total, starts)  # (ARROWS * ARROWS, 2)
        return {
            "D": logits.sigmoid().cpu().unflatten(0, (SIDE, SIDE)),
            "arrows": arrows.cpu().unflatten(0, (ARROWS, ARROWS)),
            "samples": samples.cpu(),
        }

    def picture(self, frame: Frame) -> np.ndarray:
        return self.panel.picture(frame)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        wanted = {
            "update": (),
            "D": (SIDE, SIDE),
            "arrows": (ARROWS, ARROWS, 2),
            "samples": (self.n, 2),
        }
        for frame in state["frames"]:
            if {name: tuple(tensor.shape) for name, tensor in frame.items()} != wanted:
                raise ValueError(
                    f"stored frames of callbacks.field are not of n (={self.n}) samples: n cannot"
                    " be changed on resume"
                )
        self.frames = list(state["frames"])
