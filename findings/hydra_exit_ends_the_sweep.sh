#!/usr/bin/env bash
# hydra-core 1.3.8, hydra-joblib-launcher 1.2.0, joblib 1.5.3, omegaconf 2.3.1, Python 3.11.
# A job of a sweep that raises an exception leaves the other jobs alone, and the sweep ends with exit code
# 1. A job that ends by sys.exit(0), as a training that is stopped early or gets SIGTERM under Lightning
# does, ends the sweep: the jobs after it never start, and the exit code of the sweep is 0. Nothing is
# printed about either.
# Output (a sweep of four jobs; which of them came to their end):
#   basic   job 1 raises ValueError   ended 0 2 3  exit code 1
#   basic   job 1 calls sys.exit(0)   ended 0      exit code 0
#   joblib  job 1 raises ValueError   ended 0 2 3  exit code 1
#   joblib  job 1 calls sys.exit(0)   ended 0      exit code 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q hydra-core==1.3.8 omegaconf==2.3.1 hydra-joblib-launcher==1.2.0 joblib==1.5.3
cat > job.py <<'PY'
import sys
from pathlib import Path

import hydra


@hydra.main(version_base="1.3", config_path=None)
def job(config):
    if config.number == 1 and config.way == "raise":
        raise ValueError
    if config.number == 1:
        sys.exit(0)
    (Path(config.folder) / str(config.number)).touch()


job()
PY
cat > look.py <<'PY'
import subprocess
import sys
from pathlib import Path

names = {"raise": "raises ValueError", "exit": "calls sys.exit(0)"}
seen = []
for launcher in ("basic", "joblib"):
    for way, name in names.items():
        folder = Path(f"ended_{launcher}_{way}").absolute()
        folder.mkdir()
        given = [f"hydra/launcher={launcher}", f"+way={way}", f"+folder={folder}", "+number=0,1,2,3"]
        if launcher == "joblib":
            given.append("hydra.launcher.n_jobs=1")
        done = subprocess.run([sys.executable, "job.py", "-m", *given], capture_output=True)
        ended = " ".join(sorted(file.name for file in folder.iterdir()))
        seen.append((ended, done.returncode))
        print(f"{launcher:<7} job 1 {name:<19} ended {ended:<6} exit code {done.returncode}")
assert seen == [("0 2 3", 1), ("0", 0)] * 2, "the behaviour has changed"
PY
environment/bin/python look.py
