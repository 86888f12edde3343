import torch

from forger.terms.feature_matching import FeatureMatching
from tiny import make_update


def test_feature_matching_compares_means() -> None:
    real, fake = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0.0, 3.0], [2.0, 3.0]])
    seen = make_update(real_outputs={"features": real}, fake_outputs={"features": fake})
    assert FeatureMatching(weight=2.0).generator(seen) == 2 * 0.5
