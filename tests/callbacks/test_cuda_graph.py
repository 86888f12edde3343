"""An iteration as one CUDA graph."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig
from pytorch_lightning import Callback, Trainer
from torch import Tensor
from torch.optim.lr_scheduler import ExponentialLR
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

from forger.augment import Translation
from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.cuda_graph import WARM_UP, CUDAGraph
from forger.callbacks.curves import Curves
from forger.callbacks.gradient_clipping import GradientClipping
from forger.callbacks.weight_clipping import WeightClipping
from forger.config.schema import check
from forger.config.settings import Train
from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from forger.gan import GAN
from forger.penalties import R1, R2
from forger.schedules import Goodfellow2014
from tiny import composed, make_gan, networks, same, train

UPDATES = 24
BOTH = ("generator", "discriminator")
SGD = dict.fromkeys(BOTH, partial(torch.optim.SGD, lr=0.1, momentum=0.5, fused=True))


class Recorded(TorchDispatchMode):
    """What CUDA does with a graph, on the CPU: each operation is noted and has no effect, until
    all of them are done again, on the memory that they were captured with."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[Any, Any, Any, list[Tensor]]] = []
        self.before: dict[int, tuple[Tensor, Tensor]] = {}
        self.replays = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        for tensor in tree_flatten((args, kwargs))[0]:
            if isinstance(tensor, Tensor):
                memory = tensor.untyped_storage().data_ptr()
                self.before.setdefault(memory, (tensor.detach(), tensor.detach().clone()))
        out = function(*args, **kwargs)
        outs = [tensor for tensor in tree_flatten(out)[0] if isinstance(tensor, Tensor)]
        if function is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("a graph waits for nothing")
        held = tree_map_only(Tensor, Tensor.detach, (args, kwargs))
        self.operations.append((function, *held, [tensor.detach() for tensor in outs]))
        return out

    def replay(self) -> None:
        self.replays += 1
        # Each was noted with the precision that it has.
        with torch.no_grad(), torch.autocast("cpu", enabled=False):
            for function, args, kwargs, outs in self.operations:
                again = tree_flatten(function(*args, **kwargs))[0]
                for old, new in zip(outs, [t for t in again if isinstance(t, Tensor)], strict=True):
                    old.copy_(new)


class Stream:
    def wait_stream(self, other: object) -> None:
        pass


@contextmanager
def capture(graph: Recorded, stream: Stream) -> Iterator[None]:
    state = torch.get_rng_state()
    with graph:
        yield
    torch.set_rng_state(state)
    with torch.no_grad():
        for tensor, value in graph.before.values():
            tensor.copy_(value)


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    """The graphs that are captured, by CUDA's stand-in."""
    made: list[Recorded] = []

    def make() -> Recorded:
        made.append(Recorded())
        return made[-1]

    monkeypatch.setattr(torch.cuda, "CUDAGraph", make)
    monkeypatch.setattr(torch.cuda, "graph", capture)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", nullcontext)
    return made


def gan_of(**settings: Any) -> GAN:
    adam = partial(torch.optim.Adam, lr=0.01, fused=True)
    defaults = {
        **networks(),
        "optimizer": dict.fromkeys(BOTH, adam),
        "schedule": dict.fromkeys(BOTH, partial(ExponentialLR, gamma=0.9)),
        "k": 2,
        "ema_halflife": 10,
    }
    return make_gan(**(defaults | settings))


def smooth() -> dict[str, Any]:
    return networks(batch_norm=False, dropout=0.0)


