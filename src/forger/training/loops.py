"""The loop of a run's updates."""

from pytorch_lightning import Trainer
from pytorch_lightning.loops.fit_loop import _FitLoop
from pytorch_lightning.loops.progress import _ReadyCompletedTracker

from forger.data.minibatches import Minibatches


class FitLoop(_FitLoop):
    """Lightning's loop, for runs that were killed at any moment.

    Lightning skips the end of training if no update is left, so nothing would be measured or saved.
    What Lightning counts in a run resumed from a checkpoint depends on the moment it was saved at:
    an epoch may be counted twice or not at all, and its examples may come again.
    """

    @property
    def skip(self) -> bool:
        return super().skip and not (self.done and self.trainer.global_step > 0)

    def run(self) -> None:
        self.setup_data()
        if self.is_resuming:
            self.restore_counters()
        super().run()

    def restore_counters(self) -> None:
        """Set the counters of a checkpoint to what a run that was never interrupted has there."""
        batches = self.epoch_loop.batch_progress
        self.tell_seed()
        # Epochs that are over, and iterations since.
        epochs = self.epoch_progress.current.processed  # pyright: ignore
        iterations = self.resized() or batches.current.processed  # pyright: ignore
        within = self.epoch_progress.current.started > epochs  # pyright: ignore
        if iterations >= self.max_batches:
            epochs, iterations = epochs + within, 0
        elif iterations > 0 and not within:
            # The run ended within an epoch, which goes on.
            epochs -= 1
        begun = epochs + (iterations > 0)
        self.count_epochs(begun, epochs)
        batches.is_last_batch = False
        if self.done:
            # The end of a run ends its epoch, and nothing follows the last iteration.
            self.count_epochs(begun, begun)
            iterations = batches.current.processed  # pyright: ignore
            batches.is_last_batch = iterations >= self.max_batches
        total = batches.total.processed  # pyright: ignore
        set_counter(batches.total, total, total)
        set_counter(batches.current, iterations, iterations)
        self.epoch_loop._batches_that_stepped = total
        # Lightning decides again whether an epoch goes on.
        self.restarting = True

    def resized(self) -> int:
        """The iterations of this epoch that would be over with minibatches of a size that changed.

        0 if it did not change.
        """
        (data,) = self._combined_loader.flattened  # pyright: ignore
        if not isinstance(data, Minibatches) or data.joint_size == data.former_size:
            return 0
        if self.trainer.is_global_zero:
            print(
                f"data     an iteration takes {data.joint_size} examples, and took"
                f" {data.former_size}: their order goes on after {data.taken:,} of"
                f" {len(data.split.examples):,} in this epoch"
            )
        return len(data) - data.left

    def tell_seed(self) -> None:
        """Say so if a seed that changed does not order this epoch yet."""
        (data,) = self._combined_loader.flattened  # pyright: ignore
        if not isinstance(data, Minibatches) or data.seed == data.epoch_seed:
            return
        if data.left and self.trainer.is_global_zero:
            print(
                f"data     data.seed is {data.seed}, and was {data.epoch_seed}: it orders the"
                " epochs after this one, so that no example comes twice in it"
            )

    def _load_combined_loader_states(self) -> None:
        # Lightning leaves the position in the data out where an epoch is over.
        if self._combined_loader is not None and self._combined_loader_states_to_load:
            self._combined_loader._load_state_dicts(self._combined_loader_states_to_load)
            self._combined_loader_states_to_load = []

    def count_epochs(self, begun: int, over: int) -> None:
        set_counter(self.epoch_progress.total, begun, over)
        set_counter(self.epoch_progress.current, begun, over)


def set_counter(counter: _ReadyCompletedTracker, begun: int, over: int) -> None:
    counter.load_state_dict(
        {"ready": begun, "started": begun, "processed": over, "completed": over}
    )


def replace_fit_loop(trainer: Trainer) -> None:
    """Give a trainer this loop: Lightning has no argument for it."""
    trainer.fit_loop.__class__ = FitLoop
