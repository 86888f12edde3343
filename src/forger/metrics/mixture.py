"""Mode counting for a mixture of Gaussians with known centres."""

from collections.abc import Sequence

import torch
from torch.special import gammainc

from forger.metrics.samples import Samples


class Mixture:
    """Modes of an equal mixture of N(centre, std^2 I), counted as in PacGAN and VEEGAN.

    They use 2,500 fakes (Srivastava et al. 2017, section 5.1; Lin et al. 2018, section 4.1). A fake
    is of high quality if it is within 3 std of the nearest centre. `high_quality`: their fraction;
    all of the mixture's own points would score 0.989 in two dimensions, and more than that means
    shrunken modes. `modes`: centres with at least one of them; `missing`: those without. `mode_kl`:
    KL divergence in nats of their distribution over the modes from uniform, infinite if there are
    none.

    `spread`: the standard deviation of a mode's high-quality fakes around their mean, over that of
    the mixture's own points after the same cut at 3 std (0.974 std in two dimensions); the mean
    over all modes with at least two, NaN without any. So 1 is right, below 1 modes have shrunk.

    centres: coordinates of the centres, (modes, d), in the units of the points.
    """

    def __init__(self, centres: Sequence[Sequence[float]], std: float) -> None:
        self.centres = torch.tensor(centres, dtype=torch.float64)
        self.std = std

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        points = fake.features.double()
        distance, nearest = torch.cdist(points, self.centres).min(1)  # (n, modes) -> (n,) each
        good = distance < 3 * self.std
        members = [points[good & (nearest == mode)] for mode in range(len(self.centres))]
        counts = torch.tensor([len(member) for member in members], dtype=torch.float64)  # (modes,)
        # Without the empty modes, since 0 log 0 is 0 and not NaN.
        frequencies = counts[counts > 0] / counts.sum()
        modes = len(frequencies)
        # KL(p | uniform) = sum p log(p / (1 / modes of the mixture))
        divergence = (frequencies * (frequencies * len(counts)).log()).sum().item()
        # The mean square of a coordinate within 3 std of its centre, in units of std^2.
        half = torch.tensor(points.shape[1] / 2, dtype=torch.float64)
        cut = gammainc(half + 1, torch.tensor(4.5)) / gammainc(half, torch.tensor(4.5))
        truth = self.std * cut.sqrt()
        spreads = [m.var(0).mean().sqrt() / truth for m in members if len(m) > 1]
        return {
            "modes": modes,
            "missing": len(self.centres) - modes,
            "high_quality": good.double().mean().item(),
            "mode_kl": divergence if modes else torch.inf,
            "spread": torch.stack(spreads).mean().item() if spreads else torch.nan,
        }
