from pathlib import Path

import numpy as np
import torch

from conftest import Forger
from forger.api import load
from forger.latents import Codes, sample_prior_by_index


def test_codes_are_those_of_all_samples(forger: Forger, coded: Path, tmp_path: Path) -> None:
    forger("sample", f"ckpt={coded}", "n=5", "codes=[2,0.5]", "npz=true", "out=a")
    gan = load(coded)
    assert isinstance(gan.prior, Codes)
    z = sample_prior_by_index(gan.prior, 5, 6, seed=0)
    z[:, :3], z[:, 3] = torch.tensor([0.0, 0.0, 1.0]), 0.5
    assert np.array_equal(np.load(tmp_path / "a" / "samples.npz")["samples"], gan.generate(z))


def test_codes_of_a_gan_that_has_none_are_refused(forger: Forger, ckpt: Path) -> None:
    assert "need a prior that has codes" in forger("sample", f"ckpt={ckpt}", "codes=[3]")
    assert "codes (=3) should be" in forger("sample", f"ckpt={ckpt}", "codes=3")
