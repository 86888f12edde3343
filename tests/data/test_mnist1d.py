from typing import Any

import numpy as np
import pytest
import torch

from forger.data.mnist1d import MNIST1D, TEMPLATES
from forger.errors import ForgerError

# Without chance, each signal is the stroke of its digit.
STILL = {"padding": [60, 60], "scale": 0, "max_translation": 1, "correlated_noise": 0, "noise": 0}


def make(**settings: Any) -> MNIST1D:
    usual: dict[str, Any] = {"padding": [36, 60], "scale": 0.4, "max_translation": 48}
    usual |= {"correlated_noise": 0.25, "noise": 0.02, "shear": 0.75}
    usual |= {"size": 500, "shape": [40], "batch_size": 8, "seed": 0, "classes": 10}
    data = MNIST1D(**(usual | settings))
    data.setup()
    return data


def normal(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / x.std()


def test_without_chance_a_signal_is_the_stroke_of_its_digit() -> None:
    signals, labels = make(**STILL, shear=0, size=10).splits["train"]
    assert sorted(labels.tolist()) == list(range(10))
    expected = []
    for label in labels:
        heights = normal(np.array(TEMPLATES[label], float))
        padded = np.concatenate([(heights - heights[0]) / 6, np.zeros(60)])
        expected.append(np.interp(np.linspace(0, 71, 40), np.arange(72), padded))
    np.testing.assert_allclose(signals, normal(np.array(expected)), atol=1e-5)


def test_a_translation_moves_the_stroke_in_a_circle() -> None:
    still, moved = (
        make(**(STILL | {"max_translation": m}), shear=0, shape=[72]).splits["train"].examples
        for m in (1, 48)
    )
    shifts = [
        next((k for k in range(48) if torch.allclose(a.roll(k), b, atol=1e-5)), None)
        for a, b in zip(still, moved, strict=True)
    ]
    assert None not in shifts
    assert len(set(shifts)) > 40


def test_a_shear_adds_a_line() -> None:
    still, sheared = (make(**STILL, shear=s).splits["train"].examples for s in (0, 0.75))
    # Up to the scale of each split: the second difference of a line is 0.
    ratio = sheared.diff(n=2, dim=1).std() / still.diff(n=2, dim=1).std()
    expected = ratio * still.diff(n=2, dim=1)
    torch.testing.assert_close(sheared.diff(n=2, dim=1), expected, atol=1e-4, rtol=1e-3)


def test_noise_is_smooth_around_the_stroke_and_all_splits_differ() -> None:
    data = make(noise=0)
    train, test = data.splits["train"].examples, data.splits["test"].examples
    assert train.dtype == torch.float32
    assert train.mean().abs() < 1e-5
    assert train.std(correction=0).item() == pytest.approx(1, abs=1e-5)
    assert not torch.equal(train, test)
    rough = make(correlated_noise=0, noise=0.25).splits["train"].examples
    assert train.diff(dim=1).std() < 0.7 * rough.diff(dim=1).std()


def test_a_padding_that_is_no_interval_is_refused() -> None:
    with pytest.raises(ForgerError, match="padding"):
        make(padding=[60, 36])
