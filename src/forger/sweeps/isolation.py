"""Isolation of jobs that run one after another in one process."""

import gc
import logging
import os
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

# How each part of torch's state is read and set.
TORCH_STATE: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    (torch.get_rng_state, torch.set_rng_state),
)


@contextmanager
def plain_torch() -> Iterator[None]:
    """Torch as a new process has it, whatever types, devices and modes a caller has set."""
    dtype = torch.get_default_dtype()
    modes = [torch.inference_mode(False), torch.enable_grad()]
    # Each call of torch takes longer under a default device.
    modes += [torch.device("cpu")] if torch.get_default_device().type != "cpu" else []
    kinds = filter(torch.is_autocast_enabled, ("cpu", "cuda"))
    modes += [torch.autocast(kind, enabled=False) for kind in kinds]
    torch.set_default_dtype(torch.float32)
    try:
        with ExitStack() as stack:
            for mode in modes:
                stack.enter_context(mode)
            yield
    finally:
        torch.set_default_dtype(dtype)


@contextmanager
def isolated() -> Iterator[None]:
    """Restore all process state that a job may change, and free its memory.

    The job has `plain_torch`, and what that restores. Other state is torch's threads, precision,
    determinism and random state; warning filters, loggers, the hook of threads' errors, and
    environment variables. A trainer, its GAN and its data refer to each other in circles: only a
    collection frees them, and it would come some jobs later. So would a failed job's, whose
    exception Hydra keeps until the end of the sweep.
    """
    undo = [(put, get()) for get, put in TORCH_STATE]
    cudnn = {name: getattr(torch.backends.cudnn, name) for name in ("benchmark", "deterministic")}
    logs = {logger: (logger.level, logger.propagate, [*logger.handlers]) for logger in loggers()}
    environment, hook = dict(os.environ), threading.excepthook
    try:
        with warnings.catch_warnings(), plain_torch():
            yield
    except Exception as error:
        # The frames hold the trainer and its data on the device.
        traceback.clear_frames(error.__traceback__)
        raise
    finally:
        for put, state in undo:
            put(state)
        for name, state in cudnn.items():
            setattr(torch.backends.cudnn, name, state)
        for logger in loggers():
            level, propagate, handlers = logs.get(logger, (logging.NOTSET, True, []))
            logger.setLevel(level)
            logger.propagate, logger.handlers = propagate, handlers
        threading.excepthook = hook
        os.environ.clear()
        os.environ.update(environment)
        gc.collect()
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()


def loggers() -> list[logging.Logger]:
    return [logging.getLogger(), *map(logging.getLogger, list(logging.Logger.manager.loggerDict))]
