"""What trackers show of a run, read by each one's own reader."""

import csv
import json
import math
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from command_line import run_command as forger
from command_line import succeed
from forger.errors import ForgerError
from forger.runs.curves import read_curves
from forger.runs.sent import Note
from forger.runs.trackers import CSV
from tiny import events

SHORT = ("experiment=ring", "schedule=constant", "trainer.log_every_n_steps=2", "data.size=600")
SHORT += ("generator.widths=[8]", "discriminator.widths=[8]", "callbacks.measure.n=100")
SHORT += ("callbacks.measure.every_n_updates=2", "callbacks.scatter.every_n_updates=4")
SHORT += ("name=run",)
RUN = "outputs/runs/ring/run"
# The doctor warns of it before the first update.
CAUTION = ("loss=wasserstein", "~penalty.r1")


def killed_and_resumed(folder: Path, *settings: str, **environment: str) -> Path:
    """A run that was killed after update 8, past its checkpoint of update 4, and went on to 10."""
    (folder / "dies.py").write_text(
        "import os, signal\n"
        "from pytorch_lightning import Callback\n"
        "class Dies(Callback):\n"
        "    def on_train_batch_start(self, trainer, *_):\n"
        "        if trainer.global_step == 8 and not os.path.exists('dead'):\n"
        "            open('dead', 'w').close()\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = ["train", *SHORT, *settings, "trainer.max_steps=10"]
    command += ["callbacks.checkpoint.every_n_updates=4", "+callbacks.dies._target_=dies.Dies"]
    killed = forger(folder, *command, **environment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert max(read_curves(folder / RUN)["loss/generator"]) == 8
    again = forger(folder, *command, **environment)
    assert again.returncode == 0, again.stderr
    return folder / RUN


def read_csv(run: Path) -> dict[str, dict[int, float]]:
    curves: dict[str, dict[int, float]] = {}
    with (run / "curves.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            curve = curves.setdefault(row["name"], {})
            assert int(row["step"]) not in curve
            curve[int(row["step"])] = float(row["value"])
    return curves


def same(curves: dict[str, dict[int, float]], run: Path) -> None:
    """Whether a tracker has the run's own curves; times differ from start to start."""
    wanted = read_curves(run)
    assert wanted.keys() - curves.keys() == set()
    for name, curve in wanted.items():
        assert list(curves[name]) == list(curve) == [2, 4, 6, 8, 10], name
        if not name.startswith("time/"):
            # What is not finite is told by each in its own way.
            wanted_values = {step: v for step, v in curve.items() if math.isfinite(v)}
            found = {step: curves[name][step] for step in wanted_values}
            assert found == pytest.approx(wanted_values), name


def leveldb_records(content: bytes) -> Iterator[bytes]:
    """What W&B wrote, in the log format of LevelDB after 7 bytes: pieces in blocks of 32 KB."""
    at, record = 7, b""
    while at + 7 <= len(content):
        if (left := -at % 32768 or 32768) < 7:
            at += left
            continue
        length, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        record += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # All of a record, or its last piece.
            yield record
            record = b""


def test_csv_drops_what_a_resumed_run_makes_again(tmp_path: Path) -> None:
    first = CSV(tmp_path, None)
    for step in (2, 4, 6):
        first.log_metrics({"loss/generator": 0.1 * step, "prob/real": 0.5}, step)
    again = CSV(tmp_path, 5)
    assert len(read_csv(tmp_path)["loss/generator"]) == 3  # Nothing is written before it trains.
    again.log_metrics({"metric/fid": float("inf")}, 6)
    assert read_csv(tmp_path) == {
        "loss/generator": {2: 0.2, 4: 0.4},
        "prob/real": {2: 0.5, 4: 0.5},
        "metric/fid": {6: float("inf")},
    }


def test_nothing_is_sent_twice_whatever_was_killed(tmp_path: Path) -> None:
    note = Note(tmp_path, "wandb", goes_on=False)
    assert note.unsent({"a": 1.0, "b": 2.0}, 2) == {"a": 1.0, "b": 2.0}
    assert note.unsent({"c": 1.0}, 2) == {"c": 1.0}
    Note(tmp_path, "mlflow", goes_on=True).unsent({"a": 1.0}, 9)
    again = Note(tmp_path, "wandb", goes_on=True)
    assert again.unsent({"a": 1.0, "d": 3.0}, 2) == {"d": 3.0}
    assert again.unsent({"a": 1.0}, 4) == {"a": 1.0}
    assert again.add("one") == "one"
    assert Note(tmp_path, "wandb", goes_on=True).add("one") == "one"
    assert Note(tmp_path, "wandb", goes_on=True).add("two") == "one\ntwo"
    assert Note(tmp_path, "wandb", goes_on=False).unsent({"a": 1.0}, 0) == {"a": 1.0}
    (tmp_path / "trackers.json").write_text("[1]")
    with pytest.raises(ForgerError, match=r"trackers\.json is damaged"):
        Note(tmp_path, "wandb", goes_on=True)


def test_a_name_with_several_lines_survives_a_resume_in_csv(tmp_path: Path) -> None:
    names = ["a\nb", "c\u2028d"]
    CSV(tmp_path, 0).log_metrics(dict.fromkeys(names, 1.0), 1)
    CSV(tmp_path, 2).log_metrics({"e": 2.0}, 2)
    with (tmp_path / "curves.csv").open(newline="") as file:
        assert [row[1] for row in csv.reader(file)] == ["name", *names, "e"]


def test_csv_does_not_read_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "curves.csv")
    with pytest.raises(ForgerError, match=r"curves.csv is damaged: it is not a file"):
        CSV(tmp_path, 5).log_metrics({"a": 1.0}, 5)


@pytest.mark.slow
def test_tensorboard_and_csv_side_by_side_resume_without_double_points(tmp_path: Path) -> None:
    run = killed_and_resumed(tmp_path, "logger=[tensorboard,csv]")
    same(read_csv(run), run)
    board = events(run)
    assert [point.step for point in board.Scalars("loss/generator")] == [2, 4, 6, 8, 10]


@pytest.mark.slow
def test_one_logger_none_and_the_node_of_older_runs_still_work(tmp_path: Path) -> None:
    short = ["train", *SHORT[:-1], "trainer.max_steps=2"]
    succeed(tmp_path, *short, "name=one", "logger=csv")
    succeed(tmp_path, *short, "name=none", "~logger")
    succeed(tmp_path, *short, "name=old")
    runs = tmp_path / "outputs" / "runs" / "ring"
    assert (runs / "one" / "curves.csv").exists()
    assert not list((runs / "one").glob("events*"))
    assert not list((runs / "none").glob("events*"))
    # As runs up to 0.1.0 stored it.
    file = runs / "old" / "config" / "config.yaml"
    config = OmegaConf.load(file)
    config.logger = {
        "_target_": "pytorch_lightning.loggers.TensorBoardLogger",
        "name": "",
        "version": "",
        "default_hp_metric": False,
    }
    OmegaConf.save(config, file)
    succeed(tmp_path, "train", f"resume={runs / 'old'}", "trainer.max_steps=4")
    board = events(runs / "old")
    assert [point.step for point in board.Scalars("loss/generator")] == [2, 4]


@pytest.mark.slow
def test_mlflow_shows_settings_curves_pictures_and_words(tmp_path: Path) -> None:
    tracking = pytest.importorskip("mlflow.tracking", reason="pip install -e '.[trackers]'")
    store = f"sqlite:///{tmp_path / 'store.db'}"
    run = killed_and_resumed(tmp_path, *CAUTION, "logger=mlflow", MLFLOW_TRACKING_URI=store)
    client = tracking.MlflowClient(store)
    experiment = client.get_experiment_by_name("forger")
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id])
    assert (found.info.run_name, found.info.status) == ("ring/run", "FINISHED")
    assert found.data.params["model.latent_dim"] == "2"
    assert found.data.params["trainer.max_steps"] == "10"
    assert found.data.tags["doctor"].count("loss=wasserstein estimates a distance") == 1
    histories = {
        name: [(m.step, m.value) for m in client.get_metric_history(found.info.run_id, name)]
        for name in found.data.metrics
    }
    assert all(len(dict(history)) == len(history) for history in histories.values())
    same({name: dict(sorted(history)) for name, history in histories.items()}, run)
    pictures = [file.path for file in client.list_artifacts(found.info.run_id, "samples")]
    assert pictures == [f"samples/{step:08d}.png" for step in (0, 4, 8, 10)]


