"""N runs at once against N runs one after another.

python benchmarks/many.py [cpu|gpu] [--members 1 4 16] [--rounds 3] [--problems ring ...]

Prints a Markdown table of milliseconds for one update of one run, the median of interleaved rounds:
CPU time of the process on a processor, which other work on the machine leaves alone, and time on
the wall on a GPU. The first updates of each run, which allocate, are left out.
"""

import argparse
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig
from pytorch_lightning import Callback, Trainer

from forger.config.build import build, build_data
from forger.config.conf_folder import CONF
from forger.data.memory import InMemory
from forger.gan import GAN
from forger.sweeps.batched import BatchedRuns
from forger.training.trainer import make_trainer

PROBLEMS = {
    "gaussian_1d": ["experiment=gaussian_1d"],
    "ring": ["experiment=ring", "metrics=[]", "~callbacks.measure"],
    "mnist_mlp": ["generator=mlp", "discriminator=mlp", "metrics=[]"],
}
SHARED = ["callbacks=[curves]", "logger=[]", "+trainer.enable_progress_bar=false"]
WARM, UPDATES = 10, 50


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("device", nargs="?", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--members", nargs="+", type=int, default=[1, 4, 16])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    return parser.parse_args()


GIVEN = parse()
CLOCK = time.process_time if GIVEN.device == "cpu" else time.perf_counter


class Watch(Callback):
    """When the run had warmed up, and when it had made its last update."""

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: object, batch_idx: int
    ) -> None:
        if trainer.global_step in (WARM, UPDATES):
            # Waits for the GPU.
            gan.last["loss/generator"].item()
            self.start, self.end = getattr(self, "end", 0.0), CLOCK()


def train(config: DictConfig, data: InMemory, seed: int, batched: BatchedRuns | None) -> Watch:
    config = config.copy()
    config.seed = seed
    config.optimizer.generator.lr *= 1 + seed / 10
    watch, gan = Watch(), build(config)
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(config, Path(folder), None)
        trainer.callbacks.append(watch)  # pyright: ignore[reportAttributeAccessIssue]
        if batched is None:
            trainer.fit(gan, data)
        else:
            with batched.member(trainer, gan):
                trainer.fit(gan, data)
    return watch


def main() -> None:
    # A run among others computes outside the context in which Lightning would round.
    alike = [f"trainer={GIVEN.device}", "trainer.precision=32-true", f"trainer.max_steps={UPDATES}"]
    settings = [*SHARED, *alike]
    print("| | members | one after another, ms | together, ms | times as fast |")
    print("|---|---|---|---|---|")
    for problem in GIVEN.problems:
        overrides = PROBLEMS[problem]
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("train", [*overrides, *settings])
        made: InMemory = build_data(config)
        made.prepare_data()
        made.setup("fit")
        apart: dict[int, list[float]] = {n: [] for n in GIVEN.members}
        together: dict[int, list[float]] = {n: [] for n in GIVEN.members}
        for _ in range(GIVEN.rounds):
            for n in GIVEN.members:
                # Lightning ties a data module to one trainer.
                data = [build_data(config) for _ in range(n)]
                for one in data:
                    one.splits = made.splits
                alone = [train(config, data[i], i, None) for i in range(n)]
                batched = BatchedRuns()
                at_once = batched.run(
                    [partial(train, config, data[i], i, batched) for i in range(n)]
                )
                scale = 1000 / (n * (UPDATES - WARM))
                apart[n].append(scale * sum(watch.end - watch.start for watch in alone))
                ends, starts = ([getattr(w, k) for w in at_once] for k in ("end", "start"))
                together[n].append(scale * (max(ends) - max(starts)))
        for n in GIVEN.members:
            one, other = statistics.median(apart[n]), statistics.median(together[n])
            print(f"| {problem} | {n} | {one:.2f} | {other:.2f} | {one / other:.1f} |", flush=True)


if __name__ == "__main__":
    main()
