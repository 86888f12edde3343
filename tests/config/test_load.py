import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Trainer
from torch import nn

from forger.callbacks.checkpoint import Checkpoint
from forger.config.build import build
from forger.config.load import load, read
from forger.errors import ForgerError
from forger.runs.version import version
from old import leave_old_run
from tiny import MLP_4X4, SHAPE, Images, composed, make_trainer


def trained(folder: Path, *overrides: str) -> Path:
    """The checkpoint of a short run."""
    gan = build(composed(*MLP_4X4, *overrides))
    trainer: Trainer = make_trainer(folder, 3, [Checkpoint(100, None, keep_all=False)])
    trainer.fit(gan, datamodule=Images(k=gan.k))
    return folder / "checkpoints" / "last.ckpt"


@pytest.mark.parametrize("ema_halflife", [0, 100])
def test_a_loaded_checkpoint_gives_the_same_samples(tmp_path: Path, ema_halflife: int) -> None:
    gan = build(composed(*MLP_4X4, f"model.ema_halflife={ema_halflife}"))
    trainer = make_trainer(tmp_path, 3, [Checkpoint(100, None, keep_all=False)])
    trainer.fit(gan, datamodule=Images())
    torch.manual_seed(123)
    loaded = load(tmp_path / "checkpoints" / "last.ckpt")
    assert torch.equal(loaded.sample(9, seed=4), gan.sample(9, seed=4))
    assert list(loaded.sample(1, seed=0).shape[1:]) == SHAPE
    assert loaded.config == gan.config
    assert loaded.config["generator"]["widths"] == [8, 8]
    assert not any(module.training for module in loaded.modules())


def damage(checkpoint: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1000])


def empty(checkpoint: Path) -> None:
    checkpoint.write_bytes(b"")


def text(checkpoint: Path) -> None:
    checkpoint.write_text("not weights")


def whole_module(checkpoint: Path) -> None:
    torch.save(nn.Linear(1, 1), checkpoint)


def pickled(checkpoint: Path) -> None:
    checkpoint.write_bytes(pickle.dumps({"config": {}, "state_dict": partial(print, "harm")}))


@pytest.mark.parametrize("harm", [damage, empty, text, whole_module, pickled])
def test_a_damaged_or_dangerous_file_is_refused_by_name(tmp_path: Path, harm) -> None:
    checkpoint = trained(tmp_path)
    harm(checkpoint)
    with pytest.raises(ForgerError, match=f"{checkpoint} is damaged or not a checkpoint of Forger"):
        load(checkpoint)


@pytest.mark.parametrize("contents", [{"state_dict": {}}, {"config": {}}, [1, 2], torch.zeros(3)])
def test_a_foreign_checkpoint_is_refused_by_name(tmp_path: Path, contents: object) -> None:
    torch.save(contents, tmp_path / "foreign.ckpt")
    with pytest.raises(ForgerError, match=r"foreign\.ckpt is not a checkpoint of Forger"):
        read(tmp_path / "foreign.ckpt")


def test_a_checkpoint_of_forger_0_1_0_gives_the_samples_that_it_gave(tmp_path: Path) -> None:
    run = leave_old_run(tmp_path / "run")
    made = load(run / "checkpoints" / "last.ckpt").sample(3, seed=0).flatten()
    torch.testing.assert_close(made, torch.tensor([-0.00076973, 0.02512318, 0.04785781]))


def test_a_checkpoint_carries_the_version_that_wrote_it(tmp_path: Path) -> None:
    assert read(trained(tmp_path))["forger_version"] == version()


def lacks(contents: dict) -> None:
    del contents["config"]["generator"]["widths"]


def unknown(contents: dict) -> None:
    contents["config"]["generator"]["depth"] = 3


def unknown_class(contents: dict) -> None:
    contents["config"]["generator"]["_target_"] = "forger.networks.mlp.Quantum"


def no_part(contents: dict) -> None:
    del contents["config"]["generator"]


def wrong_type(contents: dict) -> None:
    contents["config"]["model"]["latent_dim"] = "abc"


def list_for_a_node(contents: dict) -> None:
    contents["config"]["discriminator"] = [1]


