import json
from pathlib import Path

import numpy as np
import pytest
import torch

from command_line import succeed
from conftest import Forger
from forger.config.load import load
from forger.data.toys import ring
from forger.metrics.mixture import Mixture
from forger.metrics.samples import Samples
from forger.samplers.rejection import Rejection

KINDS = {
    "truncation": ["sampler.threshold=0.1"],
    "rejection": ["sampler.burn_in=50"],
    "metropolis_hastings": ["sampler.steps=3"],
    "langevin": ["sampler.steps=3", "sampler.step_size=0.1"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_sampler_draws_images_of_its_own(
    kind: str, forger: Forger, ckpt: Path, tmp_path: Path
) -> None:
    drawn = {}
    for name, extra in (("plain", []), (kind, [f"sampler={kind}", *KINDS[kind]])):
        forger("sample", f"ckpt={ckpt}", "n=6", "npz=true", f"out={name}", *extra)
        drawn[name] = np.load(tmp_path / name / "samples.npz")["samples"]
    assert drawn[kind].shape == drawn["plain"].shape == (6, 1, 28, 28)
    assert drawn[kind].dtype == np.uint8
    assert not np.array_equal(drawn[kind], drawn["plain"])


def test_what_is_no_sampler_is_refused(forger: Forger, ckpt: Path) -> None:
    assert "sampler has no option reject: did you mean" in forger(
        "sample", f"ckpt={ckpt}", "sampler=reject"
    )
    assert "threshold (=0.0) must be positive" in forger(
        "sample", f"ckpt={ckpt}", "sampler=truncation", "sampler.threshold=0.0"
    )


@pytest.mark.slow
def test_rejection_raises_the_share_of_high_quality_on_the_ring(tmp_path: Path) -> None:
    without = ["~callbacks.measure", "~callbacks.scatter", "~callbacks.doctor"]
    succeed(tmp_path, "train", "experiment=ring", "name=part", "trainer.max_steps=600", *without)
    last = next(tmp_path.rglob("last.ckpt"))
    gan = load(last)
    data = gan.config["data"]
    centres = ring(**{k: v for k, v in data["centres"].items() if k != "_target_"})
    metric = Mixture(centres, data["std"])

    def measure(points: torch.Tensor) -> dict[str, float]:
        samples = Samples(points, None, torch.zeros(len(points), dtype=torch.int64))
        return metric(samples, samples, train=samples, validation=samples)

    plain = measure(gan.sample(1000, 0))
    chosen = measure(
        Rejection(burn_in=2000, quantile=0.8, temperature=1.0, attempts=1000)(gan, 1000, 0)
    )
    assert chosen["high_quality"] > plain["high_quality"] + 0.05
    said = succeed(
        tmp_path, "evaluate", f"ckpt={last}", "n=300", "repeats=1", "sampler=rejection", "out=."
    )
    results = json.loads((tmp_path / "metrics.json").read_text())
    assert results["sampler"]["_target_"] == "forger.samplers.rejection.Rejection"
    assert "candidates were accepted" in said


def test_the_line_of_a_sampler_of_ones_own_that_fails_is_told(forger: Forger, ckpt: Path) -> None:
    text = "class Own:\n    def __call__(self, gan, n, seed):\n        return gan.smaple(n)\n"
    Path("own_sampler.py").write_text(text)
    said = forger("sample", f"ckpt={ckpt}", "+sampler._target_=own_sampler.Own")
    assert said.endswith("'GAN' object has no attribute 'smaple' (own_sampler.py, line 3)\n")