class Lasts(Callback):
    """What callbacks see of each update."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Tensor]] = []
        self.calls: list[int] = []

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        self.seen.append(gan.last.copy())
        for callback in trainer.callbacks:  # pyright: ignore
            if isinstance(callback, CUDAGraph):
                self.calls = [graph.calls for graph in callback.graphs.values()]


def run(
    folder: Path, gan: GAN, every: int, graph: bool = True, **settings: Any
) -> tuple[Trainer, Lasts]:
    """Train with all that goes along; the last update of each logging interval is not replayed."""
    lasts = Lasts()
    callbacks = [GradientClipping(0.1, 0.1), WeightClipping(0.3), Curves(10), lasts]
    callbacks += [CUDAGraph()] if graph else []
    trainer = train(folder, gan, UPDATES, callbacks, log_every_n_steps=every, **settings)
    assert trainer.global_step == UPDATES
    return trainer, lasts


def curves(trainer: Trainer) -> dict[str, Tensor]:
    values = trainer.callback_metrics
    return {name: values[name] for name in values if not name.startswith("time/")}


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_replayed_iteration_is_the_iteration(
    tmp_path: Path, graphs: list[Recorded], precision: str
) -> None:
    plain, captured = gan_of(), gan_of()
    one, seen = run(tmp_path, plain, every=1, precision=precision)
    other, seen_too = run(tmp_path, captured, every=10, precision=precision)
    assert [graph.replays for graph in graphs] == [0, UPDATES - WARM_UP - UPDATES // 10]
    assert same(dict(plain.state_dict()), dict(captured.state_dict()))
    assert same(seen.seen, seen_too.seen)
    assert same(curves(one), curves(other))
    assert "training/grad_generator" in curves(other)


def test_a_second_training_captures_anew(tmp_path: Path, graphs: list[Recorded]) -> None:
    gan, again = gan_of(), gan_of()
    run(tmp_path, gan, every=10)
    assert gan.algorithm_1.__func__ is GAN.algorithm_1
    run(tmp_path, gan, every=10)
    for _ in range(2):
        run(tmp_path, again, every=1)
    assert [graph.replays > 0 for graph in graphs] == [True, True, False, False]
    assert same(dict(gan.state_dict()), dict(again.state_dict()))


def test_a_graph_follows_what_is_frozen_meanwhile(tmp_path: Path, graphs: list[Recorded]) -> None:
    class Freeze(Callback):
        def on_train_batch_start(self, trainer: Trainer, gan: GAN, *_: object) -> None:
            if trainer.global_step == 12:
                gan.discriminator.get_submodule("layers.2").requires_grad_(False)

    plain, captured = gan_of(**smooth()), gan_of(**smooth())
    for gan, graph in ((plain, []), (captured, [CUDAGraph()])):
        train(tmp_path, gan, UPDATES, [Freeze(), *graph], log_every_n_steps=100)
    assert [graph.replays > 0 for graph in graphs] == [True, True]
    torch.testing.assert_close(dict(captured.state_dict()), dict(plain.state_dict()))


class Fault(Callback):
    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        if trainer.global_step == UPDATES - 1:
            raise InterruptedError


def test_a_training_that_failed_leaves_the_next_no_graph(
    tmp_path: Path, graphs: list[Recorded]
) -> None:
    gan, again = gan_of(), gan_of()
    for trained, every in ((gan, 10), (again, 1)):
        with pytest.raises(InterruptedError):
            train(tmp_path, trained, UPDATES, [CUDAGraph(), Fault()], log_every_n_steps=every)
        run(tmp_path, trained, every)
    assert [graph.replays > 0 for graph in graphs] == [True, True, False, False]
    assert same(dict(gan.state_dict()), dict(again.state_dict()))


def test_its_rates_are_those_that_python_would_read(tmp_path: Path, graphs: list[Recorded]) -> None:
    # Not with batch normalisation: before it biases have no gradient but rounding, of which Adam
    # makes full steps.
    usual, captured = gan_of(**smooth()), gan_of(**smooth())
    run(tmp_path, usual, every=10, graph=False)
    run(tmp_path, captured, every=10)
    assert len(graphs) == 1
    torch.testing.assert_close(dict(captured.state_dict()), dict(usual.state_dict()))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_lazy_penalty_has_a_graph_of_its_own(
    tmp_path: Path, graphs: list[Recorded], precision: str
) -> None:
    plain, captured = (
        gan_of(penalty={"r1": R1(gamma=1.0, every=3), "r2": R2(gamma=1.0, every=1)}, **smooth())
        for _ in range(2)
    )
    run(tmp_path, plain, every=1, precision=precision)
    run(tmp_path, captured, every=10, precision=precision)
    assert [graph.replays > 0 for graph in graphs] == [False, False, True, True]
    assert same(dict(plain.state_dict()), dict(captured.state_dict()))


def test_a_graph_follows_a_momentum_that_is_scheduled(
    tmp_path: Path, graphs: list[Recorded]
) -> None:
    ramp = partial(Goodfellow2014, decay=1.01, min_lr=1e-3, momentum=(0.5, 0.7), ramp=(6, 8))
    plain, captured = (gan_of(optimizer=SGD, schedule=dict.fromkeys(BOTH, ramp)) for _ in range(2))
    run(tmp_path, plain, every=1)
    graphs.clear()
    run(tmp_path, captured, every=10)
    # With a momentum of 0.5, on the way, and with 0.7.
    assert [graph.replays for graph in graphs] == [4, 0, 11]
    assert same(dict(plain.state_dict()), dict(captured.state_dict()))


def test_a_momentum_that_is_constant_within_an_epoch_is_captured_once_in_each(
    tmp_path: Path, graphs: list[Recorded]
) -> None:
    ramp = partial(
        Goodfellow2014, decay=1.01, min_lr=1e-3, momentum=(0.5, 0.7), ramp=(0, 240), epoch=12
    )
    run(tmp_path, gan_of(optimizer=SGD, schedule=dict.fromkeys(BOTH, ramp)), every=12)
    # Less the warm-up, and the update that callbacks look at.
    assert [graph.replays for graph in graphs] == [12 - WARM_UP - 1] * 2


def test_a_momentum_that_an_optimizer_does_not_know_is_not_followed(
    tmp_path: Path, graphs: list[Recorded]
) -> None:
    ramp = partial(Goodfellow2014, decay=1.01, min_lr=1e-3, momentum=(0.5, 0.7), ramp=(6, 8))
    run(tmp_path, gan_of(schedule=dict.fromkeys(BOTH, ramp)), every=10)
    assert [graph.replays > 0 for graph in graphs] == [True]


def test_a_run_goes_on_as_if_it_had_not_been_cut(tmp_path: Path, graphs: list[Recorded]) -> None:
    whole, cut, resumed, usual = (gan_of(**smooth()) for _ in range(4))
    run(tmp_path, whole, every=10)
    keep = Checkpoint(7, None, keep_all=False)
    train(tmp_path, cut, 14, [GradientClipping(0.1, 0.1), WeightClipping(0.3), keep, CUDAGraph()])
    last = tmp_path / "checkpoints" / "last.ckpt"
    run(tmp_path, resumed, every=10, ckpt=last)
    assert len(graphs) == 3
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
    # And without graphs, but for the rounding of rates.
    run(tmp_path, usual, every=10, graph=False, ckpt=last)
    torch.testing.assert_close(dict(usual.state_dict()), dict(whole.state_dict()))


def test_optimizers_that_read_their_rate_in_python_are_refused(tmp_path: Path) -> None:
    adam = partial(torch.optim.Adam, lr=0.01)
    gan = gan_of(optimizer={"generator": adam, "discriminator": adam})
    with pytest.raises(ForgerError, match="needs fused optimizers"):
        train(tmp_path, gan, 1, [CUDAGraph()])


def dry_run_checked(config: DictConfig) -> None:
    check(config, Train)
    dry_run(config)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["trainer=graph", "trainer.accelerator=cpu"], "cuda_graph needs one GPU: give trainer="),
        (["trainer=graph", "trainer.devices=2"], "callbacks.cuda_graph needs one GPU"),
        (["trainer=graph", "trainer.precision=16-mixed"], "16-mixed\\): give bf16-mixed"),
        (["trainer=graph", "+trainer.num_nodes=2"], "callbacks.cuda_graph needs one GPU"),
        (["trainer=graph", "+trainer.strategy=ddp"], "callbacks.cuda_graph needs one GPU"),
        (["trainer=graph", "+trainer.detect_anomaly=true"], "with trainer.detect_anomaly: give"),
        (["trainer=graph", "trainer.log_every_n_steps=1"], "nothing to replay"),
        (["trainer=graph", "+term=transport"], "does not work with a weight that falls"),
        (["trainer=graph", "callbacks.curves.every_n_updates=75"], "be a multiple of"),
        (
            ["trainer=graph", "trainer.log_every_n_steps=two"],
            r"log_every_n_steps \(=two\) should be",
        ),
        (
            ["trainer=graph", "+callbacks=compile"],
            "cuda_graph does not work with callbacks.compile",
        ),
    ],
)
def test_what_no_graph_follows_is_refused(settings: list[str], said: str) -> None:
    config = composed(*settings)
    with pytest.raises(ForgerError, match=said):
        dry_run_checked(config)


KINDS: dict[str, dict[str, Any]] = {
    "adam": smooth(),
    "sgd": {**smooth(), "optimizer": SGD},
    "lazy": {**smooth(), "penalty": {"r1": R1(gamma=1.0, every=3)}},
    "augmented": {**smooth(), "augment": {"translation": Translation(0.25)}},
    "batch norm and dropout": {},
}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU: the graph is real there")
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS.keys())
def test_on_a_gpu_a_replayed_iteration_is_the_iteration(
    tmp_path: Path, settings: dict[str, Any], precision: str
) -> None:
    plain, captured = (gan_of(**copy.deepcopy(settings)) for _ in range(2))
    run(tmp_path, plain, every=1, precision=precision, accelerator="gpu")
    _, lasts = run(tmp_path, captured, every=10, precision=precision, accelerator="gpu")
    assert min(lasts.calls) > WARM_UP
    assert same(dict(captured.state_dict()), dict(plain.state_dict()))
