"""Forger from Python: what the command line does, with errors in place of exits.

    run = forger.train("experiment=ring", "model.k=2")

See `forger.api`, which is imported when something of it is asked for, and torch with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forger.api import Run, compose, load, train
    from forger.errors import ForgerError

__all__ = ["ForgerError", "Run", "compose", "load", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'forger' has no attribute '{name}'")
    return getattr(import_module(f"forger.{'errors' if name == 'ForgerError' else 'api'}"), name)
