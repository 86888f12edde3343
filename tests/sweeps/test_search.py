"""Searches of tiny runs on a line: what is chosen, told, left by a killed worker and shared."""

import io
import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from wsgiref.util import setup_testing_defaults

import optuna
import optuna_dashboard
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from command_line import Command
from forger.cli import main
from forger.errors import ForgerError
from forger.sweeps.journal import open_storage
from forger.sweeps.search import Search
from forger.sweeps.search_space import distribution

SEARCH = [
    "train",
    "-m",
    "+sweep=optuna",
    "name=search",
    "experiment=gaussian_1d",
    "~callbacks.densities",
    "schedule=constant",
    "generator.widths=[4]",
    "discriminator.widths=[4]",
    "callbacks.checkpoint.every_n_updates=50",
    "trainer.max_steps=8",
    "trainer.log_every_n_steps=2",
    "hydra.sweeper.minimize=[loss/generator]",
]
FOLDER = Path("outputs/sweeps/search")
Run = Callable[..., str]


@pytest.fixture
def forger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Run:
    """A command in tmp_path; what it prints, or the sentence that it is refused with."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def run(*arguments: str) -> str:
        monkeypatch.setenv("HYDRA_FULL_ERROR", "")
        monkeypatch.setattr(sys, "argv", ["forger", *arguments])
        code = None
        try:
            main()
        except SystemExit as end:
            code = end.code
        printed = capsys.readouterr()
        assert code in (None, 2), printed.err
        return printed.err if code else printed.out

    return run


def study(storage: str = str(FOLDER / "study.log")) -> optuna.Study:
    return optuna.load_study(study_name="search", storage=open_storage(storage))


def summary(trial: optuna.trial.FrozenTrial) -> dict:
    return json.loads(Path(trial.user_attrs["run"], "summary.json").read_text())


def parsed(*overrides: str) -> list:
    return OverridesParser.create().parse_overrides(list(overrides))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("1,2", CategoricalDistribution(["1", "2"])),
        ("choice(a,[1,2])", CategoricalDistribution(["a", "[1,2]"])),
        ("range(1,6)", IntDistribution(1, 5)),
        ("range(10,0,-3)", IntDistribution(1, 10, step=3)),
        ("range(0,1,0.25)", FloatDistribution(0, 0.75, step=0.25)),
        ("tag(log,range(1,9))", IntDistribution(1, 8, log=True)),
        ("interval(1,9)", FloatDistribution(1, 9)),
        ("int(interval(1,9))", IntDistribution(1, 9)),
        ("tag(log,interval(1e-5,1e-2))", FloatDistribution(1e-5, 1e-2, log=True)),
    ],
)
def test_sweeps_of_the_command_line_are_search_spaces(value: str, wanted: object) -> None:
    assert distribution(parsed(f"x={value}")[0]) == wanted


@pytest.mark.parametrize("value", ["interval(2,1)", "tag(log,interval(0,1))", "range(3,3)"])
def test_a_space_of_which_nothing_can_be_chosen_is_refused_by_name(value: str) -> None:
    with pytest.raises(ForgerError, match="x="):
        distribution(parsed(f"x={value}")[0])


def make_search(folder: Path, *overrides: str, **settings: object) -> Search:
    """One worker of a search of two trials in this process."""
    defaults = {
        "n_trials": 2,
        "minimize": ["loss/generator"],
        "maximize": [],
        "storage": str(folder / "study.log"),
        "sampler": {"_target_": "optuna.samplers.TPESampler"},
        "seed": 0,
        "n_starts": 2,
    }
    node = {"sweep": {"dir": str(folder)}, "sweeper": defaults | settings}
    return Search(OmegaConf.create(node), parsed("a=1", *(overrides or ["x=interval(0,1)"])))


def test_workers_share_the_trials_and_take_over_those_of_the_dead(tmp_path: Path) -> None:
    one, other = make_search(tmp_path), make_search(tmp_path)
    first, second = one.next_trial(), other.next_trial()
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (0, 1)
    third = make_search(tmp_path)
    assert third.next_trial() is None
    one.trial_lock.release()  # as the system does for a dead process
    again = third.next_trial()
    assert again is not None
    assert third.overrides(again) == one.overrides(first) == ["a=1", f"x={first.params['x']}"]
    # Two are dead of it.
    third.trial_lock.release()
    assert make_search(tmp_path).next_trial() is None
    trials = other.study.trials
    assert [trial.state for trial in trials] == [TrialState.FAIL, TrialState.RUNNING]
    assert trials[0].user_attrs["error"] == "killed, 2 times"


def test_a_seed_chooses_the_same_whoever_asks(tmp_path: Path) -> None:
    chosen = []
    for folder, workers, seed in (("one", [0, 0], 0), ("two", [0, 1], 0), ("other", [0, 0], 1)):
        searches = [make_search(tmp_path / folder, seed=seed) for _ in range(2)]
        chosen.append([])
        for worker in workers:
            trial = searches[worker].next_trial()
            assert trial is not None
            searches[worker].tell(trial, TrialState.COMPLETE, [0.0])
            chosen[-1].append(trial.params["x"])
    assert chosen[0] == chosen[1]
    assert chosen[0] != chosen[2]
    assert len({*chosen[0], *chosen[2]}) == 4


HALF = b'{"op_code":4,"wor'


@pytest.mark.parametrize("rest", [HALF, b"\0" * 9000, HALF + b'{"op_code":5}\n', HALF + b"\n"])
def test_a_search_goes_on_after_half_a_record_at_the_journals_end(
    tmp_path: Path, rest: bytes
) -> None:
    one = make_search(tmp_path, n_trials=4)
    journal = tmp_path / "study.log"
    first = one.next_trial()
    assert first is not None
    with journal.open("ab") as file:
        file.write(rest)
    # A worker that was there before, and one that comes after it.
    one.tell(first, TrialState.COMPLETE, [1.0])
    other = make_search(tmp_path, n_trials=4)
    second = other.next_trial()
    assert second is not None
    assert second.number == 1
    with journal.open("ab") as file:
        file.write(rest)
    other.tell(second, TrialState.COMPLETE, [2.0])
    states = [trial.state for trial in make_search(tmp_path).study.trials]
    assert states == [TrialState.COMPLETE, TrialState.COMPLETE]
    assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_a_broken_record_among_whole_ones_is_named(tmp_path: Path) -> None:
    make_search(tmp_path).next_trial()
    journal = tmp_path / "study.log"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], HALF + b"\n", *lines[3:]]))
    with pytest.raises(ForgerError, match=r"line 4 of .*study\.log .*delete that line"):
        make_search(tmp_path)
    journal.write_bytes(b"".join(lines))
    assert make_search(tmp_path).study.trials


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_trials": 0}, r"n_trials \(=0\) must be at least 1"),
        ({"minimize": []}, "minimize and maximize are empty"),
        ({"storage": "foo://"}, r"storage \(=foo://\) cannot be opened"),
        (
            {"sampler": {"_target_": "optuna.samplers.GridSampler"}},
            "give hydra.sweeper.sampler.search_space=...",
        ),
        (
            {"sampler": {"_target_": "optuna.samplers.GridSampler", "search_space": {"a": [1]}}},
            r"sampler \(GridSampler\): The parameter name, .* grid; give another sampler",
        ),
        (
            {"pruner": {"_target_": "optuna.pruners.MedianPruner", "n_warmup_steps": -1}},
            "hydra.sweeper.pruner: Number of warmup steps",
        ),
    ],
    ids=["trials", "objectives", "storage", "sampler", "grid", "pruner"],
)
def test_settings_that_no_trial_can_have_are_refused_before_anything_is_written(
    tmp_path: Path, settings: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ForgerError, match=sentence):
        make_search(tmp_path, **settings)
    assert not list(tmp_path.iterdir())


def test_a_study_of_other_objectives_or_of_another_folder_is_refused(tmp_path: Path) -> None:
    url = str(tmp_path / "study.log")
    search = make_search(tmp_path / "here" / "s", storage=url)
    with pytest.raises(ForgerError, match="for other objectives, loss/generator"):
        make_search(tmp_path / "here" / "s", storage=url, minimize=["seconds"])
    with pytest.raises(ForgerError, match="for other objectives, loss/generator"):
        make_search(tmp_path / "here" / "s", storage=url, minimize=[], maximize=["loss/generator"])
    assert search.next_trial() is not None
    with pytest.raises(ForgerError, match="give all workers the same folder"):
        make_search(tmp_path / "there" / "s", storage=url)
    with pytest.raises(ForgerError, match="no setting is searched"):
        make_search(tmp_path / "here" / "s", "b=2")


@pytest.mark.slow
def test_a_search_goes_on_with_another_interval_and_with_no_other_list(tmp_path: Path) -> None:
    def start(lists: str, interval: str) -> Search:
        return make_search(tmp_path, f"k={lists}", f"lr={interval}", n_trials=3)

    # Kept: a search that is gone leaves its trial to the next one.
    searches = [start("1,2", f"tag(log,interval({ends}))") for ends in ("1e-4,1e-2", "1e-5,1e-1")]
    assert all(search.next_trial() for search in searches)
    with pytest.raises(ForgerError, match=r"^k was searched over 1,2 so far: give it as before"):
        start("1,2,5", "tag(log,interval(1e-4,1e-2))")
    with pytest.raises(ForgerError, match=r"^lr was searched over tag\(log,interval\(1e-05,"):
        start("1,2", "interval(1e-4,1e-2)")


def test_a_search_ends_goes_on_and_can_be_looked_at(forger: Run) -> None:
    space = ["optimizer.generator.lr=tag(log,interval(1e-4,1e-2))", "model.k=1,2"]
    said = forger(*SEARCH, *space, "hydra.sweeper.n_trials=2")
    assert "2 runs: 2 complete" in said
    said = forger(*SEARCH, *space, "hydra.sweeper.n_trials=3")
    assert "3 runs: 3 complete" in said
    trials = study().trials
    for trial in trials:
        run = Path(trial.user_attrs["run"])
        assert run.name.startswith(f"{trial.number}_lr-")
        config = OmegaConf.load(run / "config" / "config.yaml")
        assert isinstance(config, DictConfig)
        assert config.optimizer.generator.lr == trial.params["optimizer.generator.lr"]
        assert config.model.k == int(trial.params["model.k"])
        assert trial.value == summary(trial)["metrics"]["loss/generator"]
        # What it told on the way, for the pruner.
        assert sorted(trial.intermediate_values) == [2, 4, 6, 8]
        assert trial.intermediate_values[8] == pytest.approx(trial.value)
    assert len({trial.params["optimizer.generator.lr"] for trial in trials}) == 3
    assert study().best_trial.user_attrs["run"] in said
    assert "3 runs" in forger("report", str(FOLDER), "metric=loss/generator")
    assert "3 done" in forger("report", str(FOLDER), "metric=loss/generator")
    assert shown_by_dashboard(str(FOLDER / "study.log")) == ["search"]
    # A run of it goes on alone, longer.
    alone = forger("train", f"resume={trials[0].user_attrs['run']}", "trainer.max_steps=9")
    assert "done: 9 updates" in alone


def shown_by_dashboard(storage: str) -> list[str]:
    """The studies that Optuna's dashboard lists."""
    request: dict = {}
    setup_testing_defaults(request)
    request |= {"PATH_INFO": "/api/studies", "wsgi.input": io.BytesIO()}
    application = optuna_dashboard.wsgi(open_storage(storage))
    answer = b"".join(application(request, lambda *_: lambda _: None))
    return [shown["study_name"] for shown in json.loads(answer)["study_summaries"]]


