import logging
import os
import threading
import warnings
import weakref
from collections.abc import Iterator
from functools import partial

import pytest
import torch

from forger.sweeps.isolation import isolated

# What there is of the process that a job may change: a way to look at it, and one to change it.
HABITS = {
    "threads": (torch.get_num_threads, lambda: torch.set_num_threads(3)),
    "type": (torch.get_default_dtype, lambda: torch.set_default_dtype(torch.float64)),
    "precision": (
        torch.get_float32_matmul_precision,
        lambda: torch.set_float32_matmul_precision("medium"),
    ),
    "determinism": (
        torch.are_deterministic_algorithms_enabled,
        lambda: torch.use_deterministic_algorithms(True),
    ),
    "benchmark": (
        lambda: torch.backends.cudnn.benchmark,
        lambda: setattr(torch.backends.cudnn, "benchmark", True),
    ),
    "gradients": (torch.is_grad_enabled, lambda: torch.set_grad_enabled(False)),
    "random state": (lambda: torch.get_rng_state().tolist(), lambda: torch.rand(1)),
    "hook of threads": (
        lambda: threading.excepthook,
        lambda: setattr(threading, "excepthook", print),
    ),
    "warnings": (lambda: list(warnings.filters), lambda: warnings.simplefilter("error")),
    "handlers": (
        lambda: list(logging.getLogger().handlers),
        lambda: logging.getLogger().addHandler(logging.NullHandler()),
    ),
    "level": (
        lambda: logging.getLogger("forger.new").getEffectiveLevel(),
        lambda: logging.getLogger("forger.new").setLevel(1),
    ),
    "environment": (lambda: dict(os.environ), lambda: os.environ.update(FORGER_TEST="1")),
}


@pytest.fixture(autouse=True)
def _untouched() -> Iterator[None]:
    with isolated():
        yield


@pytest.mark.parametrize(("look", "change"), HABITS.values(), ids=HABITS.keys())
@pytest.mark.parametrize("fails", [False, True])
def test_what_a_job_changes_is_as_before_after_it(look, change, fails: bool) -> None:
    before = look()
    try:
        with isolated():
            change()
            assert look() != before
            if fails:
                raise OSError
    except OSError:
        assert fails
    assert look() == before


@pytest.mark.parametrize(
    "mode",
    [
        torch.no_grad,
        torch.inference_mode,
        partial(torch.device, "meta"),
        partial(torch.autocast, "cpu", dtype=torch.bfloat16),
    ],
)
def test_a_job_has_plain_torch_whatever_the_caller_has(mode) -> None:
    torch.set_default_dtype(torch.float64)
    with mode():
        before = torch.ones(2, 2) @ torch.ones(2, 2)
        with isolated():
            weights = torch.ones(2, 2, requires_grad=True)
            product = weights @ weights
            assert (product.dtype, product.device.type) == (torch.float32, "cpu")
            product.sum().backward()
        after = torch.ones(2, 2) @ torch.ones(2, 2)
    same = [(x.dtype, x.device, x.is_inference()) for x in (before, after)]
    assert same[0] == same[1]


class Circle:
    """An object that only a collection frees."""

    def __init__(self) -> None:
        self.me = self


def test_memory_is_free_after_a_job_also_of_one_that_failed_while_its_error_is_kept() -> None:
    circles, kept = [], []

    def job(fails: bool) -> None:
        circle = Circle()
        circles.append(weakref.ref(circle))
        if fails:
            raise OSError

    for fails in (False, True):
        try:
            with isolated():
                job(fails)
        except OSError as error:
            kept.append(error)
    assert len(kept) == 1
    assert [circle() for circle in circles] == [None, None]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU: its memory is looked at")
def test_the_memory_of_a_gpu_is_free_after_a_job() -> None:
    free = torch.cuda.memory_reserved()
    with isolated():
        circle = Circle()
        circle.weights = torch.zeros(2**24, device="cuda")  # pyright: ignore
        assert torch.cuda.memory_reserved() > free
        del circle
    assert torch.cuda.memory_reserved() == free
