from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from forger.errors import ForgerError
from forger.report.reading import read_run
from forger.runs.files import write_json
from forger.runs.folder import (
    ENDED,
    command_of,
    find_checkpoint,
    find_run,
    plain_yaml,
    read_config,
    read_summary,
    write_config,
)
from forger.runs.names import job_folder, short_names
from tiny import start


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """An empty run folder with two checkpoints."""
    run = tmp_path / "run"
    for file in ("checkpoints/last.ckpt", "checkpoints/update_000005.ckpt", "config/config.yaml"):
        (run / file).parent.mkdir(parents=True, exist_ok=True)
        (run / file).touch()
    return run


def test_a_run_folder_stands_for_its_last_checkpoint(run: Path) -> None:
    assert find_checkpoint(str(run)) == run / "checkpoints" / "last.ckpt"


def test_a_checkpoint_stands_for_itself_wherever_it_is_called_from(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parent)
    expected = run / "checkpoints" / "update_000005.ckpt"
    assert find_checkpoint("run/checkpoints/update_000005.ckpt") == expected
    monkeypatch.setenv("HOME", str(run.parent))
    assert find_checkpoint("~/run/checkpoints/update_000005.ckpt") == expected


def test_the_run_of_a_checkpoint_is_the_folder_it_lies_in(run: Path) -> None:
    assert find_run(run / "checkpoints" / "update_000005.ckpt") == run


def test_what_is_missing_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=rf"no file {tmp_path}/nothing"):
        find_checkpoint(str(tmp_path / "nothing"))
    with pytest.raises(ForgerError, match=rf"{tmp_path} has no .*last.ckpt, since .* never saved:"):
        find_checkpoint(str(tmp_path))
    (run / "config" / "config.yaml").unlink()
    with pytest.raises(ForgerError, match=r"last.ckpt is not in a run folder"):
        find_run(run / "checkpoints" / "last.ckpt")


def test_a_summary_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert read_summary(tmp_path) == {}
    summary = '{"status": "done", "updates": 3, "seconds": 1.5, "metrics": {"a": null, "b": 2}}'
    (tmp_path / "summary.json").write_text(summary)
    assert read_summary(tmp_path)["status"] in ENDED


def test_keys_go_by_their_shortest_end_that_tells_them_apart() -> None:
    rates = ["optimizer.generator.lr", "optimizer.discriminator.lr"]
    assert short_names([*rates, "model.k", "seed"]) == {
        rates[0]: "generator.lr",
        rates[1]: "discriminator.lr",
        "model.k": "k",
        "seed": "seed",
    }
    assert short_names(["callbacks.measure.n", "model.k"], taken=["n"]) == {
        "callbacks.measure.n": "measure.n",
        "model.k": "k",
    }
    assert short_names(["lr", "a.lr"]) == {"lr": "lr", "a.lr": "a.lr"}


@pytest.mark.parametrize(
    ("overrides", "folder"),
    [
        (["model.k=2", "seed=0", "name=x"], "7_k-2_seed-0"),
        (["+model.k=-2", "~logger"], "7_k--2_logger-"),
        (["optimizer.generator.lr=1e-4", "loss=hinge"], "7_lr-1e-4_loss-hinge"),
        (["generator.widths=[16,32]"], "7_widths-_16_32"),
        (["ckpt='a b/../c=d'"], "7_ckpt-_a_b_.._c_d"),
        (["name=x"], "7"),
    ],
)
def test_a_jobs_folder_says_what_it_changes_in_letters_that_need_no_quotes(
    overrides: list[str], folder: str
) -> None:
    assert job_folder(7, overrides, shared=["name"]) == folder
    parsed = OverridesParser.create().parse_override(f"ckpt=outputs/{folder}")
    assert parsed.value() == f"outputs/{folder}"


LONG = [f"a.key_{i}=1" for i in range(50)]


def test_a_jobs_folder_is_of_bounded_length() -> None:
    name = job_folder(12, LONG, shared=[])
    assert len(name) == 80
    assert name.startswith("12_key_0-1_key_1-1")


