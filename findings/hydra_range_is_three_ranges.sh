#!/usr/bin/env bash
# hydra-core 1.3.8, hydra-optuna-sweeper 1.3.0, optuna 2.10.1, omegaconf 2.3.1, Python 3.11.
# What range() on Hydra's command line means depends on the sweeper. Documented to exclude its end, as
# Python's does, it does so in a plain sweep. Under hydra/sweeper=optuna the samplers include the end:
# range(1,4) tries 4, say a fourth layer that does not exist. With the sampler grid the end is excluded,
# but of a range whose steps do not meet its end the last value is missing, and so is the end of
# int(interval(1,3)), which the others try. A grid search that replaces a sweep, or a random search after a
# grid, does not search the same space.
# Output (the values that were tried):
#   x=range(1,4)           plain 1 2 3    optuna, random 1 2 3 4      optuna, grid 1 2 3
#   x=range(0,10,4)        plain 0 4 8    optuna, random 0 4 8        optuna, grid 0 4
#   x=range(0.0,1.0,0.5)   plain 0.0 0.5  optuna, random 0.0 0.5 1.0  optuna, grid 0.0 0.5
#   x=int(interval(1,3))   plain refused  optuna, random 1 2 3        optuna, grid 1 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q hydra-core==1.3.8 omegaconf==2.3.1 hydra-optuna-sweeper==1.3.0 optuna==2.10.1
cat > job.py <<'PY'
import hydra


@hydra.main(version_base="1.3", config_path=None)
def job(config):
    with open(config.file, "a") as file:
        file.write(f"{config.x}\n")
    return 0.0


job()
PY
cat > look.py <<'PY'
import subprocess
import sys
from pathlib import Path


def tried(values, *given):
    """The values of x in the jobs of a sweep."""
    file = Path("tried.txt").absolute()
    file.write_text("")
    command = [sys.executable, "job.py", "-m", f"+x={values}", f"+file={file}", *given]
    done = subprocess.run(command, capture_output=True)
    found = sorted(set(file.read_text().split()), key=float)
    return "refused" if done.returncode else " ".join(found)


optuna = ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=30"]
seen = []
for values in ("range(1,4)", "range(0,10,4)", "range(0.0,1.0,0.5)", "int(interval(1,3))"):
    plain = tried(values)
    drawn = tried(values, *optuna, "hydra/sweeper/sampler=random", "+hydra.sweeper.sampler.seed=0")
    grid = tried(values, *optuna, "hydra/sweeper/sampler=grid")
    seen.append((plain, drawn, grid))
    print(f"x={values:<20} plain {plain:<8} optuna, random {drawn:<12} optuna, grid {grid}")
wanted = [
    ("1 2 3", "1 2 3 4", "1 2 3"),
    ("0 4 8", "0 4 8", "0 4"),
    ("0.0 0.5", "0.0 0.5 1.0", "0.0 0.5"),
    ("refused", "1 2 3", "1 2"),
]
assert seen == wanted, "the behaviour has changed"
PY
environment/bin/python look.py