@pytest.mark.slow
def test_wandb_offline_shows_settings_curves_pictures_and_words(tmp_path: Path) -> None:
    protocol = pytest.importorskip("wandb.proto.wandb_internal_pb2")
    offline = ("logger=[tensorboard,wandb]", "logger.wandb.offline=true")
    saved = ("callbacks.checkpoint.every_n_updates=4", "callbacks.checkpoint.keep_all=true")
    succeeded = [
        forger(tmp_path, "train", *SHORT, *CAUTION, *offline, *saved, "trainer.max_steps=8")
    ]
    (early,) = (tmp_path / RUN / "checkpoints").glob("*4.ckpt")
    # A kill would take from it what it keeps back. Updates 6 and 8 are made twice.
    succeeded += [forger(tmp_path, "train", f"resume={early}", "trainer.max_steps=10")]
    assert [done.returncode for done in succeeded] == [0, 0], succeeded[-1].stderr
    run = tmp_path / RUN

    histories: dict[str, dict[int, float]] = {}
    pictures: list[int] = []
    configs: dict[str, str] = {}
    said, names = "", set()
    for file in sorted(tmp_path.glob("wandb/offline-run-*/run-*.wandb"), key=os.path.getmtime):
        for content in leveldb_records(file.read_bytes()):
            record = protocol.Record()
            record.ParseFromString(content)
            if record.HasField("run"):
                names.add((record.run.run_id, record.run.display_name, record.run.project))
            for item in record.config.update:
                configs[item.key] = item.value_json
            for item in record.summary.update:
                said = item.value_json if item.key == "doctor" else said
            point = {i.key or "/".join(i.nested_key): i.value_json for i in record.history.item}
            if "trainer/global_step" not in point:
                continue
            step = int(point.pop("trainer/global_step"))
            if "samples" in str(point):
                pictures.append(step)
            for name, value in point.items():
                if name.startswith(("_", "samples")):
                    continue
                curve = histories.setdefault(name, {})
                assert step not in curve, (name, step)
                curve[step] = float(json.loads(value))
    ((_, name, project),) = names
    assert (name, project) == ("ring/run", "forger")
    assert json.loads(configs["model"])["latent_dim"] == 2
    assert said.count("loss=wasserstein estimates a distance") == 1
    assert pictures == [0, 4, 8, 10]
    same(histories, run)


def test_a_tracker_that_is_not_installed_is_named(
    forger: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forger.runs.trackers.find_spec", lambda _: None)
    sentence = forger("train", "debug=smoke", "experiment=ring", "logger=mlflow")
    assert "mlflow is not installed: pip install -e '.[trackers]'" in sentence


@pytest.mark.slow
def test_wandb_without_an_account_is_refused_before_the_run_has_a_folder(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    home = {"HOME": str(tmp_path), "NETRC": str(tmp_path / "none"), "WANDB_API_KEY": ""}
    one_update = ("train", *SHORT, "logger=wandb", "trainer.max_steps=1")
    done = forger(tmp_path, *one_update, **home)
    assert done.returncode == 2
    assert "logger.wandb: no account is logged in: run wandb login" in done.stderr
    assert not (tmp_path / "outputs").exists()
    # An account is only needed for the network.
    done = forger(tmp_path, *one_update, WANDB_MODE="offline", **home)
    assert done.returncode == 0, done.stderr
