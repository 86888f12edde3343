"""Seconds of `forger report` on many runs: python benchmarks/report.py RUN [COUNT]

RUN: a run folder, whose files are those of all runs; these differ in four settings, the seed among
them.
"""

import sys
import tempfile
import time
from itertools import islice, product
from pathlib import Path
from shutil import copyfile

import yaml
from omegaconf import OmegaConf

from forger.report.reading import read_runs
from forger.verbs import report


def leave_copies(run: Path, sweep: Path, count: int) -> None:
    """So many copies of what a report reads of a run."""
    config = yaml.safe_load((run / "config" / "config.yaml").read_text())
    settings = product(
        (2, 4, 8, 16, 32, 64, 100, 128, 256, 512), range(1, 6), (1e-4, 1e-3), range(10)
    )
    for i, (latent_dim, k, lr, seed) in enumerate(islice(settings, count)):
        config["model"] |= {"latent_dim": latent_dim, "k": k}
        config["optimizer"]["generator"]["lr"] = lr
        config["seed"] = seed
        copy = sweep / str(i)
        (copy / "config").mkdir(parents=True)
        (copy / "config" / "config.yaml").write_text(yaml.safe_dump(config))
        for name in ("run.json", "summary.json", "curves.jsonl", "samples.png"):
            copyfile(run / name, copy / name)


def main() -> None:
    run, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory() as folder:
        sweep = Path(folder) / "sweep"
        leave_copies(run, sweep, count)
        processor = time.process_time()
        read_runs([sweep])
        read = time.process_time() - processor
        config = {"runs": str(sweep), "metric": None, "mode": "min", "curves": [], "out": None}
        start, processor = time.perf_counter(), time.process_time()
        report.run(OmegaConf.create(config))
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        print(
            f"{count} runs: {seconds:.1f} s, {processor:.1f} s of the processor, of them"
            f" {read:.1f} s to read the runs"
        )


if __name__ == "__main__":
    main()