BOOM = """
from pytorch_lightning import Callback

class Boom(Callback):
    def __init__(self, active: bool) -> None:
        self.active = active

    def on_train_start(self, trainer, gan) -> None:
        if self.active:
            raise RuntimeError("boom")
"""


@pytest.mark.slow
def test_what_fails_or_diverges_is_recorded_and_the_search_goes_on(
    forger: Run, tmp_path: Path
) -> None:
    (tmp_path / "boom.py").write_text(BOOM)
    space = ["optimizer.generator.lr=1e-3,1e30", "+callbacks.boom.active=true,false"]
    every = "hydra.sweeper.sampler._target_=optuna.samplers.BruteForceSampler"
    boom = "+callbacks.boom._target_=boom.Boom"
    forger(*SEARCH, *space, boom, every)
    told = [json.loads(line) for line in (FOLDER / "failures.jsonl").read_text().splitlines()]
    assert [failure["reason"] for failure in told] == ["RuntimeError: boom"] * 2
    found = {tuple(trial.params.values()): trial for trial in study().trials}
    assert len(found) == 4
    assert found["0.001", "False"].state == TrialState.COMPLETE
    for lr in ("0.001", "1e+30"):
        assert found[lr, "True"].state == TrialState.FAIL
        assert found[lr, "True"].user_attrs["error"] == "RuntimeError: boom"
    assert found["1e+30", "False"].state == TrialState.FAIL
    assert found["1e+30", "False"].user_attrs["error"].startswith("diverged")
    assert "1 diverged" in forger("report", str(FOLDER), "metric=loss/generator")


