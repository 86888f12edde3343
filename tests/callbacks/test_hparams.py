import json
from pathlib import Path

import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.data.provider import ListHyperparametersResult
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

from forger.callbacks.curves import Curves
from forger.callbacks.hparams import HParams
from forger.runs.loggers import TensorBoard
from tiny import events, make_gan, start, train


def shown(root: Path, descending: str = "") -> list:
    """The lines of the tab HPARAMS, as TensorBoard itself reads them, perhaps by a metric."""
    multiplexer = EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(root))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(root))
    tensorboard = TBContext(data_provider=provider, multiplexer=multiplexer)
    backend, request = backend_context.Context(tensorboard), RequestContext()
    tags, none = backend.hparams_metadata(request, ""), ListHyperparametersResult([], [])
    experiment = backend.experiment_from_metadata(request, "", True, tags, none)
    columns = [{"metric": info.name} for info in experiment.metric_infos]
    columns += [{"hparam": info.name} for info in experiment.hparam_infos]
    for column in columns:
        if "metric" in column and column["metric"].tag == descending:
            column["order"] = api_pb2.ORDER_DESC  # pyright: ignore
    wanted = api_pb2.ListSessionGroupsRequest(  # pyright: ignore
        start_index=0,
        slice_size=100,
        col_params=[{**column, "include_in_result": True} for column in columns],
        allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE],  # pyright: ignore
        include_metrics=True,
    )
    handler = list_session_groups.Handler(request, backend, "", wanted)
    return list(handler.run().session_groups)


def test_every_job_is_a_line_with_its_settings_and_last_values(tmp_path: Path) -> None:
    for job in (0, 1):
        folder = tmp_path / str(job)
        folder.mkdir()
        overrides = [f"model.k={job + 1}", "optimizer.generator.lr=1e-3", "loss=hinge"]
        starts = [start(overrides, seed=7, shared=["loss"])]
        (folder / "run.json").write_text(json.dumps(starts))
        logger = TensorBoardLogger(folder, name="", version="", default_hp_metric=False)
        train(folder, make_gan(k=job + 1), 4, [Curves(2), HParams()], logger=logger)
    lines = shown(tmp_path)
    assert len(lines) == 2
    for line in lines:
        values = {name: value.number_value for name, value in line.hparams.items()}
        (session,) = line.sessions
        k = int(session.name) + 1
        assert values == {"model.k": k, "optimizer.generator.lr": 0.001, "seed": 7}
        log = events(tmp_path / session.name)
        assert {"loss/generator", "loss/discriminator"} <= {
            value.name.tag for value in session.metric_values
        }
        for value in session.metric_values:
            points = log.Scalars(value.name.tag)
            assert [point.step for point in points] == [2, 4]  # none twice
            assert value.value == points[-1].value


def write(folder: Path, setting: str, curve: dict[int, float]) -> None:
    """A run of one setting, and of a metric of its own."""
    folder.mkdir()
    starts = [start([setting])]
    (folder / "run.json").write_text(json.dumps(starts))
    logger = TensorBoard(folder, name="", version="", default_hp_metric=False)

    class Metric(Callback):
        def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
            values = {"loss/generator": curve[trainer.global_step]}
            logger.log_metrics(values, trainer.global_step)
            trainer.callback_metrics.update({k: torch.tensor(v) for k, v in values.items()})

    train(folder, make_gan(), len(curve), [Metric(), HParams()], logger=logger)


def test_columns_are_those_of_all_runs_and_sorted_whatever_diverged(tmp_path: Path) -> None:
    nan = float("nan")
    write(tmp_path / "a", "model.k=2", {1: 5.0, 2: 2.0})
    write(tmp_path / "b", "optimizer.generator.lr=1e-2", {1: 2.5, 2: nan})
    write(tmp_path / "c", r"data.folder='it\'s'", {1: 1.0, 2: 3.0})
    write(tmp_path / "d", "+penalty=[r1]", {1: 1.0, 2: 2.7})
    lines = shown(tmp_path, descending="loss/generator")
    assert [line.sessions[0].name for line in lines] == ["c", "d", "b", "a"]
    assert {name for line in lines for name in line.hparams} == {
        "seed",
        "model.k",
        "optimizer.generator.lr",
        "data.folder",
        "penalty",
    }
    assert lines[0].hparams["data.folder"].string_value == "it's"
    failed = [line.sessions[0].status == api_pb2.STATUS_FAILURE for line in lines]  # pyright: ignore
    assert failed == [False, False, True, False]
