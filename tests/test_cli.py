"""The command line as people meet it: in a process of its own, in an empty folder."""

import importlib
import io
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hydra.core.hydra_config import HydraConfig
from hydra.errors import MissingConfigException

from command_line import new_interpreter, run_command, succeed
from forger.cli import main
from forger.config.arguments import positional, prepare
from forger.config.conf_folder import verbs
from forger.config.explain import explain
from forger.config.help import help_text, overview
from forger.config.messages import nearest_setting
from forger.errors import ForgerError
from forger.runs.files import atomic_write
from forger.runs.version import version
from tiny import LINE

RATES = "optimizer.generator.lr or optimizer.discriminator.lr"


def test_every_verb_says_in_one_line_what_it_does() -> None:
    assert {"train", "sample"} <= verbs().keys()
    for verb, what in verbs().items():
        assert re.fullmatch(r"[A-Z][^#:]{10,70}", what)
        assert f"{verb} " in overview()
        assert what in overview()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_forger_alone_shows_what_there_is(tmp_path: Path, arguments: list[str]) -> None:
    printed = succeed(tmp_path, *arguments)
    assert all(verb in printed for verb in verbs())
    assert "A first run:   forger train" in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", verbs())
def test_a_verbs_help_says_what_each_setting_means(verb: str) -> None:
    printed = help_text(verb, verb, ["--help"])
    assert printed.startswith(f"forger {verb}")
    settings = printed.partition("\nSettings\n")[2].splitlines()
    # A setting stands two columns in, its meaning six.
    lines = zip(settings, [*settings[1:], ""], strict=True)
    unexplained = [line for line, after in lines if line[:3].strip() and after[:3] != "   "]
    assert not unexplained


def test_help_shows_groups_with_their_options_and_what_is_chosen(tmp_path: Path) -> None:
    printed = succeed(tmp_path, "train", "loss=hinge", "penalty=r1", "model.k=5", "--help")
    assert "  loss=hinge\n      also f_divergence, label_smoothing, least_squares" in printed
    assert "  penalty=[r1]\n" in printed
    assert "  +launcher=...\n      one of joblib" in printed
    assert "  model.k=5\n      Number of discriminator updates" in printed
    assert "  penalty.r1.gamma=" in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["hydra.searchpath=[file://my_conf]", "--config-dir=my_conf"])
def test_help_shows_options_of_ones_own(tmp_path: Path, where: str) -> None:
    (tmp_path / "my_conf" / "model").mkdir(parents=True)
    own = "defaults: [gan, _self_]\n# My setting.\nmine: 3\n"
    (tmp_path / "my_conf" / "model" / "my_gan.yaml").write_text(own)
    printed = succeed(tmp_path, "train", where, "model=my_gan", "-h")
    assert "  model.mine=3\n      My setting.\n" in printed
    assert "  model.k=1\n      Number of discriminator updates" in printed


def test_options_may_stand_anywhere_among_settings() -> None:
    typed = ["--cfg=job", "seed=1", "-cd", ".", "~experiment", "--resolve", "hydra.searchpath=[]"]
    _, arguments = prepare("train", typed)
    settings = ["seed=1", "experiment=default", "hydra.searchpath=[]"]
    assert arguments == [*settings, "--cfg", "job", "-cd", ".", "--resolve"]


def test_help_of_a_sweep_shows_what_its_jobs_have_in_common(tmp_path: Path) -> None:
    printed = succeed(tmp_path, "train", "-m", "seed=3,4", "--help", "loss=hinge")
    assert "  loss=hinge\n" in printed
    assert "  seed=0\n" in printed


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("modl.k", ": did you mean model.k?"),
        ("model.latentdim", ": did you mean model.latent_dim?"),
        ("optimizer.lr", f": did you mean {RATES}?"),
        ("optimizer.generator.eps", " yet: add it by +optimizer.generator.eps=..."),
        ("lr", f": did you mean {RATES}?"),
        ("model.lr", f": did you mean {RATES}?"),
        ("k", ": did you mean model.k?"),
        ("batch_size", ": did you mean data.batch_size?"),
        ("data.latent_dim", ": did you mean model.latent_dim or generator.latent_dim?"),
        ("los", ": did you mean loss?"),
    ],
)
def test_the_nearest_setting_is_found_at_any_depth(key: str, answer: str) -> None:
    assert nearest_setting(key, "train") == answer


@pytest.mark.parametrize(
    ("verb", "key"),
    [
        ("evaluate", "ckpt"),
        ("new", "name"),
        ("report", "runs"),
        ("sample", "ckpt"),
        ("train", None),
    ],
)
def test_a_verb_takes_what_it_is_about_without_its_name(verb: str, key: str | None) -> None:
    assert positional(verb) == key


def test_the_nearest_setting_is_one_of_the_verb() -> None:
    assert nearest_setting("ckp", "sample") == ": did you mean ckpt?"
    assert nearest_setting("zzzz", "sample") == ": forger sample --help lists all"


def test_a_sentence_of_ours_stands_for_itself() -> None:
    sentence = "no such thing: take another"
    assert explain(ForgerError(sentence), "train") == sentence