@pytest.mark.slow
def test_a_hopeless_run_is_pruned(forger: Run) -> None:
    pruner = "hydra.sweeper.pruner._target_=optuna.pruners.ThresholdPruner"
    above = "+hydra.sweeper.pruner.upper=-1"
    said = forger(*SEARCH, "model.k=1,2", "hydra.sweeper.n_trials=1", pruner, above)
    assert "pruned at update 2: loss/generator is" in said
    (trial,) = study().trials
    assert trial.state == TrialState.PRUNED
    assert (summary(trial)["status"], summary(trial)["updates"]) == ("pruned", 2)
    assert "1 pruned" in forger("report", str(FOLDER), "metric=loss/generator")


@pytest.mark.slow
def test_of_two_objectives_all_runs_are_best_that_no_other_beats(forger: Run) -> None:
    two = ["hydra.sweeper.minimize=[seconds]", "hydra.sweeper.maximize=[prob/fake]"]
    storage = f"sqlite:///{FOLDER}/study.db"
    database = [f"hydra.sweeper.storage={storage}", "hydra.sweeper.n_trials=2"]
    said = forger(*SEARCH, "model.k=1,4", *two, *database)
    assert "2 runs: 2 complete" in said
    for trial in study(storage).trials:
        record_result = summary(trial)
        assert trial.values == [record_result["seconds"], record_result["metrics"]["prob/fake"]]
    for best in study(storage).best_trials:
        assert f"prob/fake {best.values[1]:.4g}: {best.user_attrs['run']}" in said
    assert shown_by_dashboard(storage) == ["search"]


