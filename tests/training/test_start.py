import json
from pathlib import Path

import pytest
import torch

from command_line import run_command as forger
from command_line import succeed
from forger.config.build import build
from forger.config.load import read
from forger.errors import ForgerError
from forger.gan import GAN
from forger.training.start import start_from
from tiny import composed, same

SMALL = ["generator=mlp", "discriminator=mlp", "generator.widths=[8]", "discriminator.widths=[4]"]
SMALL += ["model.latent_dim=4"]


def gan(*overrides: str) -> GAN:
    return build(composed(*SMALL, *overrides))


def saved(gan: GAN, path: Path) -> Path:
    contents = {"state_dict": gan.state_dict(), "config": gan.config, "global_step": 7}
    torch.save(contents, path)
    return path


def test_all_networks_are_taken_and_nothing_else(tmp_path: Path) -> None:
    other, new = gan("seed=1"), gan("seed=2", "model.k=3")
    assert not same(other.state_dict(), new.state_dict())
    told = start_from(new, saved(other, tmp_path / "x.ckpt"))
    assert same(other.state_dict(), new.state_dict())
    assert told == {"checkpoint": str(tmp_path / "x.ckpt"), "updates": 7}
    assert (new.k, new.seed) == (3, 2)


def test_without_an_average_there_the_average_starts_at_the_generator(tmp_path: Path) -> None:
    other, new = gan("seed=1", "model.ema_halflife=0"), gan("seed=2")
    start_from(new, saved(other, tmp_path / "x.ckpt"))
    assert new.ema is not None
    assert same(other.generator.state_dict(), new.ema.state_dict())
    start_from(other, saved(gan("seed=3"), tmp_path / "y.ckpt"))
    assert same(other.generator.state_dict(), gan("seed=3").generator.state_dict())


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["model.latent_dim=5"], r"generator.layers.0.weight is \[8, 4\] there and \[8, 5\] here"),
        (["discriminator.widths=[4,4]"], "discriminator.layers.3.* there and|it has no"),
        (["data.shape=[3,28,28]"], r"\[784, 8\] there and \[2352, 8\] here"),
        (["generator.widths=[]"], "generator.layers"),
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_changed(
    tmp_path: Path, overrides: list[str], sentence: str
) -> None:
    ckpt, new = saved(gan("seed=1"), tmp_path / "x.ckpt"), gan(*overrides)
    before = {name: tensor.clone() for name, tensor in new.state_dict().items()}
    with pytest.raises(ForgerError, match=f"x.ckpt do not fit: .*({sentence})"):
        start_from(new, ckpt)
    assert same(before, new.state_dict())


@pytest.mark.slow
def test_a_run_starts_from_another_one_says_so_and_goes_on_as_any_other(tmp_path: Path) -> None:
    few = [*SMALL, "debug=smoke", "callbacks=[checkpoint]", "metrics=[]"]
    succeed(tmp_path, "train", *few, "name=first", "seed=1")
    first = next(tmp_path.rglob("first/checkpoints/last.ckpt"))
    other = ["train", *few, f"start={first}", "seed=2", "loss=hinge", "name=second"]
    # So slow that the weights are those of the first run.
    other += [f"optimizer.{name}.lr=1e-12" for name in ("generator", "discriminator")]
    said = succeed(tmp_path, *other)
    assert f"weights  from update {read(first)['global_step']} of {first}" in said
    second = next(tmp_path.rglob("second"))
    last = second / "checkpoints" / "last.ckpt"
    for name, tensor in read(first)["state_dict"].items():
        if name.startswith("discriminator"):
            torch.testing.assert_close(read(last)["state_dict"][name], tensor)
    (told,) = json.loads((second / "run.json").read_text())
    assert told["started_from"]["checkpoint"] == str(first)
    refused = forger(tmp_path, "train", f"repeat={second}")
    assert "start (=" in refused.stderr
    assert "leads out of the run folder" in refused.stderr
    steps = read(last)["global_step"]
    succeed(tmp_path, "train", f"resume={second}", f"trainer.max_steps={steps + 2}")
    assert read(last)["global_step"] == steps + 2
    assert json.loads((second / "run.json").read_text())[1]["started_from"] is None
