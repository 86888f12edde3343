"""Two-sample test: how well a nearest-neighbour classifier separates fakes from real images."""

import torch

from forger.metrics.neighbours import nearest_other
from forger.metrics.samples import Samples


class OneNeighbour:
    """Two-sample test by the nearest neighbour, Lopez-Paz and Oquab 2017, in evaluator features.

    Equally many fakes and real images, the first of each, form one set, and each is classified as
    its nearest neighbour among the others is. `one_nn`: the fraction that is classified rightly. It
    is about 1/2 if nobody can tell them apart, which is best; 1 if they are apart; near 0 if each
    fake is all but the copy of a real image. `one_nn_fake`, `one_nn_real`: the same fraction of the
    fakes and of the real images alone; a low second with a high first is a sign of dropped modes
    (Xu et al. 2018).
    """

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        n = min(len(fake), len(real))
        # (2 n, d) -> (2 n,): the fakes come first, so an index below n is a fake.
        nearest = nearest_other(torch.cat([fake.features[:n], real.features[:n]]))
        fakes = (nearest[:n] < n).double().mean().item()
        reals = (nearest[n:] >= n).double().mean().item()
        return {"one_nn": (fakes + reals) / 2, "one_nn_fake": fakes, "one_nn_real": reals}