@pytest.mark.parametrize(
    ("overrides", "shared", "folder"),
    [
        (["model.k=2", "seed=0", "name=x"], ["name"], "1_k-2_seed-0"),
        # What all jobs share now, it shared then; the order and a plus are no settings.
        (["+seed=0", "model.k=2", "+launcher=joblib"], ["launcher", "model.k"], "1_k-2_seed-0"),
        (["model.k=2", "seed=1", "name=x"], ["name"], "7_k-2_seed-1"),
        (["model.k=2", "seed=1", "name=x"], ["name", "model.k"], "7_seed-1"),
        # A refused job's, which never was a run.
        (["model.k=0", "name=x"], ["name"], "5_k-0"),
        # Other settings of all jobs: refused there, as no other name says what differs.
        (["model.k=2", "seed=0", "trainer.max_steps=9"], ["trainer.max_steps"], "7_k-2_seed-0"),
    ],
)
def test_a_job_keeps_the_folder_that_it_has_whatever_its_number(
    tmp_path: Path, overrides: list[str], shared: list[str], folder: str
) -> None:
    for name, before in (
        ("1_k-2_seed-0", ["model.k=2", "seed=0", "name=x"]),
        ("7_k-1_seed-0", ["model.k=1", "seed=0", "name=x"]),
    ):
        write_config(tmp_path / name, OmegaConf.create({}), [])
        # Resumed since with settings of its own: the first start counts.
        write_json(tmp_path / name / "run.json", [start(before), start(["resume=there"])])
    write_config(tmp_path / "5_k-0", OmegaConf.create({}), ["model.k=0", "name=x"])
    (tmp_path / "8" / "config").mkdir(parents=True)
    (tmp_path / "8" / "run.json").write_text("damaged")
    assert job_folder(7, overrides, shared, str(tmp_path)) == folder


def test_two_jobs_of_one_short_name_have_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for seed in range(3):
        name = job_folder(4, overrides := [*LONG, f"seed={seed}"], [], str(tmp_path))
        write_config(tmp_path / name, OmegaConf.create({}), [])
        write_json(tmp_path / name / "run.json", [start(overrides)])
        names.append(name)
    assert len(set(names)) == 3
    # The number of another of them. No folder is read twice: a sweep of thousands asks for each.
    monkeypatch.setattr("forger.runs.names.read_starts", None)
    assert job_folder(5, [*LONG, "seed=0"], [], str(tmp_path)) == names[0]


# Thirty lines, and over a billion nodes if all aliases were copied.
MANY = "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))
MERGED = "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))


@pytest.mark.parametrize(
    "text",
    [f"a0: &a0 [1]\n{MANY}", f"a0: &a0 {{b: 1}}\n{MERGED}", "a: &a [*a]", "a: &a {b: *a}"],
    ids=["lists", "merged", "in itself", "in its part"],
)
def test_a_configuration_that_refers_to_itself_without_end_is_damaged(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "run.json").touch()
    (tmp_path / "config" / "config.yaml").write_text(text)
    for reading in (read_config, read_run):
        with pytest.raises(ForgerError, match=r"config.yaml is damaged: it refers to parts"):
            reading(tmp_path)


def test_a_few_aliases_are_read() -> None:
    assert plain_yaml("a: &a [1e-3]\nb: *a\n") == {"a": [1e-3], "b": [1e-3]}


@pytest.mark.parametrize(
    ("shared", "shown"),
    [
        ([], "forger train name=first +launcher=joblib seed=2 'metrics=[frechet]'"),
        (["name", "launcher"], "forger train seed=2 'metrics=[frechet]'"),
    ],
)
def test_a_job_is_trained_alone_by_its_command(shared: list[str], shown: str) -> None:
    overrides = ["name=first", "+launcher=joblib", "seed=2", "metrics=[frechet]"]
    assert command_of({"overrides": overrides, "shared": shared}) == shown
