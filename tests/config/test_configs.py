"""Every file in conf/ composes, fits the schema and builds what it describes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Callback, LightningDataModule, Trainer
from torch import nn

from forger.config.build import build, build_data, instantiate_node
from forger.config.conf_folder import CONF
from forger.config.schema import check
from forger.config.settings import Train
from forger.config.trust import check_trust
from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from forger.training.trainer import make_trainer
from tiny import composed, same, snapshot, train

DEFAULTS = OmegaConf.to_container(OmegaConf.load(CONF / "train.yaml"))
CHOSEN: dict[str, Any] = {
    group: option
    for entry in DEFAULTS["defaults"]  # pyright: ignore
    if isinstance(entry, dict)
    for group, option in entry.items()
}
OPTIONS = sorted(
    (file.parent.name, file.stem)
    for file in CONF.glob("*/*.yaml")
    if file.parent.name not in ("local", "sampler")
)


def override(group: str, option: str) -> str:
    """How one option of a group is chosen on the command line, alone in its list."""
    if group not in CHOSEN:
        return f"+{group}={option}"
    return f"{group}=[{option}]" if isinstance(CHOSEN[group], list) else f"{group}={option}"


def test_the_groups_of_the_design_are_all_here() -> None:
    groups = {group for group, _ in OPTIONS}
    assert groups >= {"model", "generator", "discriminator", "loss", "penalty", "optimizer"}
    assert groups >= {"schedule", "data", "trainer", "callbacks", "metrics", "logger"}
    assert groups >= {"experiment", "debug"}


MLP = ["generator=mlp", "discriminator=mlp"]
POINTS = [*MLP, "generator.output=identity"]
# Options that go with others only.
TOGETHER = {
    ("callbacks", "anneal"): ["+callbacks=anneal", "penalty=r1"],
    ("generator", "conditional"): ["generator=conditional", "discriminator=conditional"],
    ("discriminator", "conditional"): ["generator=conditional", "discriminator=conditional"],
    ("discriminator", "projection"): ["generator=conditional", "discriminator=projection"],
    ("generator", "dirac"): ["experiment=dirac"],
    ("discriminator", "dirac"): ["experiment=dirac"],
    ("term", "mutual_information"): ["experiment=infogan"],
    ("model", "bigan"): ["experiment=bigan"],
    ("model", "latent_regressor"): ["experiment=latent_regressor"],
    ("discriminator", "joint"): ["experiment=bigan"],
    ("encoder", "mlp"): ["experiment=bigan"],
    ("term", "information_maximization"): ["experiment=infogan"],
    ("term", "classification"): ["experiment=acgan"],
    ("term", "transport"): ["experiment=ring", "term=transport"],
    ("term", "semi_supervised"): ["experiment=semi_supervised"],
    ("term", "feature_matching"): [*MLP, "term=feature_matching", "discriminator=heads"],
    ("loss", "terms_only"): ["experiment=semi_supervised"],
    ("term", "contrastive"): [
        "generator=conditional",
        "discriminator=heads",
        "+discriminator.heads.embedding=64",
        "term=contrastive",
    ],
    ("generator", "conditional_batch_norm"): [
        "generator=conditional_batch_norm",
        "discriminator=projection",
    ],
    ("callbacks", "ada"): ["augment=ada", "+callbacks=ada"],
    ("callbacks", "best"): ["callbacks=[measure,best]"],
    ("data", "image_folder"): ["data=image_folder", "data.folder=somewhere"],
    ("data", "idx"): ["data=idx", "data.folder=somewhere"],
    ("data", "torch_dataset"): ["data=torch_dataset", "data.train=[]"],
    ("data", "table"): ["data=table", "data.file=x.csv", *POINTS],
    ("generator", "points"): ["data=swiss_roll", "generator=points", "discriminator=mlp"],
    ("experiment", "table"): ["experiment=table", "data.file=x.csv"],
    ("experiment", "conditional_table"): [
        "experiment=conditional_table",
        *("data.file=x.csv", "data.label=kind", "data.classes=3"),
    ],
    ("metrics", "mixture"): ["metrics=[mixture]", "data=ring_2d", *POINTS],
    # Otherwise it needs an account.
    ("logger", "wandb"): ["logger=[wandb]", "logger.wandb.offline=true"],
} | {
    ("data", toy): [f"data={toy}", *POINTS]
    for toy in ("gaussian_1d", "ring_2d", "grid_2d", "swiss_roll", "mnist1d")
}


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_an_option_composes_and_all_of_it_builds(group: str, option: str, tmp_path: Path) -> None:
    if group == "launcher" and option != "together":
        package = "submitit" if option == "slurm" else option
        pytest.importorskip(f"hydra_plugins.hydra_{package}_launcher")
    if group == "logger" and option in ("mlflow", "wandb"):
        pytest.importorskip(option)
    config = composed(*TOGETHER.get((group, option), [override(group, option)]))
    check(config, Train)
    check_trust(config, [], CONF)
    dry_run(config)
    assert isinstance(build_data(config), LightningDataModule)
    if config.trainer.accelerator == "gpu" and not torch.cuda.is_available():
        with pytest.raises(ForgerError, match="no GPU here: give trainer=cpu"):
            make_trainer(config, tmp_path, None)
        return
    trainer = make_trainer(config, tmp_path, None)
    assert isinstance(trainer, Trainer)
    assert all(isinstance(callback, Callback) for callback in trainer.callbacks)  # pyright: ignore
    names = {type(callback).__name__ for callback in trainer.callbacks}  # pyright: ignore
    wanted = {node["_target_"].rpartition(".")[2] for node in config.callbacks.values()}
    assert wanted <= names
    for metric in instantiate_node(config, "metrics").values():
        assert callable(metric)


def layers(network: nn.Module) -> list[tuple[int, int]]:
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    return [(layer.in_features, layer.out_features) for layer in linear]


def mlp() -> DictConfig:
    return composed("generator=mlp", "discriminator=mlp", "model.latent_dim=100")


def test_the_multilayer_perceptrons_are_those_of_the_small_example() -> None:
    gan = build(mlp())
    assert layers(gan.generator) == [(100, 128), (128, 256), (256, 512), (512, 1024), (1024, 784)]
    assert layers(gan.discriminator) == [(784, 512), (512, 256), (256, 1)]
    norms = [m for m in gan.generator.modules() if isinstance(m, nn.BatchNorm1d)]
    assert [norm.eps for norm in norms] == [1e-5] * 3


def test_shapes_and_seeds_are_said_once_and_reach_all_who_need_them() -> None:
    config = composed("data.shape=[1,32,32]", "model.latent_dim=5", "seed=9")
    assert config.generator.shape == config.discriminator.shape == [1, 32, 32]
    assert config.generator.latent_dim == 5
    assert config.data.seed == config.callbacks.grid.seed == 9


def test_schedules_over_the_run_end_with_it() -> None:
    for name, key in (("linear", "total_iters"), ("cosine", "T_max")):
        config = composed(f"schedule={name}", "trainer.max_steps=123")
        assert config.schedule.generator[key] == config.schedule.discriminator[key] == 123


def test_the_papers_run_is_the_authors_configuration() -> None:
    config = composed("experiment=goodfellow2014_mnist")
    gan = build(config)
    assert layers(gan.generator) == [(100, 1200), (1200, 1200), (1200, 784)]
    assert layers(gan.discriminator) == [(784, 240 * 5), (240, 240 * 5), (240, 1)]
    assert gan.prior == "uniform"
    assert config.data.batch_size == 100
    optimizers, schedules = gan.configure_optimizers()
    assert [o.param_groups[0]["momentum"] for o in optimizers] == [0.5, 0.5]
    assert [type(schedule).__name__ for schedule in schedules] == ["Goodfellow2014"] * 2


@pytest.mark.parametrize(
    "networks",
    [
        MLP,
        ["generator=dcgan", "discriminator=dcgan"],
        ["generator=subpixel", "discriminator=subpixel", "penalty=r1"],
        ["generator=relu", "discriminator=maxout"],
    ],
    ids=lambda networks: networks[0].partition("=")[2],
)
def test_a_fused_step_is_the_same_step(networks: list[str], tmp_path: Path) -> None:
    # Not of Adam, which rounds otherwise. A fused step goes through memory as it lies, so that
    # gradients which lie otherwise than their weights would be another's.
    states = []
    for fused in ("true", "false"):
        both = [f"optimizer.{name}.fused={fused}" for name in ("generator", "discriminator")]
        config = composed(*networks, "optimizer=sgd", "data.batch_size=4", *both)
        gan = build(config)
        train(tmp_path, gan, 3, data=build_data(config))
        states.append(snapshot(gan))
    assert same(*states)
