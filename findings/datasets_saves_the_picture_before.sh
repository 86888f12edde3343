#!/usr/bin/env bash
# datasets 5.2.0 (Hugging Face), Pillow 13.0.0, numpy 2.4.6, Python 3.11.
# A Dataset takes images of Pillow. One that was opened from a file it keeps as the name of that file, and not
# as what is in the image by now. Whatever was done to the image in place is lost: thumbnail, paste,
# ImageDraw. Pictures that were made small or masked before they were put into the data set are the old ones
# when they are read, also after save_to_disk, and in map() as well. resize, crop and convert, which give a
# new image, are right, and so is a copy() of it. No warning.
# Output (a picture of 32 x 32 white pixels, made smaller or painted black; what is read from the data set):
#                                  in place            as a new image
#   from_list, made smaller        32 x 32             8 x 8
#   from_generator, made smaller   32 x 32             8 x 8
#   map, made smaller              32 x 32             8 x 8
#   from_list, painted             mean 255.0          mean 0.0
#   map, painted                   mean 255.0          mean 0.0
#   map, painted, saved, loaded    mean 255.0          mean 0.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q datasets==5.2.0 pillow==13.0.0 numpy==2.4.6
cat > look.py <<'PY'
from pathlib import Path

import datasets
import numpy as np
from PIL import Image, ImageDraw

datasets.disable_progress_bars()
Path("pictures").mkdir()
Image.fromarray(np.full((32, 32, 3), 255, np.uint8)).save("pictures/white.png")


def smaller(image, in_place):
    if not in_place:
        return image.resize((8, 8))
    image.thumbnail((8, 8))
    return image


def painted(image, in_place):
    if not in_place:
        image = image.copy()
    ImageDraw.Draw(image).rectangle([0, 0, 31, 31], fill=0)
    return image


def from_list(change, in_place):
    return datasets.Dataset.from_list([{"image": change(Image.open("pictures/white.png"), in_place)}])


def from_generator(change, in_place):
    def generate():
        yield {"image": change(Image.open("pictures/white.png"), in_place)}

    return datasets.Dataset.from_generator(generate, cache_dir=f"cache_{change.__name__}_{in_place}")


def mapped(change, in_place):
    folder = datasets.load_dataset("imagefolder", data_dir="pictures", split="train", cache_dir="cache")
    return folder.map(lambda row: {"image": change(row["image"], in_place)}, load_from_cache_file=False)


def saved(change, in_place):
    mapped(change, in_place).save_to_disk(f"saved_{in_place}")
    return datasets.load_from_disk(f"saved_{in_place}")


def size(image):
    return f"{image.width} x {image.height}"


def mean(image):
    return f"mean {np.array(image).mean()}"


print(f"{'':<30} {'in place':<19} as a new image")
for name, make, change, show, before, after in (
    ("from_list, made smaller", from_list, smaller, size, "32 x 32", "8 x 8"),
    ("from_generator, made smaller", from_generator, smaller, size, "32 x 32", "8 x 8"),
    ("map, made smaller", mapped, smaller, size, "32 x 32", "8 x 8"),
    ("from_list, painted", from_list, painted, mean, "mean 255.0", "mean 0.0"),
    ("map, painted", mapped, painted, mean, "mean 255.0", "mean 0.0"),
    ("map, painted, saved, loaded", saved, painted, mean, "mean 255.0", "mean 0.0"),
):
    results = [show(make(change, in_place)[0]["image"]) for in_place in (True, False)]
    print(f"{name:<30} {results[0]:<19} {results[1]}")
    assert results == [before, after], "the behaviour has changed"
PY
HF_HOME="$folder/home" HF_HUB_OFFLINE=1 environment/bin/python look.py
