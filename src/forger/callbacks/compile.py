"""All networks compiled by torch.compile."""

from typing import Literal

import torch
from pytorch_lightning import Callback, Trainer

from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN
from forger.terms.path_length import PathLength


class Compile(Callback):
    """Compiles all networks by `torch.compile`, in place: names in checkpoints stay what they are.

    A network of one's own draws by torch: of numbers that Python's `random` draws in compiled code
    torch 2.14.1 makes others (`findings/torch_compiled_chance_is_another.sh`).
    mode: of `torch.compile`; "reduce-overhead" replays each network as CUDA graphs.
    Raises ForgerError for penalties and path length: compiled networks have no second derivative.
    """

    def __init__(self, mode: Literal["default", "reduce-overhead", "max-autotune"]) -> None:
        self.mode = mode

    def check(self, gan: GAN, data: InMemory) -> None:
        lengths = [name for name, term in gan.term.items() if isinstance(term, PathLength)]
        for part in [f"penalty.{n}" for n in gan.penalty] + [f"term.{n}" for n in lengths]:
            raise ForgerError(
                f"callbacks.compile does not work with {part}, since compiled networks have no"
                f" second derivative: give ~callbacks.compile or ~{part}"
            )

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        for network in gan.networks.values():
            network.compile(mode=self.mode)

    def on_train_batch_start(self, *_: object) -> None:
        # Outputs of the update before may be overwritten from here on.
        torch.compiler.cudagraph_mark_step_begin()
