"""Each format is read anew by what others would read it with, and compared with the GAN."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from onnxruntime import InferenceSession
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.export import ExportedProgram

from forger.config.build import build
from forger.errors import ForgerError
from forger.export.formats import (
    Images,
    compare,
    inputs,
    trace,
    write_onnx,
    write_program,
    write_weights,
)
from forger.gan import GAN
from forger.latents import sample_prior
from tiny import CONDITIONAL, composed

KINDS = {
    "conditional": CONDITIONAL,
    "convolutional": ["generator.width=2", "discriminator.width=2", "model.latent_dim=4"],
    "points": ["experiment=ring", "generator.widths=[6]"],
    "table": ["experiment=ring", "generator.widths=[6]"],
}


@pytest.fixture(scope="module", params=KINDS)
def gan(request: pytest.FixtureRequest) -> GAN:
    """A GAN whose averaged generator alone makes examples of contrast."""
    gan = build(composed(*KINDS[request.param]))
    for name, weights in gan.sampling_generator.named_parameters():
        nn.init.normal_(weights, std=0.7)
        if gan.ema is not None:
            nn.init.zeros_(gan.generator.get_parameter(name))
    if request.param == "table":
        gan.config["units"] = {"names": ["a", "b"], "mean": [9.0, 1.0], "deviation": [3.0, 2.0]}
    return gan.eval()


@pytest.fixture(scope="module")
def program(gan: GAN) -> ExportedProgram:
    return trace(gan)


def batch(gan: GAN, count: int) -> tuple[list[Tensor], Tensor]:
    """Latent vectors, classes if there are any, and the examples that are due for them."""
    given = [sample_prior(gan.prior, count, gan.latent_dim)]
    if gan.classes is not None:
        given.append(torch.randint(gan.classes, (count,)))
    with torch.no_grad():
        x = gan.sampling_generator(*given)
    if "units" in gan.config:
        return given, x.double() * torch.tensor([3, 2]) + torch.tensor([9, 1])
    # Both generators of images here end in a hyperbolic tangent.
    return given, x if gan.value_range is None else (x + 1) / 2


def agree(gan: GAN, run: Callable[..., Tensor]) -> None:
    for count in (1, 3, 64):
        given, due = batch(gan, count)
        assert due.std() > 0.02
        torch.testing.assert_close(run(*given), due, atol=1e-4, rtol=0)


@pytest.mark.slow
def test_onnx_runtime_makes_the_same_from_the_file_alone(
    gan: GAN, program: ExportedProgram, tmp_path: Path
) -> None:
    assert write_onnx(gan, program, tmp_path / "a.onnx") <= 1e-4
    assert [file.name for file in tmp_path.iterdir()] == ["a.onnx"]
    session = InferenceSession(tmp_path / "a.onnx")
    names = [given.name for given in session.get_inputs()]
    assert names == ["z", "label"][: len(names)]
    assert len(names) == (1 if gan.classes is None else 2)
    assert {given.shape[0] for given in (*session.get_inputs(), *session.get_outputs())} == {"n"}

    def run(*given: Tensor) -> Tensor:
        feeds = {name: part.numpy() for name, part in zip(names, given, strict=True)}
        return torch.from_numpy(session.run(["x"], feeds)[0])

    agree(gan, run)
    assert json.loads(session.get_modelmeta().custom_metadata_map["config"]) == gan.config


def test_pytorch_makes_the_same_from_the_program(
    gan: GAN, program: ExportedProgram, tmp_path: Path
) -> None:
    assert write_program(gan, program, tmp_path / "a.pt2") <= 1e-4
    extra = {"config.json": ""}
    agree(gan, torch.export.load(tmp_path / "a.pt2", extra_files=extra).module())
    assert json.loads(extra["config.json"]) == gan.config


def test_weights_fit_the_network_that_their_metadata_describe(gan: GAN, tmp_path: Path) -> None:
    write_weights(gan, tmp_path / "a.safetensors")
    with safe_open(tmp_path / "a.safetensors", "pt") as file:
        facts = {name: json.loads(text) for name, text in file.metadata().items()}
    network = instantiate(facts["config"]["generator"], _convert_="all")
    network.load_state_dict(load_file(tmp_path / "a.safetensors"))
    given, _ = batch(gan, 3)
    with torch.no_grad():
        assert torch.equal(network.eval()(*given), gan.sampling_generator(*given))
    due = None if gan.value_range is None else list(gan.value_range)
    assert facts["value_range"] == due


def test_what_differs_is_not_written(gan: GAN) -> None:
    images = Images(gan).eval()

    def off(by: float) -> float:
        return compare(gan, lambda *given: images(*given) + by, "a.pt2")

    assert 1e-6 < off(0.9e-4) < 1e-4
    with pytest.raises(ForgerError, match=r"a\.pt2 would differ from PyTorch by 0\."):
        off(0.3)
    with pytest.raises(ForgerError, match="by nan"):
        off(float("nan"))


@pytest.mark.parametrize("gan", ["table"], indirect=True)
def test_no_column_hides_what_differs_in_another(gan: GAN, monkeypatch: pytest.MonkeyPatch) -> None:
    units = {"names": ["a", "b"], "mean": [1e9, 1.0], "deviation": [1e6, 2.0]}
    monkeypatch.setitem(gan.config, "units", units)
    images = Images(gan).eval()
    with pytest.raises(ForgerError, match="would differ from PyTorch"):
        compare(gan, lambda *given: images(*given) + torch.tensor([0.0, 0.3]), "a.pt2")


class Undecided(nn.Module):
    """A generator whose computation hangs on the values of z."""

    def forward(self, z: Tensor) -> Tensor:
        return z if z.sum() > 0 else -z


class Counted(nn.Module):
    """A generator that asks for the number of z, which becomes a constant of the program."""

    def forward(self, z: Tensor) -> Tensor:
        return z.view(len(z), -1)


class Normalised(nn.Module):
    """A generator that normalises what is zero everywhere, with the epsilon of StyleGAN."""

    def forward(self, z: Tensor) -> Tensor:
        dead = z[:, :2].clamp(max=0).relu()
        return dead * (dead.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def test_onnx_keeps_a_small_epsilon(tmp_path: Path) -> None:
    gan = build(composed(*KINDS["points"]))
    gan.ema = None
    gan.generator = Normalised()
    assert write_onnx(gan, trace(gan), tmp_path / "a.onnx") == 0


@pytest.mark.parametrize(("kind", "reason"), [(Undecided, ""), (Counted, "it fixes the number of")])
def test_a_generator_that_cannot_be_followed_is_refused(kind: type, reason: str) -> None:
    gan = build(composed(*KINDS["points"]))
    gan.ema = None
    gan.generator = kind()
    with pytest.raises(ForgerError, match=f"cannot follow the generator: {reason}"):
        trace(gan)


def test_inputs_are_those_of_forger_sample() -> None:
    gan = build(composed(*KINDS["conditional"])).eval()
    given = inputs(gan, 12)
    assert given["label"].tolist() == [*range(10), 0, 1]
    images = gan.generate(given["z"], given["label"])
    assert torch.equal(images, gan.sample(12, seed=0))
