"""The generator that samples come from, in files that need no Forger."""

import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from forger.data.units import to_file, to_training, units_of
from forger.errors import ForgerError
from forger.gan import GAN
from forger.latents import sample_prior_by_index
from forger.pixels import to_unit
from forger.training.ema import copy_network

# The largest allowed difference of a program's images, in [0, 1], from PyTorch's.
TOLERANCE = 1e-4


class Images(nn.Module):
    """Latent vectors z (n, latent_dim) to images (n, C, H, W) in [0, 1]; points as in their file.

    label: int64 (n,), of a conditional GAN.
    """

    def __init__(self, gan: GAN) -> None:
        super().__init__()
        # Weights in the plain order, which other runtimes expect.
        self.generator = copy_network(gan.sampling_generator).to(
            memory_format=torch.contiguous_format
        )
        self.value_range = gan.value_range
        self.units = units_of(gan.config)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        x = self.generator(z) if label is None else self.generator(z, label)
        return to_file(to_unit(x, self.value_range), self.units)


def inputs(gan: GAN, count: int) -> dict[str, Tensor]:
    """Latent vectors 0 to count - 1 of seed 0, `z`, and the classes in turn, `label`, if any."""
    z, label = sample_prior_by_index(gan.prior, count, gan.latent_dim, seed=0), gan.labels(count)
    return {"z": z} if label is None else {"z": z, "label": label}


def write_weights(gan: GAN, path: Path) -> None:
    """The network's own weights as safetensors, by the names of its state_dict.

    In the metadata, as JSON: the configuration, whose node `generator` builds the network, and the
    value_range of its images, before any scaling.
    """
    facts = {"config": json.dumps(gan.config), "value_range": json.dumps(gan.value_range)}
    weights = {
        name: weight.clone(memory_format=torch.contiguous_format)
        for name, weight in gan.sampling_generator.state_dict().items()
    }
    # Not save_file, which makes files that other users cannot read.
    path.write_bytes(save(weights, facts))


def trace(gan: GAN) -> ExportedProgram:
    """`Images` as a program for any n. Raises ForgerError if torch.export cannot follow it."""
    # The number of images stays open; all other sizes are fixed.
    n = Dim("n")
    examples = inputs(gan, 2)
    try:
        return torch.export.export(
            Images(gan).eval(),
            tuple(examples.values()),
            dynamic_shapes={name: {0: n} for name in examples},
        )
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        fixed = ": it fixes the number of images, as len(z) does; write z.shape[0] or unflatten"
        hint = fixed if reason.startswith("Constraints violated") else f": {reason}"
        raise ForgerError(f"torch.export cannot follow the generator{hint}") from error


def write_program(gan: GAN, program: ExportedProgram, path: Path) -> float:
    """The program as .pt2 for torch.export.load, the configuration in its extra file config.json.

    Returns its largest difference from PyTorch; raises ForgerError as `compare` does.
    """
    # To memory first: on a full disk torch's own writer fails with a message of its insides.
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files={"config.json": json.dumps(gan.config)})
    path.write_bytes(buffer.getvalue())
    return compare(gan, torch.export.load(path).module(), "generator.pt2")


def write_onnx(gan: GAN, program: ExportedProgram, path: Path) -> float:
    """The program in one ONNX file, from inputs `z` and, if conditional, `label` to the output `x`.

    The configuration is in the metadata as JSON. Returns the largest difference from PyTorch in
    ONNX Runtime; raises ForgerError as `compare` does.
    """
    # Optional, see the extra `export`.
    from onnxruntime import InferenceSession

    # Both log a line for each step of the conversion.
    for chatty in ("onnx_ir", "onnxscript"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    examples = inputs(gan, 2)
    model = torch.onnx.export(
        program,
        tuple(examples.values()),
        input_names=list(examples),
        output_names=["x"],
        dynamo=True,
        # It would drop what is added and at most 1e-8, such as the epsilon of a normalisation.
        optimize=False,
        verbose=False,
    )
    assert model is not None
    for value in (*model.model.graph.inputs, *model.model.graph.outputs):
        # torch.export names it by a number of its own.
        cast(Any, value).shape[0] = "n"
    model.model.metadata_props["config"] = json.dumps(gan.config)
    model.save(path)
    session = InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(*tensors: Tensor) -> Tensor:
        arrays = (tensor.numpy() for tensor in tensors)
        return torch.from_numpy(session.run(["x"], dict(zip(examples, arrays, strict=True)))[0])

    return compare(gan, run, "generator.onnx")


@torch.no_grad()
def compare(gan: GAN, run: Callable[..., Tensor], name: str) -> float:
    """The largest difference of what `run` makes from what the GAN's `Images` do, at several n.

    Differences of points are in the units of training, in which no column hides another; those of
    points beyond 1 are relative. Raises ForgerError if it exceeds TOLERANCE.
    """
    images = Images(gan).eval()
    differences = []
    # Other sizes than the traced one: a program may have fixed its n.
    for count in (1, 2, 7):
        batch = inputs(gan, count).values()
        made, due = (to_training(x, images.units) for x in (run(*batch), images(*batch)))
        differences.append((made - due).abs().max() / due.abs().max().clamp(min=1))
    largest = torch.stack(differences).max().item()
    # Written so that NaN, of a run that diverged, is refused.
    if not largest <= TOLERANCE:
        raise ForgerError(f"{name} would differ from PyTorch by {largest:.2g}: it is not written")
    return largest
