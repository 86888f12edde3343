"""Samples from Langevin dynamics in the latent space, driven by the discriminator."""

import torch
from torch import Tensor

from forger.checks import check_above_zero, check_positive
from forger.gan import GAN
from forger.samplers.candidates import Candidates
from forger.samplers.logits import check_independent_logits, logits_of_examples
from forger.samplers.normal_prior import check_normal_prior
from forger.seeds import derive_seed


class Langevin:
    """Discriminator-driven latent sampling, DDLS (Che et al. 2020, algorithm 1).

    z moves down the energy E(z) = |z|^2 / 2 - D(G(z)), their eq. 6, D being logits, by
    z - step_size / 2 grad E(z) + sqrt(step_size) n with fresh n ~ N(0, I). The samples G(z) tend to
    the data's distribution if D is optimal and the step size small. steps: number of steps of
    the walk, which starts at a sample of the prior. Raises ForgerError unless step_size is
    positive, and for a prior that is not normal.
    """

    def __init__(self, steps: int, step_size: float) -> None:
        check_positive(steps=steps)
        check_above_zero(step_size=step_size)
        self.steps = steps
        self.step_size = step_size

    def __call__(self, gan: GAN, count: int, seed: int) -> Tensor:
        check_normal_prior(gan, "langevin")
        check_independent_logits(gan)
        candidates = Candidates(gan, count, seed)
        z, labels = candidates.latents(range(count), 0), gan.labels(count)
        # One generator for each sample, so that sample i is the same in any number of samples.
        generators = [torch.Generator().manual_seed(derive_seed(seed, i)) for i in range(count)]
        for _ in range(self.steps):
            # (count, latent_dim)
            noise = torch.stack([torch.randn(gan.latent_dim, generator=g) for g in generators])
            slope = energy_slope(gan, z, labels)  # (count, latent_dim)
            z = z - self.step_size / 2 * slope + self.step_size**0.5 * noise
        return gan.generate(z, labels)


def energy_slope(gan: GAN, z: Tensor, labels: Tensor | None, batch_size: int = 500) -> Tensor:
    """The gradient of E at each of the latent vectors z (n, latent_dim), as many, on the CPU."""
    inputs = [z] if labels is None else [z, labels]
    slopes = []
    for part in zip(*(tensor.split(batch_size) for tensor in inputs), strict=True):
        point, *label = (tensor.to(gan.device) for tensor in part)
        point = point.detach().requires_grad_(True)
        # (batch, *shape), not clipped: it must have a gradient.
        x = gan.sampling_generator(point, *label)
        # The sum over the batch has the gradient of each energy at its own z.
        energy = point.square().sum() / 2 - logits_of_examples(gan, x, *label).sum()
        (slope,) = torch.autograd.grad(energy, point)
        slopes.append(slope.cpu())
    return torch.cat(slopes)
