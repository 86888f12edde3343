"""The best state of a run, by a metric."""

from typing import Any

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor


class Best(ModelCheckpoint):
    """Lightning's, for run folders that move and generators that break.

    A run goes on with the best that it had, also where its folder has been moved or copied to;
    Lightning's would take the next state for better. A value that is not finite is no best one, not
    even as the first.
    """

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        before, now = str(state_dict["dirpath"]), str(self.dirpath)

        def moved(path: str) -> str:
            return now + path[len(before) :] if path.startswith(before) else path

        names = ("dirpath", "best_model_path", "kth_best_model_path", "last_model_path")
        paths = {name: moved(str(state_dict[name])) for name in names}
        scores = {moved(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict(state_dict | paths | {"best_k_models": scores})

    def check_monitor_top_k(self, trainer: Trainer, current: Tensor | None = None) -> bool:
        finite = current is not None and bool(current.isfinite())
        return finite and super().check_monitor_top_k(trainer, current)
