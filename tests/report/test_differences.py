import json
from dataclasses import replace
from pathlib import Path

from fake_runs import leave_run
from forger.report.differences import distinct, keep_differences, measured_on
from forger.report.reading import Run, find_runs, read_run


def read(*folders: Path) -> list[Run]:
    return [read_run(folder) for folder in folders]


def test_the_settings_kept_are_those_that_differ_and_no_echo_of_them(sweep: Path) -> None:
    runs = read(*find_runs(sweep))
    assert keep_differences(runs) == ["seed", "k"]
    assert runs[3].settings == {"seed": 0, "k": 2}


def test_another_class_is_one_setting_with_what_comes_along(tmp_path: Path) -> None:
    def folder(i: int, loss: str, **more: object) -> Path:
        settings = {"loss._target_": f"forger.losses.{loss}"} | {
            f"loss.{k}": v for k, v in more.items()
        }
        return leave_run(tmp_path / str(i), settings, {1: 1.0})

    fixed = read(folder(0, "Hinge"), folder(1, "Hinge"), folder(2, "Mine", margin=0.1))
    assert keep_differences(fixed) == ["loss"]
    assert [run.settings["loss"] for run in fixed] == ["Hinge", "Hinge", "Mine"]
    swept = read(folder(3, "Hinge"), folder(4, "Mine", margin=0.1), folder(5, "Mine", margin=0.2))
    assert keep_differences(swept) == ["loss", "margin"]
    assert [run.settings["margin"] for run in swept] == [None, 0.1, 0.2]


def test_a_class_inside_a_node_follows_from_the_class_of_the_node(tmp_path: Path) -> None:
    plain = leave_run(tmp_path / "0", {"generator": {"_target_": "a.MLP"}}, {})
    body = {"_target_": "a.Body", "width": 8}
    inside = leave_run(tmp_path / "1", {"generator": {"_target_": "a.Two", "body": body}}, {})
    wider = {"generator": {"_target_": "a.Two", "body": {**body, "width": 16}}}
    runs = read(plain, inside, leave_run(tmp_path / "2", wider, {}))
    assert keep_differences(runs) == ["generator", "width"]
    assert [run.settings["generator"] for run in runs] == ["MLP", "Two", "Two"]


def test_a_node_in_a_node_follows_from_its_class(tmp_path: Path) -> None:
    plain = {"generator._target_": "a.Plain"}
    leave_run(tmp_path / "0", plain, {1: 1.0})
    body = {"generator._target_": "a.Conditional", "generator.body._target_": "a.Plain"}
    leave_run(tmp_path / "1", body, {1: 1.0})
    runs = read(*find_runs(tmp_path))
    assert keep_differences(runs) == ["generator"]
    # Two bodies of one class are another setting.
    leave_run(tmp_path / "2", body | {"generator.body._target_": "a.Other"}, {1: 1.0})
    runs = read(*find_runs(tmp_path))
    assert keep_differences(runs) == ["generator", "generator.body"]
    assert [run.settings["generator.body"] for run in runs] == [None, "Plain", "Other"]


def test_classes_of_one_name_are_told_apart_by_where_they_are(tmp_path: Path) -> None:
    for i, module in enumerate(("forger.networks.mlp", "forger.networks.linear", "mine")):
        leave_run(tmp_path / str(i), {"generator._target_": f"{module}.Generator"}, {1: 1.0})
    runs = read(*find_runs(tmp_path))
    assert keep_differences(runs) == ["generator"]
    found = [run.settings["generator"] for run in runs]
    assert found == ["mlp.Generator", "linear.Generator", "mine.Generator"]


def test_an_empty_group_is_told_by_what_fills_it(tmp_path: Path) -> None:
    none = leave_run(tmp_path / "0", {"penalty": {}}, {})
    one = leave_run(tmp_path / "1", {"penalty": {"r1": {"_target_": "a.R1", "gamma": 1}}}, {})
    runs = read(none, one)
    assert keep_differences(runs) == ["penalty.r1"]
    assert [run.settings["penalty.r1"] for run in runs] == [None, "R1"]


def test_a_copy_of_a_run_is_one_and_the_one_that_came_furthest_stays(sweep: Path) -> None:
    runs = read(*find_runs(sweep))
    copy = replace(runs[2], folder=sweep / "copy", updates=runs[2].updates + 1)
    other = replace(runs[3], settings={**runs[3].settings, "seed": 99})
    found, copies = distinct([*runs, copy, other])
    assert found == [*runs[:2], copy, *runs[3:], other]
    assert copies == [(runs[2], copy)]


def test_what_observes_and_what_refers_to_others_is_no_setting(tmp_path: Path) -> None:
    for i, every in enumerate((10, 20)):
        settings = {"model.k": i, "callbacks.grid.rows": i, "metrics.frechet.n": i}
        settings |= {"data.minibatches": "${model.k}"} if i else {}
        leave_run(tmp_path / str(i), settings | {"callbacks.doctor.patience": every}, {})
    runs = read(*find_runs(tmp_path))
    assert keep_differences(runs) == ["k"]
    # But for what somebody set.
    starts = [{"overrides": ["callbacks.doctor.patience=20", "+metrics=[frechet,other]"]}]
    (tmp_path / "1" / "run.json").write_text(json.dumps(starts))
    runs = read(*find_runs(tmp_path))
    # n is a number of values in a report.
    assert keep_differences(runs) == ["k", "patience", "frechet.n"]


def test_what_metrics_are_measured_on_is_told_from_what_is_trained_with(tmp_path: Path) -> None:
    for i in range(2):
        settings = {"data.batch_size": i, "data.seed": "${seed}", "seed": i, "model.k": i}
        leave_run(tmp_path / "same" / str(i), settings, {1: 1.0})
        settings = {"data.folder": f"pictures{i}", "callbacks.measure.n": i, "metrics": {}}
        leave_run(tmp_path / "other" / str(i), settings, {1: 1.0})
    assert measured_on(read(*find_runs(tmp_path / "same"))) == []
    assert measured_on(read(*find_runs(tmp_path / "other"))) == ["callbacks.measure.n", "data"]
