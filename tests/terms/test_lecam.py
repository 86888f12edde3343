import pytest
import torch

from forger.terms.lecam import LeCam
from tiny import make_update


def test_lecam_remembers_the_logits_of_the_other_kind() -> None:
    term = LeCam(weight=1.0, decay=0.5)
    logits = {"real_outputs": {"logits": torch.ones(4)}, "fake_outputs": {"logits": -torch.ones(4)}}
    # Averages are 0.5 and -0.5 by then: (1 + 0.5)^2 + (-1 - 0.5)^2.
    assert term.discriminator(make_update(**logits)) == pytest.approx(4.5)
    assert term.averages.tolist() == [0.5, -0.5]
