#!/usr/bin/env bash
# tensorboard 2.21.0, torch 2.14.1, Python 3.11.
# One run with NaN spoils the order of TensorBoard's HPARAMS table. Sorted by a metric, the runs with
# numbers are no longer in order either: the server sorts by Python's comparison, to which NaN is neither
# smaller nor larger than anything. The best run may stand in the middle of the table, above it a worse
# one, because another one diverged. Without the run of NaN the order is right.
# Output (the metric of the runs as the table lists them):
#   ascending              2.5 2.7 nan 2.0 2.6 3.0
#   ascending, without     2.0 2.5 2.6 2.7 3.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 tensorboard==2.21.0
cat > look.py <<'PY'
import json
import math
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

from torch.utils.tensorboard import SummaryWriter

SCORES = [2.5, 2.7, math.nan, 2.0, 2.6, 3.0]


def listed(root, order, count):
    """The scores in the order in which the table asks its server for them."""
    column = {"metric": {"tag": "score", "group": ""}, "order": order, "includeInResult": True}
    asked = {
        "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_RUNNING"],
        "colParams": [column],
        "startIndex": 0,
        "sliceSize": 100,
    }
    body, kind = json.dumps(asked).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{root}data/plugin/hparams/session_groups", body, kind)
    for _ in range(60):
        time.sleep(1)
        try:
            with urllib.request.urlopen(request) as answer:
                groups = json.load(answer).get("sessionGroups", [])
        except urllib.error.HTTPError:
            continue
        if len(groups) == count and all(group.get("metricValues") for group in groups):
            return [round(float(group["metricValues"][0]["value"]), 3) for group in groups]
    raise SystemExit("TensorBoard does not list the runs")


def table(folder, scores, order):
    for number, score in enumerate(scores):
        with SummaryWriter(f"{folder}/{number}") as writer:
            writer.add_hparams({"number": number}, {"score": score}, run_name=".")
    server = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", folder, "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in server.stderr:
            if address := re.search(r"http://\S+:\d+/", line):
                break
        return listed(address[0], order, len(scores))
    finally:
        server.terminate()
        server.wait()


whole = table("whole", SCORES, "ORDER_ASC")
without = table("without", [score for score in SCORES if not math.isnan(score)], "ORDER_ASC")
print("ascending             ", *whole)
print("ascending, without    ", *without)
numbers = [score for score in whole if not math.isnan(score)]
ordered = numbers == sorted(numbers)
assert len(numbers) == 5 and not ordered and without == sorted(without), "the behaviour has changed"
PY
environment/bin/python look.py
