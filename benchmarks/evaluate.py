"""What `forger evaluate` costs beside another version of it, and whether both find the same.

git worktree add ../before COMMIT
python benchmarks/evaluate.py RUN ../before/src [KEY=VALUE …]

Processor time of the other version, of this one with nothing kept (`cold`) and again (`warm`), in
turn on the same machine, and all values that differ by more than a part in a million.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parents[1] / "src"


def main(run: str, other: str, *settings: str) -> None:
    with tempfile.TemporaryDirectory() as kept:
        place = f"data.root={kept}"
        before = evaluate(Path(other), run, [*settings])
        cold = evaluate(HERE, run, [*settings, place])
        warm = evaluate(HERE, run, [*settings, place])
    print("| | processor time | times less |")
    print("|---|---|---|")
    for name, (seconds, _) in {"before": before, "cold": cold, "warm": warm}.items():
        print(f"| {name} | {seconds:.1f} s | {before[0] / seconds:.2f} |")
    print("\n| row | metric | before | now |\n|---|---|---|---|")
    old, new = before[1], warm[1]
    assert cold[1] == new
    for row in ("samples", "real", "noise"):
        for name in old[row]:
            was, now = (value(found[row][name]) for found in (old, new))
            if abs(was - now) > 1e-6 * abs(was):
                print(f"| {row} | {name} | {was!r} | {now!r} |")


def evaluate(source: Path, run: str, settings: list[str]) -> tuple[float, dict]:
    """Processor time in seconds, and the numbers."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "forger.cli", "evaluate", f"ckpt={run}", f"out={out}"]
        begun = used()
        environment = os.environ | {"PYTHONPATH": str(source.resolve())}
        subprocess.run([*command, *settings], check=True, stdout=sys.stderr, env=environment)
        return used() - begun, json.loads(Path(out, "metrics.json").read_text())


def used() -> float:
    """Processor time of all that was started here and has ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def value(found: dict | float) -> float:
    return found["mean"] if isinstance(found, dict) else found


if __name__ == "__main__":
    main(*sys.argv[1:])
