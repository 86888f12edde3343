"""What only a GPU can tell, section by section: see on_gpu.sh, which calls it.

Each section is a process of its own, ends at its own limit, and is written down as it ends: a
machine that is taken away leaves what was measured.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FORGER = [sys.executable, "-m", "forger.cli"]
TESTS = [
    "tests/callbacks/test_cuda_graph.py",
    "tests/training/test_synchronisation.py",
    "tests/sweeps/test_isolation.py",
]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=470)
    parser.add_argument("--device", choices=["cpu", "gpu"], default="gpu")
    return parser.parse_args()


class Sections:
    """Runs commands one after another within a number of seconds, and writes down what they say."""

    def __init__(self, out: Path, seconds: float) -> None:
        self.out = out
        self.end = time.monotonic() + seconds
        self.found: dict[str, Any] = {}

    def run(self, name: str, command: list[str], limit: float) -> str:
        """The section's output; its exit code, seconds and command go into on_gpu.json."""
        left = self.end - time.monotonic()
        if left < 15:
            self.found[name] = {"left out": "no time was left"}
            return ""
        log = self.out / f"{name}.log"
        since = time.monotonic()
        with log.open("w") as file:
            try:
                code = subprocess.run(
                    command, stdout=file, stderr=subprocess.STDOUT, timeout=min(limit, left)
                ).returncode
            except subprocess.TimeoutExpired:
                code = "timeout"
        seconds = time.monotonic() - since
        self.found[name] = {"exit": code, "seconds": seconds, "command": " ".join(command[1:])}
        print(f"{name}: exit {code}, {seconds:.0f} s", flush=True)
        self.write()
        return log.read_text(errors="replace")

    def write(self) -> None:
        (self.out / "on_gpu.json").write_text(json.dumps(self.found, indent=1))


def machine() -> dict[str, Any]:
    import torch

    card = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"card": card, "torch": torch.__version__, "cores": os.cpu_count()}


def main() -> None:
    given = parse()
    gpu = given.device == "gpu"
    sections = Sections(given.out, given.seconds)
    sections.found["machine"] = machine()
    text = {}
    tests = [sys.executable, "-m", "pytest", "-q", "-n", "8", "-p", "no:cacheprovider", *TESTS]
    text["tests"] = sections.run("tests", tests, 120)
    speed = [sys.executable, str(HERE / "speed.py"), "--at-once"]
    if gpu:
        speed += ["--rounds", "4", "--set", "trainer.accelerator=gpu"]
        some = [
            "--nets",
            "mlp",
            "dcgan",
            "paper",
            "--batches",
            "64",
            "512",
            "--ways",
            "usual",
            "plain",
            "floor",
            "forger",
            "fast",
        ]
        some += ["graph", "graph_fast"]
    else:
        speed += ["--rounds", "2", "--batches", "64"]
        some = ["--nets", "mlp", "--ways", "plain", "forger"]
    sections.run("speed", [*speed, "--out", str(given.out / "speed"), *some], 200)
    best = [
        *(*FORGER, "train", "experiment=best_mnist", "name=best"),
        *(f"hydra.run.dir={given.out / 'best'}", "callbacks.measure.every_n_updates=500"),
        *(["trainer=graph"] if gpu else ["trainer.max_steps=20"]),
    ]
    sections.run("best_mnist", best, 120)
    metrics = "metrics=[frechet,density_coverage]"
    checkpoint = f"ckpt={given.out / 'best'}"
    evaluate = [*FORGER, "evaluate", checkpoint, metrics, "repeats=1"]
    evaluate += [] if gpu else ["n=500"]
    text["evaluate"] = sections.run("best_mnist_evaluate", evaluate, 90)
    members = ["16", "64"] if gpu else ["2"]
    many = [sys.executable, str(HERE / "many.py"), given.device, "--members", *members]
    many += ["--problems", "mnist_mlp", "--rounds", "1"]
    text["together"] = sections.run("together", many, 120)
    some = ["--nets", "dcgan", "--batches", "64", "--ways", "floor", "compile"]
    out = ["--out", str(given.out / "compile")]
    sections.run("compile", [*speed, *out, *some] if gpu else [*speed, "--help"], 150)
    full = [
        *(*FORGER, "train", "experiment=stacked_mnist_full", "name=stacked"),
        *(f"hydra.run.dir={given.out / 'stacked'}", "trainer.precision=bf16-mixed"),
        *([] if gpu else ["trainer=cpu", "trainer.max_steps=2", "data.batch_size=8"]),
    ]
    sections.run("stacked_mnist_full", full, 600)
    summary = given.out / "best" / "summary.json"
    if summary.exists():
        sections.found["best_mnist"]["summary"] = json.loads(summary.read_text())
    tables = {name: given.out / f"{name}.json" for name in ("speed", "compile")}
    for name, table in tables.items():
        if table.exists():
            sections.found[name]["results"] = json.loads(table.read_text())["results"]
    sections.write()
    lines = ["# On a GPU", "", json.dumps(sections.found["machine"]), ""]
    lines += ["## Tests", "", *re.findall(r".*(?:passed|failed).*", text["tests"])[-1:], ""]
    for table in tables.values():
        if (page := table.with_suffix(".md")).exists():
            lines += [f"## {table.stem}", "", page.read_text()]
    lines += ["## best_mnist", "", json.dumps(sections.found["best_mnist"], indent=1), ""]
    lines += ["```", text["evaluate"][-2000:], "```", "", "## Together", ""]
    lines += re.findall(r"^\|.*", text["together"], re.MULTILINE)
    (given.out / "on_gpu.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
