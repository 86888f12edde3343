import cProfile
import csv
import json
import pstats
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from fake_runs import leave_run
from forger.errors import ForgerError
from forger.report import page
from forger.runs.curves import append
from forger.runs.progress import write_jobs
from forger.verbs import report
from tiny import RING, composed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
BROWSER = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]


def make(sweep: Path, *settings: str) -> str:
    report.run(composed(f"runs={sweep}", *settings, verb="report"))
    return (sweep / "report.html").read_text()


def test_the_page_stands_alone_and_shows_all(sweep: Path) -> None:
    page = make(sweep)
    assert not re.findall(r'(?:src|href)="(?!data:)[^"]*//', page)
    assert "@import" not in page
    assert page.count("<svg") == 3
    assert page.count('src="data:image/png;base64,') == 2
    assert "8 runs: 5 done, 1 diverged, 1 failed, 1 running." in page
    assert "OSError: disk &lt;full&gt;" in page
    for folder in sweep.iterdir():
        if folder.is_dir():
            assert f'href="{folder.name}"' in page
    assert "Best: k 1. metric/fid 12.0 ± 5.0 (3 of 4). Samples of 0_k-1_seed-0." in page
    assert "Worst: k 2. metric/fid 6 ± 13 (2 of 4). Samples of 3_k-2_seed-0." in page


def test_few_runs_are_not_told_what_holds_for_many(sweep: Path) -> None:
    page = make(sweep, "metric=loss/generator")
    assert "Mean over seeds, in a band from the lowest to the highest; the best darkest.<" in page
    # One chart: the metric is a curve that would be shown anyway.
    assert page.count("generator updates</text>") == 1


def test_curves_that_are_asked_for_are_shown_and_written(sweep: Path) -> None:
    for run in ("3_k-2_seed-0", "4_k-2_seed-1"):
        append(sweep / run, {"spectrum/high": float(run[0])}, 5)
    assert "spectrum/high" not in make(sweep)
    assert "spectrum/high</text>" in make(sweep, "curves=[spectrum/high]")
    lines = (sweep / "mean_curves.csv").read_text().splitlines()
    assert lines[0] == "cell,curve,update,mean,low,high"
    assert [line for line in lines if "spectrum" in line] == ["k 2,spectrum/high,5,3.5,3.0,4.0"]


def test_csv_has_a_line_for_each_run_and_markdown_one_for_each_cell(sweep: Path) -> None:
    make(sweep)
    with (sweep / "report.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == [*["done"] * 5, "diverged", "failed", "running"]
    assert [row["metric/fid"] for row in rows[:5]] == ["10.0", "12.0", "14.0", "5.0", "7.0"]
    assert [row["best metric/fid"] for row in rows[:2]] == ["9.0", "11.0"]
    assert [(row["k"], row["seed"]) for row in rows[2:4]] == [("1", "2"), ("2", "0")]
    markdown = (sweep / "report.md").read_text()
    # The mean of k 2 is lower, without the run that diverged.
    first, second = "| 1 | 4 | 12.0 ± 5.0 (3 of 4) | - |", "| 2 | 4 | 6 ± 13 (2 of 4) | 0.032 |"
    assert markdown.index(first) < markdown.index(second)


def test_it_can_lie_elsewhere_and_its_links_still_lead_to_the_runs(
    sweep: Path, tmp_path: Path
) -> None:
    report.run(composed(f"runs={sweep}", f"out={tmp_path / 'there'}", verb="report"))
    page = (tmp_path / "there" / "report.html").read_text()
    assert 'href="../sweep/0_k-1_seed-0"' in page
    assert not (sweep / "report.html").exists()


def test_one_run_and_runs_that_never_ended_have_a_page_too(sweep: Path) -> None:
    for name in ("0_k-1_seed-0", "10_k-2_seed-3", "11_k-1_seed-3"):
        assert "1 run: 1 " in make(sweep / name)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["metric=metric/fdi"], "measured in no run: did you mean metric/fid"),
        (["curves=[loss/geneator]"], "curves has loss/geneator, .*: did you mean loss/generator"),
        (["mode=low"], r"mode \(=low\) should be 'min' or 'max'"),
        (["runs={tmp}"], "has no runs"),
        (["runs=[{tmp},{tmp}/nowhere]"], "there is no folder .*/nowhere: give another"),
    ],
)
def test_what_cannot_be_shown_is_said(
    sweep: Path, tmp_path: Path, settings: list[str], sentence: str
) -> None:
    (tmp_path / "empty").mkdir()
    given = [setting.format(tmp=tmp_path / "empty") for setting in settings]
    with pytest.raises(ForgerError, match=sentence):
        report.run(composed(f"runs={sweep}", *given, verb="report"))


def test_several_folders_are_one_report_in_the_folder_of_all(
    tmp_path: Path, forger: Callable[..., str]
) -> None:
    for k, name in ((1, "first"), (2, "it's a=b")):
        leave_run(tmp_path / "all" / name / "0", {"model.k": k}, {10: k})
    printed = forger("report", "all/first", "all/it's a=b", "mode=max")
    assert "2 runs: 2 done" in printed
    page = (tmp_path / "all" / "report.html").read_text()
    assert "<h1>first, it&#39;s a=b</h1>" in page
    assert 'href="first/0"' in page
    assert "Best: k 2." in page


