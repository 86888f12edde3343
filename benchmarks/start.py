"""Seconds in which commands start, beside those of an older commit.

`python benchmarks/start.py COMMIT [ROUNDS]` prints medians of processor time, which other work on
the machine changes less than the time on the wall, and the ratio of this tree to the commit. Both
take turns, so that a busy minute meets both.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SMALL = ["generator=mlp", "discriminator=mlp", "callbacks.measure.n=200", "trainer.max_steps=1"]
COMMANDS = {
    "import torch": ["-c", "import torch"],
    "import torch._dynamo": ["-c", "import torch._dynamo"],
    "import forger.config.build": ["-c", "import forger.config.build"],
    "forger --help": ["-m", "forger.cli", "--help"],
    "forger report": ["-m", "forger.cli", "report", "--help"],
    "forger train, one update": ["-m", "forger.cli", "train", *SMALL],
}


def seconds(arguments: list[str], source: Path) -> float:
    """Processor time of a command that imports Forger from a folder."""
    environment = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(commit: str, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        older = Path(folder, "older")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(older), commit], check=True)
        try:
            for name, arguments in COMMANDS.items():
                times = [
                    (seconds(arguments, older / "src"), seconds(arguments, ROOT / "src"))
                    for _ in range(rounds)
                ]
                before, after = map(statistics.median, zip(*times, strict=True))
                ratio = statistics.median(new / old for old, new in times)
                print(f"{name:<28}{before:6.2f} s{after:6.2f} s   ratio {ratio:.2f}", flush=True)
        finally:
            subprocess.run([*git, "remove", "--force", str(older)], check=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
