"""What an experiment sets for one option is left out where another is chosen that lacks it."""

import re
from pathlib import Path
from typing import Any

import hydra
import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

import forger
from forger.config.conf_folder import CONF
from forger.config.help import help_text
from forger.errors import ForgerError
from tiny import RING, forge


@pytest.mark.parametrize(
    ("settings", "lacking"),
    [
        (["experiment=ring", "generator=linear"], ["generator.widths", "generator.batch_norm"]),
        (["experiment=ring", "optimizer=sgd"], ["optimizer.generator.betas"]),
        (["experiment=ring", "penalty=gradient_penalty"], ["penalty.r1"]),
        (["experiment=ring", "callbacks=[checkpoint]"], ["callbacks.measure"]),
    ],
)
def test_settings_of_a_replaced_option_are_left_out_and_named(
    capsys: pytest.CaptureFixture[str], settings: list[str], lacking: list[str]
) -> None:
    config = forger.compose(settings)
    printed = capsys.readouterr().out
    for path in lacking:
        assert OmegaConf.select(config, path) is None
        assert path in printed
    # What both options have stays as the experiment sets it.
    assert config.generator.output == "identity"
    assert config.optimizer.generator.lr == 2e-3


@pytest.mark.parametrize(
    ("settings", "lacking"),
    [
        (["experiment=ring_rejection", "schedule=constant"], "schedule.generator"),
        # The third network belongs to the model.
        (["experiment=latent_regressor", "model=gan"], "optimizer.encoder"),
        (["experiment=bigan", "model=gan", "discriminator=mlp"], "schedule.encoder"),
    ],
)
def test_nodes_of_networks_are_left_out_with_what_needs_them(
    settings: list[str], lacking: str
) -> None:
    assert OmegaConf.select(forger.compose(settings), lacking) is None


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            ["experiment=ring_rejection", "schedule=constant", "schedule.generator.total_iters=5"],
            r"schedule\.generator \(=.*5.*\) should be an option",
        ),
        (
            ["experiment=ring", "callbacks=[checkpoint]", "callbacks.measure.n=5"],
            r"callbacks\.measure has settings, but callbacks has no measure",
        ),
        (
            ["experiment=ring", "optimizer=sgd", "optimizer.generator={betas: [0, 1]}"],
            r"^optimizer\.generator\.betas is not a setting of SGD: [^(]*$",
        ),
        (
            ["experiment=bigan", "optimizer=sgd"],
            r"give 'optimizer\.encoder=\$\{optimizer\.generator\}'",
        ),
        (
            ["experiment=conditional_table", "generator=mlp"],
            r"^experiment/conditional_table\.yaml chooses generator@generator\.body, but the"
            r" chosen generator has no body: .* a copy of experiment/conditional_table",
        ),
    ],
)
def test_what_is_typed_or_needed_is_not_left_out(settings: list[str], sentence: str) -> None:
    with pytest.raises(ForgerError, match=sentence):
        forger.compose(settings)


def test_an_application_of_hydra_around_it_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        other = hydra.compose("train", ["experiment=gaussian_1d"], return_hydra_config=True)
    monkeypatch.setattr(HydraConfig.instance(), "cfg", other)
    settings = ["experiment=ring", "optimizer=sgd", "optimizer.generator={betas: [0, 1]}"]
    with pytest.raises(ForgerError, match=r"betas is not a setting of SGD: [^(]*$"):
        forger.compose(settings)
    assert HydraConfig.instance().cfg is other


def test_nothing_is_left_out_of_what_fits(capsys: pytest.CaptureFixture[str]) -> None:
    config = forger.compose(["experiment=ring", "optimizer=optimistic_adam"])
    assert config.optimizer.generator.betas == [0.0, 0.99]
    assert "left out" not in capsys.readouterr().out


def test_a_rate_that_an_experiment_sets_for_any_optimizer_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    forger.compose(["experiment=ring", "optimizer=sgd", "optimizer.generator.lr=0.1"])
    said = "kept     optimizer.discriminator.lr=0.002: experiment=ring sets it, whatever the opt"
    assert said in capsys.readouterr().out
    forger.compose(["experiment=ring"])
    forger.compose(["optimizer=sgd"])
    assert "kept" not in capsys.readouterr().out


def test_help_lists_what_is_trained() -> None:
    text = help_text("train", "train", ["experiment=ring", "generator=linear"])
    assert "discriminator.widths=" in text
    assert "generator.widths=" not in text


def test_so_do_settings_that_are_shown_as_yaml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forge(tmp_path, "train", "experiment=ring", "generator=linear", "--cfg", "job")
    shown = capsys.readouterr()
    generator = OmegaConf.create(shown.out).generator
    assert "output" in generator
    assert "widths" not in generator
    assert "left out generator.widths" in shown.err