def test_a_launcher_that_is_not_installed_is_named_with_its_extra() -> None:
    missing = MissingConfigException("no such file", "hydra/launcher/submitit_slurm")
    assert explain(missing, "train").endswith("pip install -e '.[submitit]'")


@pytest.mark.slow
def test_warnings_that_are_not_true_are_not_shown_and_what_a_profiler_says_is(
    tmp_path: Path,
) -> None:
    srun = tmp_path / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text("#!/bin/sh\n")
    srun.chmod(0o755)
    path = f"{srun.parent}:{os.environ['PATH']}"
    few = ["experiment=gaussian_1d", "~callbacks.densities", "data.size=200", "data.batch_size=64"]
    few += ["trainer.max_steps=4", "callbacks.measure.n=100", "model.k=1"]
    quiet = new_interpreter(tmp_path, "train", *few, PATH=path)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    profiled = run_command(tmp_path, "train", *few, "+trainer.profiler=simple", PATH=path)
    assert profiled.returncode == 0
    assert "Profiler Report" in profiled.stdout + profiled.stderr


@pytest.mark.slow
def test_without_the_progress_callback_there_is_no_bar_and_without_tensorboard_no_such_line(
    tmp_path: Path,
) -> None:
    toy = [*LINE, "~callbacks.progress", "~logger"]
    printed = succeed(tmp_path, "train", *toy, "trainer.max_steps=4")
    assert "Epoch" not in printed
    assert "/4" not in printed
    assert "tensorboard" not in printed
    assert printed.startswith("run      outputs/runs/gaussian_1d/")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["train", "model.k=0"], {"HYDRA_FULL_ERROR": "1"}),
        (["train", "modl.k=0"], {"HYDRA_FULL_ERROR": "1"}),
        (["train", "model.k=0", "debug=smoke"], {"HYDRA_FULL_ERROR": "1"}),
    ],
)
def test_who_wants_the_trace_can_have_it(
    tmp_path: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    ended = run_command(tmp_path, *arguments, **environment)
    assert ended.returncode == 1
    assert "Traceback (most recent call last)" in ended.stderr


def test_files_are_read_alike_whatever_the_locale(tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ended = new_interpreter(tmp_path, "train", "--help", **plain)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_a_terminal_cannot_show_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "argv", ["forger", "train", "name=größe", "--cfg", "job"])
    main()
    terminal.seek(0)
    assert "name: gr??e\n" in terminal.read()


@pytest.fixture
def _usual_signals() -> Iterator[None]:
    """As in a terminal: a shell lets what it starts in the background ignore some."""
    usual: dict[int, Any] = {signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    usual[signal.SIGINT] = signal.default_int_handler
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.slow
@pytest.mark.usefixtures("_usual_signals")
@pytest.mark.parametrize(
    ("verb", "sent", "said"),
    [
        ("sample", signal.SIGINT, "\nforger: interrupted\n"),
        ("train", signal.SIGINT, "\nforger: interrupted\n"),
        ("sample", signal.SIGTERM, ""),
        ("train", signal.SIGHUP, ""),
    ],
)
def test_a_signal_ends_a_verb_without_a_trace_a_partial_file_or_an_empty_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: str,
    sent: int,
    said: str,
) -> None:
    def interrupted(_: object) -> None:
        with atomic_write(Path(HydraConfig.get().runtime.output_dir, "grid.png")) as partial:
            partial.touch()
            signal.raise_signal(sent)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "")
    monkeypatch.setattr(sys, "argv", ["forger", verb, *(["ckpt=x"] if verb == "sample" else [])])
    monkeypatch.setattr(importlib.import_module(f"forger.verbs.{verb}"), "run", interrupted)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 128 + sent
    assert capsys.readouterr().err == said
    assert list(tmp_path.iterdir()) == []


def test_without_an_output_to_write_to_a_command_does_its_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So Python tells of a stream that was closed, as by forger ... >&-
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "argv", ["forger", "train", "--cfg", "job"])
    main()


def test_a_plotting_backend_that_is_none_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    ended = new_interpreter(tmp_path, "train", "experiment=ring", MPLBACKEND="none_such")
    assert ended.returncode == 2
    assert "forger: MPLBACKEND is no backend of Matplotlib: unset it\n" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_jobs_of_slurm_where_there_is_none_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = ["experiment=gaussian_1d", "-m", "seed=0,1", "+launcher=slurm"]
    monkeypatch.setattr(sys, "argv", ["forger", "train", *arguments])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "srun, which is not on this machine" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_smoke_test_is_refused_in_a_sentence_like_any_run(tmp_path: Path) -> None:
    ended = run_command(tmp_path, "train", "model.k=0", "debug=smoke")
    assert ended.returncode == 2
    assert ended.stderr == "forger: model: k (=0) must be at least 1\n"


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["forger", "--version"])
        main()
    assert capsys.readouterr().out == f"forger {version()}\n"


def test_a_cluster_that_cannot_be_reached_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionError("ray asks for a token")

    monkeypatch.setattr("forger.cli.run_hydra", refuse)
    monkeypatch.setattr(sys, "argv", ["forger", "train", "-m", "seed=0,1"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "no cluster can be reached: ray asks for a token" in capsys.readouterr().err
