"""Rules for settings of Lightning's trainer that have no use with two optimizers."""

from collections.abc import Iterator
from typing import Any

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
# Settings of the trainer that Forger sets, and what to give instead.
SET_BY_FORGER = {
    "callbacks": "choose them by callbacks=[...]",
    "logger": "choose it by logger=...",
    "default_root_dir": "give name=... or hydra.run.dir=...",
    "enable_checkpointing": "give ~callbacks.checkpoint",
}
NO_VALIDATION = "there is no validation loop; give callbacks.measure.every_n_updates instead"
EPOCHS = "give trainer.max_steps to end a run, or a smaller data set by settings of its own"
# Settings without effect: values that mean "off", and what to give instead.
WITHOUT_EFFECT = {
    "gradient_clip_algorithm": ([None], "give +callbacks=gradient_clipping"),
    "limit_train_batches": ([None, 1.0], EPOCHS),
    "overfit_batches": ([0, 0.0], EPOCHS),
    "limit_val_batches": ([None, 0, 1.0], NO_VALIDATION),
    "limit_test_batches": ([None, 0, 1.0], NO_VALIDATION),
    "limit_predict_batches": ([None, 0, 1.0], NO_VALIDATION),
    "val_check_interval": ([None, 1.0], NO_VALIDATION),
    "check_val_every_n_epoch": ([None, 1], NO_VALIDATION),
    "num_sanity_val_steps": ([None, 0], NO_VALIDATION),
    "reload_dataloaders_every_n_epochs": ([0], "remove it, since the data stay in memory"),
    "fast_dev_run": ([False, 0], "give debug=smoke"),
    "barebones": ([False], "choose callbacks=[...] and ~logger"),
}

# Settings that Lightning takes as numbers too, and fails on once the run trains.
TEXTS = {
    "profiler": "simple, advanced or pytorch",
    "max_time": "days, hours, minutes and seconds, such as 00:02:30:00",
}


def trainer_errors(trainer: Any) -> Iterator[str]:
    """Faults in settings of the trainer."""
    if not isinstance(trainer, dict):
        return
    for name, instead in SET_BY_FORGER.items():
        if name in trainer:
            yield f"trainer.{name} is set by Forger: {instead}"
    yield from length_errors(trainer)
    if trainer.get("gradient_clip_val"):
        yield "trainer.gradient_clip_val clips one optimizer: give +callbacks=gradient_clipping"
    if trainer.get("accumulate_grad_batches", 1) != 1:
        yield (
            "trainer.accumulate_grad_batches must be removed: raise data.batch_size, and give"
            " model=accumulated_gradients if so many examples do not fit in memory at once"
        )
    for name, (neutral, instead) in WITHOUT_EFFECT.items():
        if name in trainer and not any(same_setting(trainer[name], value) for value in neutral):
            yield f"trainer.{name} (={trainer[name]}) has no effect here: {instead}"
    name = strategy = trainer.get("strategy")
    if isinstance(strategy, dict) and not strategy.get("find_unused_parameters"):
        name = strategy.get("_target_")
    if name in ("ddp", "pytorch_lightning.strategies.DDPStrategy"):
        yield (
            f"trainer.strategy (={name}) needs the gradients of all parameters at once, but each"
            " update has those of one network: give trainer=ddp, or ddp_find_unused_parameters_true"
        )
    for name, what in TEXTS.items():
        if isinstance(value := trainer.get(name), int | float | list):
            yield f"trainer.{name} (={value}) must be {what}"
    every = trainer.get("log_every_n_steps")
    if isinstance(every, int) and every < 1:
        yield f"trainer.log_every_n_steps (={every}) must be at least 1 update"
    precision = trainer.get("precision", "32-true")
    on_cpu = trainer.get("accelerator") == "cpu"
    if precision not in PRECISIONS or (precision == "16-mixed" and on_cpu):
        yield (
            f"trainer.precision (={precision}) must be 32-true, bf16-mixed or, on a GPU, 16-mixed"
        )


def length_errors(trainer: dict) -> Iterator[str]:
    """Faults in the settings that say when a run ends."""
    # -1 means no limit: at least one of the two must end the run.
    lengths = [trainer.get(name, -1) for name in ("max_steps", "max_epochs")]
    if 0 in lengths or lengths == [-1, -1]:
        yield "trainer.max_steps or trainer.max_epochs must be at least 1, the other one may be -1"
    for least, most in (("min_steps", "max_steps"), ("min_epochs", "max_epochs")):
        first, last = trainer.get(least), trainer.get(most, -1)
        if isinstance(first, int) and isinstance(last, int) and first > last >= 0:
            yield f"trainer.{least} (={first}) must be at most trainer.{most} (={last})"


def same_setting(one: Any, other: Any) -> bool:
    """Whether two values mean the same to Lightning: 1 is one batch, and 1.0 all of them."""
    return one == other and (one != 1 or type(one) is type(other))


def graph_errors(trainer: Any, callbacks: Any, terms: Any) -> Iterator[str]:
    """What would end or prevent the capture of an iteration as a CUDA graph."""
    if not isinstance(trainer, dict) or not isinstance(callbacks, dict):
        return
    targets = {name: n.get("_target_") for name, n in callbacks.items() if isinstance(n, dict)}
    by_target = {target: f"callbacks.{name}" for name, target in targets.items()}
    graph = by_target.get("forger.callbacks.cuda_graph.CUDAGraph")
    if graph is None:
        return
    alone = {"accelerator": "gpu", "devices": 1, "num_nodes": 1, "strategy": "auto"}
    if any(trainer.get(name, value) != value for name, value in alone.items()):
        yield f"{graph} needs one GPU: give trainer=graph, or ~{graph}"
    # For one, the numbers of a captured iteration stay those of its capture.
    for other in ("anneal.Anneal", "compile.Compile"):
        if name := by_target.get(f"forger.callbacks.{other}"):
            yield f"{graph} does not work with {name}: give ~{name}"
    if trainer.get("precision") == "16-mixed":
        # The scale of the loss is decided in Python, at each step.
        yield f"{graph} does not work with trainer.precision (=16-mixed): give bf16-mixed"
    if trainer.get("detect_anomaly"):
        yield f"{graph} does not work with trainer.detect_anomaly: give ~trainer.detect_anomaly"
    every = trainer.get("log_every_n_steps")
    if isinstance(every, int) and every < 2:
        yield f"trainer.log_every_n_steps must be at least 2, or {graph} has nothing to replay"
    curves = callbacks.get("curves")
    looks = curves.get("every_n_updates") if isinstance(curves, dict) else None
    if isinstance(every, int) and isinstance(looks, int) and every > 0 and looks % every:
        yield (
            f"callbacks.curves.every_n_updates (={looks}) must be a multiple of"
            f" trainer.log_every_n_steps (={every}): {graph} shows gradients only then"
        )
    transport = terms.get("transport") if isinstance(terms, dict) else None
    if isinstance(transport, dict) and transport.get("updates") is not None:
        # Its weight is computed in Python, at each update.
        yield f"{graph} does not work with a weight that falls: give term.transport.updates=null"
