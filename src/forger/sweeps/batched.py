"""Many GANs of one architecture trained at once: each tensor of theirs is a slice of a larger one.

Every member is a run of its own, with its Lightning trainer, callbacks, optimizers and folder. Only
the arithmetic of Algorithm 1 is done for all of them together, by `torch.func.vmap`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar, cast

from pytorch_lightning import Trainer
from pytorch_lightning.core.optimizer import LightningOptimizer
from pytorch_lightning.utilities.exceptions import SIGTERMException
from torch import Tensor
from torch.utils._pytree import tree_map_only

from forger.gan import GAN
from forger.runs.checkpoints import add_configuration
from forger.sweeps.stack import Batch, BatchedRun, Stack
from forger.training.optimization import step_schedules
from forger.training.signals import Request, handled

T = TypeVar("T")


class BatchedRuns:
    """Runs of one architecture, each in a thread; of all threads one works at a time."""

    def __init__(self) -> None:
        # Members that wait for an update; None for each finished job.
        self.arrivals: SimpleQueue[BatchedRun | None] = SimpleQueue()
        self.stack: Stack | None = None
        self.begun = False
        self.request = Request()

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Do all jobs and return what they return.

        Members that are behind, after a kill, catch up with the others first. The first signal that
        asks for an end ends all runs after their current iteration, as it would end one. Raises
        what a job raised.
        """
        results: dict[int, T] = {}
        errors: list[BaseException] = []

        def work(number: int, job: Callable[[], T]) -> None:
            try:
                results[number] = job()
            except BaseException as error:
                errors.append(error)
            self.arrivals.put(None)

        def note(number: int, frame: object) -> None:
            if self.request.add(number):
                raise SystemExit(self.request.code)

        with handled(note):
            waiting: list[BatchedRun] = []
            for number, job in enumerate(jobs):
                # Daemons: a member that never gets its turn must not keep the process alive.
                Thread(target=work, args=(number, job), daemon=True).start()
                waiting += filter(None, [self.arrivals.get()])
            while waiting:
                # Members that are behind go first, until all are at the same update.
                step = min(member.gan.global_step for member in waiting)
                ready = [member for member in waiting if member.gan.global_step == step]
                self.update(ready)
                waiting = [member for member in waiting if member not in ready]
                for member in ready:
                    member.turn.release()
                    waiting += filter(None, [self.arrivals.get()])
        # The first error is the cause; others may follow from it.
        if errors:
            raise errors[0]
        return [results[number] for number in range(len(jobs))]

    def update(self, members: list[BatchedRun]) -> None:
        """One iteration of all these, which have come equally far."""
        try:
            if self.stack is None or self.stack.members != members:
                # Stacked again only when a member has ended: the copy is slower than an update.
                self.stack = Stack(members)
            self.stack.update([member.batch for member in members])
        except Exception as error:
            for member in members:
                member.error = error

    @contextmanager
    def member(self, trainer: Trainer, gan: GAN) -> Iterator[None]:
        """While this GAN is fitted, its updates are computed with those of the others."""
        member = BatchedRun(gan)
        # All members are at the same update, so one bar is enough.
        if self.begun and trainer.progress_bar_callback is not None:
            trainer.progress_bar_callback.disable()
        self.begun = True

        def training_step(batch: Batch) -> None:
            member.batch = batch
            self.arrivals.put(member)
            member.turn.acquire()
            if member.error is not None:
                raise member.error
            if self.request.code:
                # Lightning handles signals in the main thread only.
                trainer._signal_connector.received_sigterm = True
            # Steps without effect, for Lightning's hooks and its count of updates.
            trainer.strategy.optimizer_step(gan.optimizer_of("discriminator"), lambda: None)
            cast(list[LightningOptimizer], gan.optimizers())[0].step()
            step_schedules(gan)

        def on_save_checkpoint(checkpoint: dict[str, Any]) -> None:
            add_configuration(gan, checkpoint)
            # torch would save the whole tensor that a slice belongs to.
            checkpoint.update(tree_map_only(Tensor, Tensor.clone, dict(checkpoint)))

        gan.training_step = training_step
        gan.on_save_checkpoint = on_save_checkpoint
        try:
            yield
        except SIGTERMException:
            raise SystemExit(self.request.code) from None
