"""What a run takes of memory and of the disk does not grow with its length, nor with a sweep."""

import json
from pathlib import Path

import pytest

from command_line import run_command
from tiny import LINE

WITNESS = """
import ctypes, gc, json, os, sys
from pathlib import Path
from pytorch_lightning import Callback

class Witness(Callback):
    def __init__(self, every: int) -> None:
        self.every = every

    def on_train_batch_end(self, trainer, gan, *_) -> None:
        if trainer.global_step % self.every:
            return
        gc.collect()
        # Freed memory goes back to the system; glibc would keep it at its own pleasure.
        ctypes.CDLL(None).malloc_trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        (events,) = Path(trainer.default_root_dir).glob("events.*")
        seen = {
            "memory": pages * os.sysconf("SC_PAGE_SIZE"),
            "objects": sys.getallocatedblocks(),
            "events": events.stat().st_size,
        }
        with open("seen.jsonl", "a") as file:
            file.write(json.dumps(seen) + "\\n")
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is told by Linux"),
]


def seen(folder: Path, *arguments: str) -> dict[str, list[int]]:
    """What is in use at each multiple of +callbacks.witness.every in the runs of a command.

    memory: bytes of the process. objects: blocks that Python has allocated. events: bytes of
    TensorBoard's file.
    """
    (folder / "witness.py").write_text(WITNESS)
    witness = "+callbacks.witness._target_=witness.Witness"
    ended = run_command(folder, "train", *LINE, *arguments, witness)
    assert ended.returncode == 0, ended.stderr
    lines = [json.loads(line) for line in (folder / "seen.jsonl").read_text().splitlines()]
    return {name: [line[name] for line in lines] for name in lines[0]}


def growth(values: list[int]) -> int:
    return max(values) - min(values)


def test_memory_does_not_grow_with_the_jobs_of_a_sweep(tmp_path: Path) -> None:
    jobs = ["-m", "seed=range(6)", "trainer.max_steps=2", "data.size=500000"]  # 6 MB of data
    used = seen(tmp_path, *jobs, "+callbacks.witness.every=2")["memory"]
    assert len(used) == 6
    assert growth(used[2:]) < 2 * 2**20, used


def test_neither_memory_nor_the_event_file_grow_with_a_long_run(tmp_path: Path) -> None:
    run = ["trainer.max_steps=1200", "data.batch_size=8", "trainer.log_every_n_steps=50"]
    used = seen(tmp_path, *run, "+callbacks.witness.every=150")
    assert len(used["memory"]) == 8
    # From update 450 to 1,200: less than an object an update, and than a kilobyte.
    assert growth(used["objects"][2:]) < 750, used
    assert growth(used["memory"][2:]) < 750 * 2**10, used
    assert growth(used["events"][2:]) < 100 * 750, used