@pytest.mark.slow
def test_mistakes_end_a_search_with_a_sentence(forger: Run) -> None:
    assert "optimizer.generator.rate is not a setting" in forger(
        *SEARCH, "optimizer.generator.rate=interval(0,1)"
    )
    fractions = forger(*SEARCH, "model.k=interval(1,3)")
    assert "and takes whole numbers: give model.k=int(interval(1,3))" in fractions
    # The last of a list, too: a search that meets it later would end there.
    assert "loss has no option nope" in forger(*SEARCH, "loss=hinge,minimax,nope")
    assert not Path("outputs").exists()
    absent = forger(*SEARCH, "model.k=1,2", "hydra.sweeper.minimize=[metric/kid]", "name=other")
    assert "metric/kid is not measured: did you mean metric/fid?" in absent
    wrong = forger(*SEARCH, "model.k=1,2", "hydra.sweeper.n_trials=x")
    assert "n_trials (=x) should be a whole number" in wrong
    failing = forger(*SEARCH, "model.k=0,-1", "hydra.sweeper.n_trials=2", "name=failing")
    assert "all 2 runs failed, the last with ForgerError: model: k (=" in failing


@pytest.mark.slow
def test_a_killed_search_goes_on_where_it_was_with_two_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = ["model.k=1,2", "hydra.sweeper.n_trials=3", "trainer.max_steps=100"]
    settings += ["trainer.log_every_n_steps=20", "callbacks.checkpoint.every_n_updates=20"]

    def start() -> Command:
        return Command(tmp_path, *SEARCH, *settings)

    killed = start()
    while not [*FOLDER.glob("0_*/checkpoints/last.ckpt")] and killed.running():
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait().returncode == -signal.SIGKILL
    assert [trial.state for trial in study().trials] == [TrialState.RUNNING]

    workers = [start(), start()]
    ended = [worker.wait() for worker in workers]
    assert [worker.returncode for worker in ended] == [0, 0]
    assert "".join(worker.stdout for worker in ended).count("done: 100 updates") == 3
    trials = study().trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 3
    starts = [json.loads(Path(t.user_attrs["run"], "run.json").read_text()) for t in trials]
    assert [len(start) for start in starts] == [2, 1, 1]
    assert sorted(trials[0].intermediate_values) == [*range(20, 101, 20)]


def test_an_objective_that_is_not_finite_fails_its_trial_and_not_the_search(
    tmp_path: Path,
) -> None:
    search = make_search(tmp_path, minimize=["metric/mode_kl"])
    trial = search.next_trial()
    assert trial is not None
    run = tmp_path / "0"
    run.mkdir()
    summary = {"status": "done", "updates": 1, "seconds": 1.0, "metrics": {"metric/mode_kl": None}}
    (run / "summary.json").write_text(json.dumps(summary))
    search.record_result(trial, run)
    assert search.study.trials[0].state == TrialState.FAIL
