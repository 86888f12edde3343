"""Samples from a Markov chain of candidates that the discriminator compares."""

from torch import Tensor

from forger.checks import check_positive
from forger.gan import GAN
from forger.samplers.candidates import Candidates
from forger.samplers.logits import logits


class MetropolisHastings:
    """The end of a chain for each sample (Turner et al. 2019, algorithm 1).

    A chain moves from x to a fresh candidate x' with probability min(1, exp(D(x') - D(x))), D being
    logits, so that its samples tend to the data's distribution if D is the best there is. steps:
    candidates in a chain, 640 in the paper. It starts at a sample of the generator, where the
    paper's starts at an example.
    """

    def __init__(self, steps: int) -> None:
        check_positive(steps=steps)
        self.steps = steps

    def __call__(self, gan: GAN, count: int, seed: int) -> Tensor:
        candidates = Candidates(gan, count, seed)
        samples, labels = range(count), gan.labels(count)
        current = candidates.draw(samples, 0)  # (count, *shape)
        current_logits = logits(gan, current, labels)  # (count,)
        for step in range(1, self.steps + 1):
            examples = candidates.draw(samples, step)
            new_logits = logits(gan, examples, labels)
            # The ratio of both densities is exp(D(x') - D(x)), which may be infinite: that accepts.
            moves = candidates.chances(samples, step) < (new_logits - current_logits).exp()
            current[moves], current_logits[moves] = examples[moves], new_logits[moves]
        return current
