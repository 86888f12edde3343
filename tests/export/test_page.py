"""What a browser shows of the page, read from its canvases."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from forger.config.build import build
from forger.export.formats import trace, write_onnx
from forger.export.page import SAMPLES, numbers, write_page
from forger.gan import GAN
from forger.latent_space.directions import principal
from forger.latents import sample_prior_by_index
from tiny import composed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
BROWSER = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--enable-logging=stderr",
]
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here to open the page in")

# Around what a test does once the page has started.
SCRIPT = """
const told = {refused: []};
addEventListener("securitypolicyviolation", event => told.refused.push(event.blockedURI));
const pixels = selector => [...document.querySelectorAll(selector)].map(canvas =>
  [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]);
start().then(async () => { %s }).catch(error => { told.error = error.stack; })
  .finally(() => console.log("TOLD " + JSON.stringify(told)));
"""


def make_gan(*settings: str) -> GAN:
    """A GAN of small perceptrons whose samples have contrast."""
    gan = build(composed(*settings))
    for weights in gan.sampling_generator.parameters():
        nn.init.normal_(weights, std=0.7)
    return gan.eval()


def told(gan: GAN, folder: Path, actions: str) -> dict[str, Any]:
    """What a script in the page, run once it has started, puts into `told`."""
    write_onnx(gan, trace(gan), folder / "generator.onnx")
    write_page(gan, folder / "generator.onnx", folder / "generator.html")
    page = (folder / "generator.html").read_text()
    assert page.count("\nstart();\n") == 1
    changed = folder / "changed.html"
    changed.write_text(page.replace("\nstart();\n", SCRIPT % actions))
    assert CHROMIUM is not None
    command = [CHROMIUM, *BROWSER, "--enable-logging=stderr", f"--user-data-dir={folder}/profile"]
    with subprocess.Popen(
        [*command, changed.as_uri()], stderr=subprocess.PIPE, text=True
    ) as browser:
        assert browser.stderr is not None
        patience = Timer(200, browser.kill)
        patience.start()
        # Where the page's console ends up, a message a line.
        said = next((line for line in browser.stderr if "CONSOLE" in line and "TOLD" in line), "")
        patience.cancel()
        browser.kill()
    found = re.search(r'"TOLD (\{.*\})", source: ', said)
    assert found is not None, "the page has not started"
    values = json.loads(found[1])
    assert "error" not in values, values["error"]
    return values


def colours(canvases: list[list[int]], height: int, width: int) -> Tensor:
    """Canvases as images, int64 (n, 3, height, width); all of them opaque."""
    pixels = torch.tensor(canvases).unflatten(1, (height, width, 4))
    assert (pixels[..., 3] == 255).all()
    return pixels[..., :3].movedim(-1, 1)


def assert_alike(shown: Tensor, due: Tensor) -> None:
    """Bytes agree, but for those that stand on the edge between two."""
    assert shown.shape == due.shape
    off = (shown - due.long()).abs()
    assert off.max() <= 1
    assert (off > 0).float().mean() < 1e-3


@pytest.mark.slow
@needs_browser
def test_a_browser_shows_the_samples_and_moves_the_chosen_one(tmp_path: Path) -> None:
    gan = make_gan(
        "generator=conditional",
        "generator@generator.body=mlp",
        "generator.body.widths=[6]",
        "discriminator=conditional",
        "discriminator@discriminator.body=linear",
        "model.latent_dim=5",
        "data.shape=[1,6,8]",
    )
    names = ["<b>none</b>", "one", "two", "three", *"456789"]
    gan.config["data"]["class_names"] = names
    seen = told(
        gan,
        tmp_path,
        """
        told.difference = get("status").dataset.difference;
        told.samples = pixels("#samples canvas");
        get("samples").children[12].click();
        get("class").value = "3";
        get("class").onchange();
        const slider = document.querySelectorAll("input")[2];
        slider.value = 1.5;
        slider.oninput({target: slider});
        slider.onchange();
        const box = get("map").getBoundingClientRect();
        get("map").setPointerCapture = () => {};
        get("map").onpointerdown({
          buttons: 1, clientX: box.left + box.width * 6 / 7, clientY: box.top + box.height});
        await refresh();
        told.names = [...get("class").options].map(option => option.text);
        told.chosen = get("chosen").textContent;
        told.third = pixels("#samples canvas");
        told.image = pixels("#image");
        told.map = pixels("#map canvas");
        told.dot = [get("dot").style.left, get("dot").style.bottom];
        told.sliders = [...document.querySelectorAll("input")].map(input => input.value);
        get("new").click();
        await refresh();
        told.fresh = pixels("#samples canvas");
        """,
    )
    assert float(seen["difference"]) < 1e-4
    assert seen["names"] == ["all in turn", *names]
    assert seen["chosen"] == "class three"
    z = sample_prior_by_index("normal", SAMPLES, 5, seed=0)
    third = torch.full((SAMPLES,), 3)
    samples, changed = colours(seen["samples"], 6, 8), colours(seen["third"], 6, 8)
    assert_alike(samples, gan.generate(z).expand(-1, 3, -1, -1))
    assert_alike(changed, gan.generate(z, third).expand(-1, 3, -1, -1))
    assert (samples - changed).abs().max() > 20

    directions, _ = principal(gan.sampling_generator, 5)

    def placed(*coordinates: float) -> Tensor:
        """Sample 12 with these coordinates along the first directions, one generated image."""
        moved = z[12:13]
        for direction, value in zip(directions, coordinates, strict=False):
            moved = moved + (value - moved @ direction)[:, None] * direction
        return gan.generate(moved, third[:1]).expand(-1, 3, -1, -1)

    assert_alike(colours(seen["image"], 6, 8), placed(2.5, -3, 1.5))
    assert [float(value) for value in seen["sliders"]][:3] == [2.5, -3, 1.5]
    assert [float(place.rstrip("%")) for place in seen["dot"]] == pytest.approx([600 / 7, 50 / 7])
    steps = torch.linspace(-3, 3, 7).tolist()
    rows = [torch.cat([placed(a, b, 1.5) for a in steps], 3) for b in reversed(steps)]
    assert_alike(colours(seen["map"], 7 * 6, 7 * 8), torch.cat(rows, 2))

    fresh = colours(seen["fresh"], 6, 8)
    assert (fresh - changed).abs().float().mean() > 5
    assert len(fresh.flatten(1).unique(dim=0)) == SAMPLES
    assert seen["refused"] == []


@pytest.mark.slow
@needs_browser
def test_colours_one_latent_coordinate_and_a_uniform_prior(tmp_path: Path) -> None:
    gan = make_gan(
        "generator=mlp",
        "generator.widths=[6]",
        "discriminator=linear",
        "model.latent_dim=1",
        "model.prior=uniform",
        "data.shape=[3,4,4]",
    )
    seen = told(
        gan,
        tmp_path,
        """
        told.samples = pixels("#samples canvas");
        told.hidden = ["pad", "classes", "controls"].map(id => get(id).hidden);
        told.drawn = Array(2000).fill([0]).map(draw).flat();
        const blocked = new Promise(done => addEventListener("securitypolicyviolation", done));
        await fetch("https://example.org/").catch(() => {});
        await blocked;
        """,
    )
    assert_alike(colours(seen["samples"], 4, 4), gan.sample(SAMPLES, seed=0))
    assert seen["hidden"] == [True, True, False]
    assert max(map(abs, seen["drawn"])) <= 3**0.5
    assert torch.tensor(seen["drawn"]).std() == pytest.approx(1, abs=0.1)
    assert seen["refused"] == ["https://example.org/"]


def test_a_first_layer_of_another_kind_leaves_the_coordinates_themselves() -> None:
    gan = make_gan("generator=mlp", "discriminator=linear", "model.latent_dim=3")
    for name in ("generator", "ema"):
        network = getattr(gan, name)
        network.layers[0] = nn.Sequential(
            nn.Unflatten(1, (3, 1)), nn.Conv1d(3, 128, 1), nn.Flatten()
        )
    assert numbers(gan)["directions"] == torch.eye(3).tolist()


def test_the_page_names_nothing_outside_of_it(tmp_path: Path) -> None:
    gan = make_gan("generator=mlp", "generator.widths=[6]", "discriminator=linear")
    (tmp_path / "a.onnx").write_bytes(b"model")
    write_page(gan, tmp_path / "a.onnx", tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert "{{" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|(?:src|href)=|@import|\bfetch\(", page)
