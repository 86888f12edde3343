"""A run of three networks, each with its optimizer, on the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from forger.runs.curves import read_curves
from tiny import same

Forger = Callable[..., str]

BIGAN = [
    "experiment=bigan",
    "generator.widths=[16]",
    "discriminator.body.widths=[16]",
    "model.encoder.widths=[16]",
    "schedule=cosine",
    "trainer.log_every_n_steps=2",
    "callbacks.measure.n=200",
    "callbacks.measure.every_n_updates=3",
    "callbacks.checkpoint.every_n_updates=3",
]


@pytest.mark.slow
def test_a_resumed_run_is_the_uninterrupted_one(forger: Forger, tmp_path: Path) -> None:
    forger("train", *BIGAN, "trainer.max_steps=6", "hydra.run.dir=whole", "name=whole")
    first = "schedule.generator.T_max=6", "schedule.discriminator.T_max=6"
    forger("train", *BIGAN, *first, "trainer.max_steps=3", "hydra.run.dir=cut", "name=cut")
    # A file may name an encoder of Forger's as it may name the other networks: without trust.
    forger("train", "resume=cut", "trainer.max_steps=6")
    whole, cut = (
        torch.load(tmp_path / run / "checkpoints" / "last.ckpt", weights_only=True)
        for run in ("whole", "cut")
    )
    assert len(whole["optimizer_states"]) == 3
    for part in ("state_dict", "optimizer_states", "lr_schedulers"):
        assert same(whole[part], cut[part])
    curves = read_curves(tmp_path / "whole")
    assert {"loss/encoder", "training/grad_encoder", "training/lr_encoder"} <= curves.keys()
    assert forger("sample", "ckpt=cut", "n=4")


@pytest.mark.parametrize("group", ["optimizer", "schedule"])
def test_a_network_without_an_optimizer_is_refused(forger: Forger, group: str) -> None:
    told = forger("train", *BIGAN, f"~{group}.encoder", "trainer.max_steps=1")
    assert f"give '+{group}.encoder=${{{group}.generator}}', or leave out ~" in told


def test_an_optimizer_of_no_network_is_refused(forger: Forger) -> None:
    told = forger("train", "+optimizer.encoder=${optimizer.generator}", "trainer.max_steps=1")
    assert "optimizer has generator and discriminator and encoder" in told


def test_a_model_with_parents_arguments_is_checked_by_name_and_type(forger: Forger) -> None:
    told = forger("train", *BIGAN, "+model.latent_dm=3", "model.k=two")
    assert "model.latent_dm is not a setting of BiGAN" in told
    assert "model.k (=two) should be a whole number" in told


@pytest.mark.parametrize("model", ["bigan", "simultaneous"])
def test_other_algorithms_are_not_trained_together(forger: Forger, model: str) -> None:
    settings = ["-m", f"experiment={'bigan' if model == 'bigan' else 'default'}", "seed=0,1"]
    told = forger("train", *settings, f"model={model}", "+launcher=together")
    assert "launcher=together computes Algorithm 1" in told
