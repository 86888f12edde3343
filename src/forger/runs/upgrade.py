"""Configurations that earlier versions stored, as this version would have stored them."""

from typing import Any

FOLLOWERS = ("forger.callbacks.best.Best", "forger.callbacks.early_stopping.EarlyStopping")
# Settings of Lightning's ModelCheckpoint, whose child Best was.
OF_MODEL_CHECKPOINT = ("every_n_train_steps", "save_on_train_epoch_end", "enable_version_counter")
# The objective of every run of version 0.1.0.
OBJECTIVE = "metric/fid"


def upgrade(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration without removed settings, and with new ones.

    Up to version 0.1.0 `data.per_iteration` was `model.k` a second time, and the callbacks that
    follow `objective` named the curve themselves and had more settings; `torch.compile` and CUDA
    graphs were settings of the model, a run had one logger, there were no terms, and no run started
    from another one.
    """
    data, callbacks = config.get("data"), config.get("callbacks")
    if isinstance(data, dict) and "per_iteration" in data:
        config = config | {"data": {k: v for k, v in data.items() if k != "per_iteration"}}
    if "objective" not in config:
        config = {"objective": OBJECTIVE} | config
        if isinstance(callbacks, dict):
            config["callbacks"] = {name: follow(node) for name, node in callbacks.items()}
    if isinstance(logger := config.get("logger"), dict) and "_target_" in logger:
        config = config | {"logger": {"tensorboard": logger}}
    return {"term": {}, "start": None} | with_callbacks(config)


def with_callbacks(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration with callbacks in place of the model's settings `compile` and `graph`."""
    model, callbacks = config.get("model"), config.get("callbacks") or {}
    if not isinstance(model, dict) or not {"compile", "graph"} & model.keys():
        return config
    new = dict(callbacks) if isinstance(callbacks, dict) else {}
    if mode := model.get("compile"):
        new["compile"] = {"_target_": "forger.callbacks.compile.Compile", "mode": mode}
    if model.get("graph"):
        new["cuda_graph"] = {"_target_": "forger.callbacks.cuda_graph.CUDAGraph"}
    rest = {name: value for name, value in model.items() if name not in ("compile", "graph")}
    return config | {"model": rest, "callbacks": new}


def follow(callback: Any) -> Any:
    """A callback's node whose curve is `objective`, if it named what that was."""
    if not isinstance(callback, dict) or callback.get("_target_") not in FOLLOWERS:
        return callback
    kept = {name: value for name, value in callback.items() if name not in OF_MODEL_CHECKPOINT}
    if kept.get("monitor") == OBJECTIVE:
        kept["monitor"] = "${objective}"
    return kept
