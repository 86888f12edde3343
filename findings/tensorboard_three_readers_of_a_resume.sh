#!/usr/bin/env bash
# tensorboard 2.21.0, tensorboard-data-server 0.7.2, torch 2.14.1, Python 3.11.
# SummaryWriter(purge_step=n), which loggers give when a run is resumed from step n, is to hide what an
# earlier start wrote from step n on. Each reader of TensorBoard does another thing. The Python reader
# hides all tags. The default server hides only what is written again: a curve that does not come again
# keeps its old points. The server with --load_fast=false hides nothing at the first resume, and shows the
# curve as a zigzag; it purges only if the first start gave a purge_step as well.
# Output (curve and gone have steps 0 to 99, curve is resumed from step 50 to 79; points, last step of each):
#   first start      reader                     curve    gone
#   no purge_step    EventAccumulator            80  79   50  49
#   no purge_step    tensorboard                 80  79  100  99
#   no purge_step    tensorboard, load_fast=no  130  79  100  99
#   purge_step=0     EventAccumulator            80  79   50  49
#   purge_step=0     tensorboard                 80  79  100  99
#   purge_step=0     tensorboard, load_fast=no   80  79   50  49
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 tensorboard==2.21.0 tensorboard-data-server==0.7.2
cat > look.py <<'PY'
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter


def write(folder, first):
    """A run of 100 steps, resumed from step 50."""
    with SummaryWriter(folder, **first) as writer:
        for step in range(100):
            writer.add_scalar("curve", step, step)
            writer.add_scalar("gone", step, step)
    # The name of a file begins with the second in which it was opened.
    time.sleep(1.1)
    with SummaryWriter(folder, purge_step=50) as writer:
        for step in range(50, 80):
            writer.add_scalar("curve", step, step)


def accumulated(folder):
    reader = EventAccumulator(folder)
    reader.Reload()
    return [[point.step for point in reader.Scalars(tag)] for tag in ("curve", "gone")]


def served(folder, fast):
    command = ["tensorboard.main", "--logdir", folder, "--port", "0", "--load_fast", fast]
    server = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        for line in server.stderr:
            if address := re.search(r"http://\S+:\d+/", line):
                break
        root = f"{address[0]}data/plugin/scalars/scalars?run=.&tag="
        found = None
        for _ in range(60):
            time.sleep(1)
            try:
                last = found
                found = [
                    [point[1] for point in json.load(urllib.request.urlopen(root + tag))]
                    for tag in ("curve", "gone")
                ]
            except urllib.error.HTTPError:
                continue
            if found == last and found[0][-1] == 79:
                return found
        raise SystemExit("TensorBoard does not show the curves")
    finally:
        server.terminate()
        server.wait()


readers = {
    "EventAccumulator": accumulated,
    "tensorboard": lambda folder: served(folder, "true"),
    "tensorboard, load_fast=no": lambda folder: served(folder, "false"),
}
seen = []
print(f"{'first start':<16} {'reader':<26} curve    gone")
for name, first in (("no purge_step", {}), ("purge_step=0", {"purge_step": 0})):
    write(name, first)
    for reader, read in readers.items():
        curve, gone = read(name)
        seen.append((len(curve), curve[-1], len(gone), gone[-1]))
        print(f"{name:<16} {reader:<26} {seen[-1][0]:>3} {seen[-1][1]:>3}  {seen[-1][2]:>3} {seen[-1][3]:>3}")
whole = [(80, 79, 50, 49), (80, 79, 100, 99)]
assert seen == [*whole, (130, 79, 100, 99), *whole, (80, 79, 50, 49)], "the behaviour has changed"
PY
environment/bin/python look.py
