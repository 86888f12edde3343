"""The way of both parameters of the Dirac-GAN, drawn during training."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from pytorch_lightning import Trainer
from torch import Tensor
from torch.nn.utils import parameters_to_vector

from forger import latents
from forger.callbacks.film import Film
from forger.checks import check_above_zero, check_positive
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.figures.film import Frame
from forger.figures.image_grid import save_image
from forger.figures.trajectory import Panel, lattice
from forger.gan import GAN
from forger.pixels import to_float


class Trajectory(Film):
    """The way of two parameters, one of each network, over the field of both players' gradients.

    An arrow is the direction (-dL_G/dtheta, -dL_D/dpsi) in which both networks descend their
    losses, penalties and terms included: the game's gradient vector field (Mescheder et al. 2017).
    The middle of the picture is the equilibrium: the generator at the mean of the data, and the
    discriminator at 0. Pictures go to all trackers during training; at its end they are saved as a
    film, trajectory.gif, and the last one as trajectory.png, in the run folder.

    every_n_updates: number of generator updates between two pictures. The start and the end have
    one too. window: distance from the middle to each side. n: number of training points and latent
    vectors by which arrows are computed. seed: seed of the latent vectors. The way is kept in the
    checkpoint.
    Raises ForgerError if a network has more than one parameter.
    """

    name = "trajectory"

    def __init__(self, every_n_updates: int, window: float, n: int, seed: int) -> None:
        check_positive(every_n_updates=every_n_updates, n=n)
        check_above_zero(window=window)
        super().__init__(every_n_updates)
        self.window = window
        self.n = n
        self.seed = seed

    def check(self, gan: GAN, data: InMemory) -> None:
        for name in ("generator", "discriminator"):
            count = sum(p.numel() for p in gan.networks[name].parameters())
            if count != 1:
                raise ForgerError(
                    f"callbacks.trajectory needs networks of one parameter, but the {name} has"
                    f" {count:,}: give ~callbacks.trajectory, or {name}=dirac"
                )

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        real = to_float(data.splits["train"].examples[: self.n], gan.value_range)
        middle = torch.stack([real.mean(), torch.tensor(0.0)])
        places = lattice(middle, self.window)
        self.panel = Panel(middle, self.window, self.field(gan, real.to(gan.device), places))
        super().on_train_start(trainer, gan)

    def field(self, gan: GAN, real: Tensor, places: Tensor) -> Tensor:
        """The directions in which both parameters descend at places (..., 2); as many, (..., 2)."""
        z = latents.sample_prior_by_index(gan.prior, len(real), gan.latent_dim, self.seed)
        z, label = z.to(gan.device), torch.zeros(len(real), dtype=torch.int64, device=gan.device)
        weights = [*gan.generator.parameters(), *gan.discriminator.parameters()]  # theta, psi
        # Terms may have averages, which must not move here.
        state = [*gan.parameters(), *gan.buffers()]
        before = [tensor.detach().clone() for tensor in state]
        arrows = torch.zeros_like(places)
        for place, arrow in zip(places.flatten(0, 1), arrows.flatten(0, 1), strict=True):
            copy(weights, place)
            losses = gan.generator_loss(z, real, label), gan.discriminator_loss(z, real, label)
            for i, (loss, _) in enumerate(losses):
                if loss.requires_grad:  # unless it is frozen
                    arrow[i] = -torch.autograd.grad(loss, weights[i])[0].item()
        copy(state, before)
        return arrows

    def frame(self, gan: GAN) -> Frame:
        weights = [*gan.generator.parameters(), *gan.discriminator.parameters()]
        return {"weights": parameters_to_vector(weights).cpu()}  # (2,)

    def picture(self, frame: Frame) -> np.ndarray:
        way = [f["weights"] for f in self.frames if f["update"] <= frame["update"]]
        return self.panel.picture(int(frame["update"]), torch.stack(way))

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        super().on_train_end(trainer, gan)
        if trainer.is_global_zero:
            # (height, width, 3) -> (3, height, width)
            picture = torch.from_numpy(self.picture(self.frames[-1])).permute(2, 0, 1)
            save_image(picture, Path(trainer.default_root_dir, "trajectory.png"))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for frame in state["frames"]:
            if {name: tuple(tensor.shape) for name, tensor in frame.items()} != {
                "update": (),
                "weights": (2,),
            }:
                raise ValueError("frames must have an update and two weights")
        self.frames = list(state["frames"])


@torch.no_grad()
def copy(targets: Iterable[Tensor], values: Iterable[Tensor]) -> None:
    """Give each tensor the value of its own."""
    for target, value in zip(targets, values, strict=True):
        target.copy_(value)
