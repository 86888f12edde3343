"""Rows of samples from the course of a run, as TensorBoard has them, top to bottom.

python docs/growth.py RUN docs/growth.png
"""

import io
import sys

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

# Pixels of the first row of the default grid, which has eight.
HEIGHT = 30


def main(run: str, picture: str) -> None:
    events = EventAccumulator(run, size_guidance={"images": 0})
    events.Reload()
    drawn = {image.step: image.encoded_image_string for image in events.Images("samples")}
    steps = [step for step in (0, 500, 1000, 2000, 3800) if step in drawn]
    print("updates", *steps)
    rows = [np.asarray(Image.open(io.BytesIO(drawn[step])))[:HEIGHT] for step in steps]
    together = Image.fromarray(np.concatenate(rows))
    size = 2 * together.width, 2 * together.height
    together.resize(size, Image.Resampling.NEAREST).save(picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
