"""Stored configurations of earlier versions, as this version would have stored them."""

from typing import Any


def upgrade(config: Any) -> Any:
    """Rename and add, in place, what has changed since a configuration was stored; returns it.

    Up to 0.1.0 `torch.compile` and CUDA graphs were settings of the model, and there were no terms.
    What is not a configuration stays as it is: others refuse it.
    """
    if not isinstance(config, dict) or not isinstance(config.get("model"), dict):
        return config
    model = config["model"]
    callbacks = config.setdefault("callbacks", {})
    mode, graph = model.pop("compile", None), model.pop("graph", False)
    if isinstance(callbacks, dict) and mode:
        callbacks["compile"] = {"_target_": "forger.callbacks.compile.Compile", "mode": mode}
    if isinstance(callbacks, dict) and graph:
        callbacks["cuda_graph"] = {"_target_": "forger.callbacks.cuda_graph.CUDAGraph"}
    if "penalty" in config:
        config.setdefault("term", {})
    return config
