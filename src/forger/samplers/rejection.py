"""Discriminator rejection sampling."""

import torch
from torch import Tensor

from forger.checks import check_above_zero, check_fraction, check_positive
from forger.errors import ForgerError
from forger.gan import GAN
from forger.samplers.candidates import Candidates
from forger.samplers.logits import logits
from forger.seeds import derive_seed

# Keeps the logarithm finite at the largest ratio; 1e-6 in the paper.
EPSILON = 1e-6


class Rejection:
    """Samples that the discriminator accepts (Azadi et al. 2019, section 3).

    A candidate x of logit D(x) is accepted with probability sigmoid(F - log(1 - exp(F - epsilon)) -
    gamma), F = D(x) - M, their eq. 8: M is the largest logit of `burn_in` samples. quantile: gamma
    is that quantile of F among these; the lower it is, the more is accepted. None: gamma is 0, and
    samples follow the data's distribution exactly if D is the best there is, at 1 candidate in
    exp(M). temperature: logits are divided by it, so that samples of the best D have the density
    p_g (p_data / p_g)^(1 / temperature): below 1 less lies between modes, and modes are narrower.
    attempts: candidates for a sample at most. Raises ForgerError if a sample needs more.
    """

    def __init__(
        self, burn_in: int, quantile: float | None, temperature: float, attempts: int
    ) -> None:
        check_positive(burn_in=burn_in, attempts=attempts)
        check_above_zero(temperature=temperature)
        if quantile is not None:
            check_fraction(quantile=quantile)
        self.burn_in = burn_in
        self.quantile = quantile
        self.temperature = temperature
        self.attempts = attempts

    def __call__(self, gan: GAN, count: int, seed: int) -> Tensor:
        candidates = Candidates(gan, count, seed)
        # A seed of its own: the burn-in has no sample in common with those that are returned.
        first = gan.sample(self.burn_in, derive_seed(seed))
        # (burn_in,)
        ratios = logits(gan, first, gan.labels(self.burn_in)) / self.temperature
        largest = ratios.max()
        gamma = 0.0
        if self.quantile is not None:
            gamma = torch.quantile(ratios - largest, self.quantile).item()
        accepted = torch.empty(count, *first.shape[1:], dtype=first.dtype)
        waiting, drawn = list(range(count)), 0
        for attempt in range(self.attempts):
            examples = candidates.draw(waiting, attempt)
            # (waiting,)
            found = logits(gan, examples, candidates.label(waiting)) / self.temperature
            good = candidates.chances(waiting, attempt) < acceptance(found - largest, gamma)
            accepted[[i for i, yes in zip(waiting, good, strict=True) if yes]] = examples[good]
            drawn += len(waiting)
            waiting = [i for i, yes in zip(waiting, good, strict=True) if not yes]
            if not waiting:
                print(f"sampler  {count / drawn:.1%} of {drawn:,} candidates were accepted")
                return accepted
        raise ForgerError(
            f"{len(waiting)} of {count} samples had no candidate accepted in {self.attempts}"
            " attempts: give a lower sampler.quantile, or more sampler.attempts"
        )


def acceptance(ratio: Tensor, gamma: float) -> Tensor:
    """The probability that a candidate is accepted, by its logit minus the largest one."""
    # A candidate above the largest logit of the burn-in counts as the largest.
    ratio = ratio.double().clamp(max=0)
    # sigmoid(F - log(1 - exp(F - epsilon)) - gamma), eq. 8: (n,)
    return (ratio - torch.log(-torch.expm1(ratio - EPSILON)) - gamma).sigmoid()
