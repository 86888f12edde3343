"""Samples of another project's script, after as much processor time as it is given.

python benchmarks/peers.py SCRIPT SECONDS OUT.npz [--range LOW HIGH] [--latent-dim 100]
                           [-- argument of the script ...]

Runs the script as it is, in a new folder that has MNIST where torchvision looks for it, until its
process has used SECONDS of processor time, and then draws 10,000 images from what the script calls
`generator`, or `model`, in evaluation mode. --range: the values that the script has for black and
white. --latent-dim: the size of its z, from a normal distribution. Images of another size are
brought to 28 x 28. Then

forger evaluate images=OUT.npz data=mnist

measures them as it does a checkpoint.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torchvision.transforms.v2.functional import resize

from forger.data.mnist import SHIPPED

COUNT = 10_000


class OutOfTime(BaseException):
    """Not an Exception, so that nothing in the script takes it for an error of its own."""


def stop(*_: object) -> None:
    raise OutOfTime


def train(script: Path, seconds: float, arguments: list[str]) -> torch.nn.Module:
    """What the script calls `generator` or `model` once it is out of time."""
    with tempfile.TemporaryDirectory() as scratch:
        # torchvision's folder, in the places where the scripts look.
        for folder in ("data/mnist", "implementations/one"):
            shutil.copytree(SHIPPED / "MNIST", Path(scratch, folder, "MNIST"))
        os.chdir(Path(scratch, "implementations", "one"))
        sys.argv = [str(script), *arguments]
        names = {"__name__": "__main__", "__file__": str(script)}
        signal.signal(signal.SIGPROF, stop)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            exec(compile(script.read_text(), script, "exec"), names)
        except OutOfTime:
            pass
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            os.chdir("/")
    return names["generator"] if "generator" in names else names["model"]  # pyright: ignore


@torch.no_grad()
def draw(generator: torch.nn.Module, latent_dim: int, low: float, high: float) -> np.ndarray:
    """Images uint8 (COUNT, 28, 28)."""
    generator.eval()
    torch.manual_seed(0)
    batches = torch.randn(COUNT, latent_dim).split(500)
    # (COUNT, C, H, W) -> (COUNT, 1, H, W): the mean of the channels is the grey level
    images = torch.cat([generator(z) for z in batches]).mean(1, keepdim=True)
    pixels = ((images - low) * (255 / (high - low))).clamp(0, 255)
    return resize(pixels, [28, 28]).round().to(torch.uint8)[:, 0].numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("script", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("out", type=Path)
    parser.add_argument("--range", nargs=2, type=float, default=[-1.0, 1.0])
    parser.add_argument("--latent-dim", type=int, default=100)
    given, arguments = parser.parse_known_args()
    out = given.out.resolve()
    rest = [argument for argument in arguments if argument != "--"]
    generator = train(given.script.resolve(), given.seconds, rest)
    np.savez_compressed(out, draw(generator, given.latent_dim, *given.range))
    print(out)


if __name__ == "__main__":
    main()