def test_the_page_has_samples_by_two_settings(sweep: Path, tmp_path: Path) -> None:
    assert "<h2>Samples by" not in make(sweep)
    for k in (1, 2):
        for dim in (4, 8, 16):
            settings = {"model.k": k, "model.latent_dim": dim}
            leave_run(tmp_path / "more" / f"{k}_{dim}", settings, {10: k * dim})
    page = make(tmp_path / "more")
    assert "<h2>Samples by k and latent_dim</h2>" in page
    # One in each cell, beside the best and the worst.
    assert page.count('src="data:image/png;base64,') == 6 + 2


def test_a_sweep_that_runs_says_how_far_it_has_come(sweep: Path) -> None:
    assert "jobs have ended" not in make(sweep)
    write_jobs(sweep, 12)
    # Five good ones took two seconds each.
    assert "7 of 12 jobs have ended, less than a minute left." in make(sweep)
    # A single job of it is no sweep.
    assert "ended," not in make(sweep / "0_k-1_seed-0")


def test_a_command_to_train_longer_needs_a_checkpoint(
    sweep: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sweep.parent)
    assert "forger train" not in make(sweep)
    for name in ("3_k-2_seed-0", "4_k-2_seed-1"):
        folder = sweep / name
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / "last.ckpt").touch()
        config = folder / "config" / "config.yaml"
        config.write_text(config.read_text() + "trainer:\n  max_steps: 20\n")
    start = {"overrides": ["name=sweep", "model.k=2", "data.folder='it is'"], "shared": ["name"]}
    (sweep / "3_k-2_seed-0" / "run.json").write_text(json.dumps([start, start]))
    assert "trainer.max_steps=40" in make(sweep)
    said = "longer   forger train repeat=sweep/3_k-2_seed-0 trainer.max_steps=40 -m seed=0,1\n"
    typed = "best     forger train model.k=2 \"data.folder='it is'\"\n"
    assert typed + said in capsys.readouterr().out
    # Of several processes, which this command would not start.
    for name in ("3_k-2_seed-0", "4_k-2_seed-1"):
        config = sweep / name / "config" / "config.yaml"
        config.write_text(config.read_text() + "  strategy: ddp_find_unused_parameters_true\n")
    make(sweep)
    assert typed in (printed := capsys.readouterr().out)
    assert "\nlonger " not in printed


@pytest.mark.slow
def test_the_best_is_trained_longer_by_the_command_that_is_printed(
    tmp_path: Path, forger: Callable[..., str]
) -> None:
    sweep = [*RING, "name=first", "trainer.max_steps=4", "model.k=1,2", "seed=0,1"]
    said = forger("train", "-m", *sweep)
    assert "sweep    3 of 4 jobs have ended" in said
    (line,) = re.findall("longer   forger (.*)", forger("report", "outputs/sweeps/first"))
    forger(*shlex.split(line), "name=longer")
    runs = sorted((tmp_path / "outputs" / "sweeps" / "longer").glob("*/summary.json"))
    assert [json.loads(run.read_text())["updates"] for run in runs] == [8, 8]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here to open the page in")
def test_a_browser_shows_the_page_and_a_click_sorts(sweep: Path, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    page = make(sweep)
    click = "document.querySelectorAll('table')[1].querySelectorAll('th')[2].click()"
    clicked = tmp_path / "clicked.html"
    clicked.write_text(page.replace("</script>", f"\n{click};{click}</script>"))
    shown = subprocess.run(
        [CHROMIUM, *BROWSER, f"--user-data-dir={tmp_path}/profile", "--dump-dom", clicked.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    body = shown[shown.index("<h2>Runs</h2>") :]
    column = re.findall(r'</a></td><td data-sort="\d">\d</td><td data-sort="(\d)">', body)
    assert column == ["2"] * 4 + ["1"] * 4
    assert 'data-way=" ▾"' in body


def test_work_grows_no_faster_than_the_number_of_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is read twice, and each run more costs as many calls as the one before.

    The charts are left out, since drawing one costs more calls than reading a hundred runs.
    """
    opened: list[Path] = []
    plain_open = Path.open

    def counting_open(file: Path, *arguments: Any, **settings: Any) -> Any:
        opened.append(file)
        return plain_open(file, *arguments, **settings)

    monkeypatch.setattr(Path, "open", counting_open)
    monkeypatch.setattr(page, "drawings", lambda report: [])

    def count_calls(runs: int) -> int:
        sweep = tmp_path / str(runs)
        for i in range(runs):
            settings = {"seed": i % 5, "model.k": i // 5}
            leave_run(sweep / str(i), settings, {step: 100 / step for step in range(50, 500, 50)})
        config = composed(f"runs={sweep}", verb="report")
        opened.clear()
        profile = cProfile.Profile()
        profile.runcall(report.run, config)
        for name in ("curves.jsonl", "summary.json", "config.yaml"):
            read = [file.relative_to(sweep).parts[0] for file in opened if file.name == name]
            assert sorted(read, key=int) == [str(i) for i in range(runs)]
        assert (sweep / "report.csv").read_text().count("\n") == runs + 1
        return cast(Any, pstats.Stats(profile)).total_calls

    count_calls(1)  # The first report of a process imports what the others find.
    few, some, many = (count_calls(runs) for runs in (15, 30, 60))
    print(few, some, many)
    assert many - some < 2.1 * (some - few)
