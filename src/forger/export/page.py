"""One page of HTML that runs the generator in a browser, needing nothing else and no network.

ONNX Runtime Web, the model and the numbers below travel in it, compressed.
"""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import torch

from forger.errors import ForgerError
from forger.export.formats import Images, inputs
from forger.gan import GAN
from forger.latent_space.directions import principal
from forger.report.templates import render

HERE = Path(__file__).parent
# Number of samples of seed 0 that the page opens with.
SAMPLES = 56
# Number of these whose images the page compares with PyTorch's.
CHECKED = 4
# Number of sliders; the first two directions span the map.
DIRECTIONS = 8


def write_page(gan: GAN, onnx: Path, path: Path) -> None:
    """The page of a generator of images, around its ONNX file."""
    parts = {
        "numbers": gzip.compress(json.dumps(numbers(gan)).encode()),
        "model": gzip.compress(onnx.read_bytes()),
        "runtime": (HERE / "runtime" / "ort.wasm.bundle.min.mjs.gz").read_bytes(),
        "wasm": (HERE / "runtime" / "ort-wasm-simd-threaded.wasm.gz").read_bytes(),
    }
    texts = {name: base64.b64encode(part).decode() for name, part in parts.items()}
    path.write_text(render(HERE / "page.html", **texts), encoding="utf-8")


@torch.no_grad()
def numbers(gan: GAN) -> dict[str, Any]:
    """The numbers of the GAN that the page uses."""
    try:
        directions, _ = principal(gan.sampling_generator, gan.latent_dim)
    except ForgerError:
        # The first layer is not linear: the coordinates of z serve as directions.
        directions = torch.eye(gan.latent_dim)
    images = Images(gan).eval()(**inputs(gan, CHECKED))
    return {
        "prior": gan.prior,
        "classes": gan.classes,
        "names": gan.config["data"].get("class_names") or [],
        "directions": directions[:DIRECTIONS].tolist(),
        "z": inputs(gan, SAMPLES)["z"].tolist(),
        "shape": list(images.shape[1:]),
        "images": images.flatten().tolist(),
    }
