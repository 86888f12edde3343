"""Mean ± 95 % interval over seeds, as Markdown, from the folders of a sweep.

python benchmarks/table.py outputs/sweeps/baselines metric/fid metric/class_kl
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

from omegaconf import OmegaConf
from scipy.stats import t


def interval(values: list[float]) -> str:
    """Mean and half width of Student's 95 % interval; a single value stands alone."""
    if len(values) < 2:
        return f"{values[0]:.3g}"
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return f"{mean(values):.3g} ± {half:.2g}"


def main(sweep: Path, metrics: list[str]) -> None:
    groups: dict[str, list[dict]] = defaultdict(list)
    for file in sorted(sweep.glob("*/summary.json")):
        overrides = OmegaConf.load(file.parent / "config" / "overrides.yaml")
        settings = [o for o in map(str, overrides) if not o.startswith(("seed=", "+sweep="))]
        groups[" ".join(settings)].append(json.loads(file.read_text()))
    columns = [*metrics, "seconds"]
    print("| settings | seeds | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 2) + "|")
    for settings, runs in groups.items():
        good = [run for run in runs if run["status"] != "diverged"]
        seeds = f"{len(good)}" if len(good) == len(runs) else f"{len(good)} of {len(runs)}"
        cells = [interval([(r["metrics"] | r)[name] for r in good]) for name in columns]
        print(f"| `{settings}` | {seeds} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