def other_weights(contents: dict) -> None:
    del contents["state_dict"]["generator.layers.0.weight"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lacks, "generator lacks widths: give generator.widths="),
        (unknown, "generator.depth is not a setting of Generator"),
        (unknown_class, "Quantum"),
        (no_part, "it lacks generator"),
        (wrong_type, r"model.latent_dim \(=abc\) should be a whole number"),
        (list_for_a_node, r"discriminator \(=\[1\]\) should be an option"),
        (other_weights, r"Missing key\(s\) in state_dict: \"generator.layers.0.weight\""),
    ],
)
@pytest.mark.parametrize(("other", "named"), [("9.8.7", "9.8.7"), (None, "0.1.0 or older")])
def test_what_another_forger_stored_is_named_with_its_version(
    tmp_path: Path,
    change: Callable[[dict], None],
    sentence: str,
    other: str | None,
    named: str,
) -> None:
    contents = torch.load(leave_old_run(tmp_path) / "checkpoints" / "last.ckpt", weights_only=True)
    change(contents)
    if other:
        contents["forger_version"] = other
    torch.save(contents, tmp_path / "other.ckpt")
    with pytest.raises(ForgerError, match=sentence) as caught:
        load(tmp_path / "other.ckpt")
    # Of what trust refuses, a version is told that is written in the file alone.
    if other or change not in (unknown_class, no_part):
        assert "other.ckpt" in str(caught.value)
        assert f"written by Forger {named} (this is {version()})" in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("part", ["generator", "ema"])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, part: str, value: float) -> None:
    contents = torch.load(leave_old_run(tmp_path) / "checkpoints" / "last.ckpt", weights_only=True)
    contents["state_dict"][f"{part}.layers.0.weight"][0] = value
    torch.save(contents, tmp_path / "diverged.ckpt")
    with pytest.raises(ForgerError, match=r"diverged\.ckpt has weights that are not finite"):
        load(tmp_path / "diverged.ckpt")


def saved(path: Path, **changes: object) -> Path:
    """A checkpoint of small networks, whose configuration is of others."""
    gan = build(composed(*MLP_4X4))
    config = {**gan.config, **{k: {**gan.config[k], **v} for k, v in changes.items()}}  # type: ignore
    torch.save({"state_dict": gan.state_dict(), "config": config, "global_step": 0}, path)
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"generator": {"widths": [10**9]}},
        {"discriminator": {"widths": [10**9, 10**9]}},
        {"generator": {"shape": [1, 10**5, 10**5]}},
        {"generator": {"latent_dim": 10**10}},
    ],
)
def test_networks_larger_than_the_checkpoint_are_never_made(tmp_path: Path, changes: dict) -> None:
    checkpoint = saved(tmp_path / "x.ckpt", **changes)
    with pytest.raises(ForgerError, match=rf"take .* GB, and four times {checkpoint} holds"):
        load(checkpoint)


def test_sizes_beyond_all_numbers_are_a_sentence_too(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=r"x\.ckpt, .*: generator: "):
        load(saved(tmp_path / "x.ckpt", generator={"widths": [2**62, 2**62]}))
    with pytest.raises(ForgerError, match=r"has 1001 bits"):
        load(saved(tmp_path / "x.ckpt", generator={"widths": [2**1000]}))


def test_a_loaded_gan_has_networks_and_nothing_that_it_was_trained_by(tmp_path: Path) -> None:
    gan = load(saved(tmp_path / "x.ckpt"))
    assert not any([gan.loss, gan.penalty, gan.augment, gan.optimizer, gan.schedule])
    assert gan.config["loss"]["_target_"] == "forger.losses.NonSaturating"


def test_a_checkpoint_without_a_network_is_told_so(tmp_path: Path) -> None:
    gan = build(composed(*MLP_4X4))
    config = {name: node for name, node in gan.config.items() if name != "discriminator"}
    torch.save({"state_dict": gan.state_dict(), "config": config}, tmp_path / "x.ckpt")
    with pytest.raises(ForgerError, match=r"x\.ckpt .* lacks discriminator$"):
        load(tmp_path / "x.ckpt")
