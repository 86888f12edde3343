#!/usr/bin/env bash
# torchmetrics 1.9.0, torch 2.14.1, Python 3.11.
# MetricCollection merges metrics whose states are equal after the first batch, for good, to compute them
# once. Two accuracies of different thresholds are merged if the first batch is so clear that both count the
# same, as of a discriminator that is sure at first. From then on the second is the first: it judges by a
# threshold that is not its own, and which of two is right follows from the order of their names. The same
# happens to a MeanMetric for what it does with NaN, and to a PeakSignalNoiseRatio for its data_range.
# compute_groups=False is right. No warning.
# Output (three sure answers, then four of 0.4 to 0.8, all of which are right above 0.5 and wrong above 0.9):
#   each metric alone       at 0.5: 0.857, at 0.9: 0.429
#   collection              at 0.5: 0.857, at 0.9: 0.857
#   collection, renamed     at 0.5: 0.429, at 0.9: 0.429
#   compute_groups=False    at 0.5: 0.857, at 0.9: 0.429
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchmetrics==1.9.0
cat > look.py <<'PY'
import torch
from torchmetrics import MetricCollection
from torchmetrics.classification import BinaryAccuracy

batches = [
    (torch.tensor([0.05, 0.95, 0.99]), torch.tensor([0, 1, 1])),
    (torch.tensor([0.6, 0.7, 0.8, 0.4]), torch.tensor([1, 1, 1, 1])),
]


def alone(threshold):
    metric = BinaryAccuracy(threshold)
    for batch in batches:
        metric.update(*batch)
    return metric.compute().item()


def together(low, high, **given):
    metrics = MetricCollection({low: BinaryAccuracy(0.5), high: BinaryAccuracy(0.9)}, **given)
    for batch in batches:
        metrics.update(*batch)
    values = metrics.compute()
    return values[low].item(), values[high].item()


seen = []
for name, values in (
    ("each metric alone", (alone(0.5), alone(0.9))),
    ("collection", together("a", "b")),
    ("collection, renamed", together("b", "a")),
    ("compute_groups=False", together("a", "b", compute_groups=False)),
):
    seen.append(tuple(round(value, 3) for value in values))
    print(f"{name:<23} at 0.5: {values[0]:.3f}, at 0.9: {values[1]:.3f}")
right = (0.857, 0.429)
assert seen == [right, (0.857, 0.857), (0.429, 0.429), right], f"the behaviour has changed: {seen}"
PY
environment/bin/python look.py
