#!/usr/bin/env bash
# polars 2.1.0, Python 3.11.
# sum of polars, of a series or of each group, is documented to take bytes and integers of 16 bits as 64 bits,
# lest they overflow. sum_horizontal, which adds the columns of a row, adds in the type of the columns, and so
# do mean_horizontal, whose result is a float, and dot: three channels of 200 have the sum 88 and the mean 29.
# Of dark pixels the mean is right, of bright ones it is below each of the values. No warning; sums and means
# over rows or in lists are right of the same numbers.
# Output (pixels of three equal channels, 20, 100 and 200, as bytes and as integers of 64 bits):
#   sum_horizontal    bytes     60     44     88   integers of 64 bits     60    300    600
#   mean_horizontal   bytes     20 14.667 29.333   integers of 64 bits     20    100    200
#   sum, transposed   bytes     60    300    600   integers of 64 bits     60    300    600
#   mean, as lists    bytes     20    100    200   integers of 64 bits     20    100    200
#   dot with itself   bytes    224                 integers of 64 bits  50400
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q polars==2.1.0
cat > look.py <<'PY'
import polars as pl

channels = dict.fromkeys(("red", "green", "blue"), pl.UInt8)
pixels = pl.DataFrame({"red": [20, 100, 200], "green": [20, 100, 200], "blue": [20, 100, 200]}, schema=channels)
wide = pixels.cast(pl.Int64)
seen = {}
for name, function in (
    ("sum_horizontal", lambda frame: frame.sum_horizontal()),
    ("mean_horizontal", lambda frame: frame.mean_horizontal()),
    ("sum, transposed", lambda frame: frame.transpose().sum().transpose().to_series()),
    ("mean, as lists", lambda frame: frame.select(pl.concat_list(pl.all()).list.mean()).to_series()),
    ("dot with itself", lambda frame: pl.Series([frame["red"].dot(frame["red"])])),
):
    seen[name] = [function(frame).to_list() for frame in (pixels, wide)]
    shown = (" ".join(f"{value:6.5g}" for value in values) for values in seen[name])
    print(f"{name:<17} bytes {next(shown):<22} integers of 64 bits {next(shown)}")
for name in ("sum, transposed", "mean, as lists"):
    assert seen[name][0] == seen[name][1], f"{name} is wrong as well"
assert seen["sum_horizontal"] == [[60, 44, 88], [60, 300, 600]], "the behaviour has changed"
assert seen["mean_horizontal"][0][2] < 30 and seen["mean_horizontal"][1][2] == 200, "the behaviour has changed"
assert seen["dot with itself"] == [[224], [50400]], "the behaviour has changed"
PY
environment/bin/python look.py