def own_experiments(folder: Path, **files: dict[str, Any]) -> str:
    """The setting that lets Hydra find these experiments."""
    (folder / "conf" / "experiment").mkdir(parents=True)
    for name, content in files.items():
        text = "# @package _global_\n" + OmegaConf.to_yaml(OmegaConf.create(content))
        (folder / "conf" / "experiment" / f"{name}.yaml").write_text(text)
    return f"hydra.searchpath=[file://{folder}/conf]"


@pytest.mark.parametrize("parent", ["ring", "/experiment/ring", "ring@_global_"])
def test_an_experiment_that_begins_with_another_replaces_its_options(
    tmp_path: Path, parent: str
) -> None:
    child = {"defaults": [parent, {"override /generator": "linear"}]}
    path = own_experiments(tmp_path, child=child)
    config = forger.compose([path, "experiment=child"])
    assert "widths" not in config.generator
    assert config.generator.output == "identity"


def test_experiments_that_begin_with_each_other_are_refused(tmp_path: Path) -> None:
    path = own_experiments(tmp_path, one={"defaults": ["two"]}, two={"defaults": ["one"]})
    with pytest.raises(ForgerError, match="name each other without end"):
        forger.compose([path, "experiment=one"])


def test_a_group_of_ones_own_replaces_what_the_experiment_chose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = (Path(__file__).parents[2] / "docs" / "researcher.md").read_text("utf-8")
    (tmp_path / "conf" / "method").mkdir(parents=True)
    for name in ("hinge", "wgan_gp"):
        (content,) = re.findall(rf"```yaml\n# conf/method/{name}.yaml\n(.*?)```", recipe, re.DOTALL)
        (tmp_path / "conf" / "method" / f"{name}.yaml").write_text(content)
    path = f"hydra.searchpath=[file://{tmp_path}/conf]"
    hinge = forger.compose([path, "experiment=ring", "+method=hinge"])
    assert hinge.penalty.r1.gamma == 1e-4
    assert "left out" not in capsys.readouterr().out
    wgan = forger.compose([path, "experiment=ring", "+method=wgan_gp"])
    assert list(wgan.penalty) == ["gradient_penalty"]
    assert (wgan.loss._target_, wgan.model.k) == ("forger.losses.Wasserstein", 5)
    said = "left out penalty.r1: experiment=ring sets it for another option\n"
    assert capsys.readouterr().out == said
    # What the method itself sets for an option that was typed in another one's place.
    (tmp_path / "conf" / "method" / "strong.yaml").write_text(
        "# @package _global_\ndefaults: [wgan_gp]\npenalty: {gradient_penalty: {weight: 20}}\n"
    )
    typed = forger.compose([path, "experiment=ring", "+method=strong", "penalty=r1"])
    assert list(typed.penalty) == ["r1"]
    said = "left out penalty.gradient_penalty: method=strong sets it for another option\n"
    assert capsys.readouterr().out == said


def test_what_an_experiment_sets_wrongly_for_its_own_option_is_refused(tmp_path: Path) -> None:
    wrong = {"defaults": [{"override /generator": "mlp"}], "generator": {"wdiths": [8]}}
    path = own_experiments(tmp_path, wrong=wrong)
    sentence = r"wdiths is not a setting of Generator: did you mean widths\? \(.*wrong.yaml sets it"
    with pytest.raises(ForgerError, match=sentence):
        forger.train(path, "experiment=wrong")
    with pytest.raises(ForgerError, match=r"generator\.wdiths"):
        # Typed by the user: nobody meant it for another option.
        forger.compose(["experiment=ring", "generator=linear", "+generator.wdiths=3"])


def test_an_override_before_what_it_overrides_is_told_where_to_go(tmp_path: Path) -> None:
    path = own_experiments(tmp_path, early={"defaults": [{"override /loss": "hinge"}, "ring"]})
    sentence = (
        r"experiment/early: Override 'loss : hinge' is defined before .*ring': move the lines"
    )
    with pytest.raises(ForgerError, match=f"{sentence} with override to the end of its defaults"):
        forger.compose([path, "experiment=early"])


def sweep_ring(folder: Path, *settings: str) -> list[Any]:
    """The configurations of a sweep's runs in a small ring, without its callbacks."""
    few = ["callbacks=[]", "trainer.max_steps=2", "name=s", "discriminator.widths=[4]"]
    ring = [s for s in RING if not s.startswith(("generator", "callbacks", "discriminator"))]
    forge(folder, "train", "-m", *ring, *few, "generator.widths=[4]", *settings)
    runs = sorted((folder / "outputs" / "sweeps" / "s").glob("*/config/config.yaml"))
    return [OmegaConf.load(run) for run in runs]


def test_a_sweep_over_optimizers_trains_by_each(tmp_path: Path) -> None:
    adam, sgd = sweep_ring(tmp_path, "optimizer=adam,sgd")
    assert adam.optimizer.generator.betas == [0.0, 0.99]
    assert "betas" not in sgd.optimizer.generator


def test_runs_at_once_leave_out_the_same(tmp_path: Path) -> None:
    runs = sweep_ring(tmp_path, "seed=0,1", "+launcher=together")
    assert [dict(run.callbacks) for run in runs] == [{}, {}]
