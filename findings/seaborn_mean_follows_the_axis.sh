#!/usr/bin/env bash
# seaborn 0.13.2, matplotlib 3.11.2, pandas 3.1.1, numpy 2.4.6, Python 3.11.
# lineplot, pointplot and barplot of seaborn draw the mean of several runs and an error bar. On an axis that
# is logarithmic already they draw the mean of the logarithms, a geometric mean, and with log_scale=True as
# well. On one that becomes logarithmic afterwards, by set_yscale("log") a line further down, it is the usual
# mean. The same scores make another curve and another ranking of two models: a run that diverged counts for
# much in the one and for little in the other, by the order of two lines. The standard deviation and the
# median of boxplot follow the axis as well. It is meant so, but neither a warning nor anything in the figure
# tells.
# Output (means of the distances of two models, 10 12 14 400 and 40 44 50 60; set_yscale before or after):
#                              before            after           log_scale
#   lineplot                 28.6    47.9    109.0    48.5                  -
#   pointplot                28.6    47.9    109.0    48.5     28.6    47.9
#   barplot                  28.6    47.9    109.0    48.5     28.6    47.9
#   boxplot, median          13.0    46.9     13.0    47.0     13.0    46.9
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q seaborn==0.13.2 matplotlib==3.11.2 pandas==3.1.1 numpy==2.4.6
cat > look.py <<'PY'
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

scores = {"a": [10, 12, 14, 400], "b": [40, 44, 50, 60]}
runs = pd.DataFrame({"model": list("aaaabbbb"), "distance": scores["a"] + scores["b"]})
runs["place"] = (runs["model"] == "b").astype(int)
FUNCTIONS = {
    "lineplot": ("place", lambda axes: axes.lines[0].get_ydata()),
    "pointplot": ("model", lambda axes: axes.lines[0].get_ydata()),
    "barplot": ("model", lambda axes: [bar.get_height() for bar in axes.patches]),
    "boxplot, median": ("model", lambda axes: [line.get_ydata()[0] for line in axes.lines[4::6]]),
}


def drawn(name, when):
    column, heights = FUNCTIONS[name]
    _, axes = plt.subplots()
    if when == "before":
        axes.set_yscale("log")
    more = {"log_scale": (False, True)} if when == "log_scale" else {}
    function = getattr(sns, name.split(",")[0])
    if name == "lineplot" and more:
        return None  # It has no such argument.
    function(data=runs, x=column, y="distance", ax=axes, **more)
    if when == "after":
        axes.set_yscale("log")
    values = [float(value) for value in heights(axes)]
    plt.close("all")
    return values


print(f"{'':<20}{'before':>15}{'after':>17}{'log_scale':>20}")
for name in FUNCTIONS:
    line = f"{name:<20}"
    usual, logarithmic = [], []
    for values in scores.values():
        center = np.median if "median" in name else np.mean
        usual.append(center(values))
        logarithmic.append(np.exp(center(np.log(values))))
    for when, expected in (("before", logarithmic), ("after", usual), ("log_scale", logarithmic)):
        seen = drawn(name, when)
        line += "                  -" if seen is None else f"   {seen[0]:6.1f}  {seen[1]:6.1f}"
        assert seen is None or np.allclose(seen, expected), "the behaviour has changed"
    print(line)
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
