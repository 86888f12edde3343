"""How fast an iteration is, against a loop written by hand and against the usual way.

python benchmarks/speed.py [--nets mlp paper dcgan] [--batches 64 128 512] [--k 1] [--rounds 10]
                           [--ways plain floor forger fast usual graph graph_fast compile]
                           [--set KEY=VALUE] [--at-once] [--out speed]

Each way trains in a process of its own; all wait but the one whose turn it is, ROUND updates at a
time, so that what else the machine does meets them alike. plain: nothing but PyTorch, on data in
memory, with the moving average of the configuration, and its optimizers as PyTorch makes them when
asked for nothing else. floor: the same with fused ones, as they are configured. forger: `forger
train` with bar, logging and checkpoints. fast: the same with trainer=fast. compile: the same with
+callbacks=compile. graph: with trainer=graph, on a GPU, where the others need --set
trainer.accelerator=gpu; graph_fast: the same in bfloat16. usual: torchvision's MNIST with a
transform for each image, DataLoader, Lightning's manual optimization as in its GAN tutorial,
self.log, TensorBoard; the same networks, the optimizers of plain, no moving average.

On a GPU a last turn is profiled: the time of its kernels, as a fraction of an unprofiled update.
--at-once starts all ways of a network at once, and their start is then of a busy machine. A way
that fails is left out, and its error printed. Writes OUT.json and a table, OUT.md.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from itertools import product
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median, quantiles
from typing import Any

NETS = {
    "mlp": ["generator=mlp", "discriminator=mlp"],
    "paper": ["generator=relu", "discriminator=maxout", "model.prior=uniform"],
    "dcgan": ["generator=dcgan", "discriminator=dcgan"],
}
ROUND = 50
PATIENCE = 240
"""Seconds that a way has for its first update."""
TURN, PROFILE = "turn", "profile"
QUIET = ["~callbacks.measure", "~callbacks.best", "~callbacks.grid", "trainer.max_steps=1000000"]


class Turns:
    """Called after each update: waits for the next turn where one ends."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.updates = 0
        self.profiler: Any = None
        self.since = self.clock()

    @staticmethod
    def clock() -> tuple[float, float]:
        """Seconds of the wall, and of this process on its processors."""
        return time.perf_counter(), time.process_time()

    def __call__(self) -> None:
        if self.updates % ROUND == 0:
            synchronise()
            wall, processor = (
                now - then for now, then in zip(self.clock(), self.since, strict=True)
            )
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            self.connection.send((wall, processor, (peak, gpu_peak()), self.kernels()))
            if self.connection.recv() == PROFILE:
                from torch.profiler import ProfilerActivity, profile

                self.profiler = profile(activities=[ProfilerActivity.CUDA])
                self.profiler.start()
            self.since = self.clock()
        self.updates += 1

    def kernels(self) -> float | None:
        """Seconds that the kernels of the last turn took, if it was profiled."""
        if self.profiler is None:
            return None
        self.profiler.stop()
        took = sum(event.self_device_time_total for event in self.profiler.key_averages())
        self.profiler = None
        return took / 1e6


def synchronise() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def gpu_peak() -> float:
    import torch

    return torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else 0.0


def composed(settings: list[str]) -> Any:
    from hydra import compose, initialize_config_dir

    from forger.config.conf_folder import CONF

    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", settings)


def floor(turns: Turns, settings: list[str]) -> None:
    """Algorithm 1 by hand."""
    import torch
    from torch.nn.functional import softplus
    from torch.optim.swa_utils import get_ema_multi_avg_fn

    from forger.config.build import build, build_data

    # Lightning, which this loop does not need, left it.
    os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
    config = composed(settings)
    gan, data = build(config), build_data(config)
    data.setup()
    device = torch.device("cuda" if config.trainer.accelerator == "gpu" else "cpu")
    gan.to(device)
    images = data.splits["train"].examples.to(device)
    generator, discriminator, ema = gan.generator, gan.discriminator, gan.ema
    g_adam, d_adam = gan.configure_optimizers()[0]
    assert gan.value_range is not None
    m, k, (low, high) = data.batch_size, gan.k, gan.value_range
    assert ema is not None
    averaged = tuple(ema.parameters()), tuple(generator.parameters())
    follow = get_ema_multi_avg_fn(0.5 ** (m / gan.ema_halflife))

    def noise() -> torch.Tensor:
        return torch.randn(m, gan.latent_dim, device=device)

    while True:
        order = torch.randperm(len(images), device=device)
        for chosen in order.split(k * m)[: len(images) // (k * m)]:
            for part in chosen.chunk(k):
                real = images[part].float().mul_((high - low) / 255).add_(low)
                with torch.no_grad():
                    fake = generator(noise())
                loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()
                d_adam.zero_grad()
                loss.backward()
                d_adam.step()
            discriminator.requires_grad_(False)
            loss = softplus(-discriminator(generator(noise()))).mean()
            g_adam.zero_grad()
            loss.backward()
            g_adam.step()
            discriminator.requires_grad_(True)
            follow(*averaged, m)
            turns()


def forger(turns: Turns, settings: list[str]) -> None:
    """The command line, with a callback that keeps turns."""
    from pytorch_lightning import Callback, Trainer

    from forger.cli import main

    class Pace(Callback):
        def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
            turns()

    fit = Trainer.fit

    def paced(trainer: Trainer, *arguments: Any, **named: Any) -> None:
        trainer.callbacks.append(Pace())  # pyright: ignore[reportAttributeAccessIssue]
        fit(trainer, *arguments, **named)

    Trainer.fit = paced  # pyright: ignore[reportAttributeAccessIssue]
    sys.argv = ["forger", "train", *settings]
    main()


def usual(turns: Turns, settings: list[str]) -> None:
    """What a tutorial's reader would write."""
    import torch
    from pytorch_lightning import LightningModule, Trainer
    from pytorch_lightning.loggers import TensorBoardLogger
    from torch.nn.functional import binary_cross_entropy_with_logits as bce
    from torch.utils.data import DataLoader
    from torchvision import transforms
    from torchvision.datasets import MNIST

    from forger.config.build import build
    from forger.data.mnist import SHIPPED

    config = composed(settings)
    gan = build(config)

    class Usual(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.automatic_optimization = False
            self.generator, self.discriminator = gan.generator, gan.discriminator

        def training_step(self, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
            images, _ = batch
            g_adam, d_adam = self.optimizers()  # pyright: ignore[reportGeneralTypeIssues]
            real, fake = images.new_ones(len(images)), images.new_zeros(len(images))
            self.toggle_optimizer(d_adam)
            z = torch.randn(len(images), gan.latent_dim, device=self.device)
            fake_logits = self.discriminator(self.generator(z).detach())
            d_loss = bce(self.discriminator(images), real) + bce(fake_logits, fake)
            self.log("d_loss", d_loss, prog_bar=True)
            d_adam.zero_grad()
            self.manual_backward(d_loss)
            d_adam.step()
            self.untoggle_optimizer(d_adam)
            self.toggle_optimizer(g_adam)
            z = torch.randn(len(images), gan.latent_dim, device=self.device)
            g_loss = bce(self.discriminator(self.generator(z)), real)
            self.log("g_loss", g_loss, prog_bar=True)
            g_adam.zero_grad()
            self.manual_backward(g_loss)
            g_adam.step()
            self.untoggle_optimizer(g_adam)

        def on_train_batch_end(self, *_: Any) -> None:
            turns()

        def configure_optimizers(self) -> Any:
            return gan.configure_optimizers()

    assert gan.value_range is not None
    low, high = gan.value_range
    middle, half = -low / (high - low), 1 / (high - low)
    scaled = transforms.Compose([transforms.ToTensor(), transforms.Normalize([middle], [half])])
    shutil.copytree(SHIPPED / "MNIST", "data/MNIST")
    data = MNIST("data", download=True, transform=scaled)
    # As the tutorial has it: a worker for each two cores.
    loader = DataLoader(
        data,
        config.data.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=max(1, (os.cpu_count() or 1) // 2),
        persistent_workers=True,
    )
    Trainer(
        accelerator=config.trainer.accelerator,
        devices=1,
        max_epochs=-1,
        logger=TensorBoardLogger("usual"),
    ).fit(Usual(), loader)


WAYS = {
    "plain": floor,
    "floor": floor,
    "forger": forger,
    "fast": forger,
    "usual": usual,
    "compile": forger,
    "graph": forger,
    "graph_fast": forger,
}
PLAIN = ["~optimizer.generator.fused", "~optimizer.discriminator.fused"]
EXTRA = {
    "plain": PLAIN,
    "forger": QUIET,
    "fast": [*QUIET, "trainer=fast"],
    "usual": PLAIN,
    "compile": [*QUIET, "+callbacks=compile"],
    "graph": [*QUIET, "trainer=graph"],
    "graph_fast": [*QUIET, "trainer=graph", "trainer.precision=bf16-mixed"],
}


def work(connection: Connection, way: str, settings: list[str], folder: str) -> None:
    os.chdir(folder)
    # A terminal that nobody sees, so that the bars are drawn.
    os.environ["FORCE_COLOR"] = "1"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open("errors.txt", os.O_CREAT | os.O_WRONLY), 2)
    WAYS[way](Turns(connection), settings)


def ready(connection: Connection) -> bool:
    """Whether a way has come to its first update."""
    try:
        return connection.poll(PATIENCE) and bool(connection.recv())
    except EOFError:
        return False


def compare(
    ways: list[str], settings: list[str], rounds: int, at_once: bool
) -> dict[str, dict[str, Any]]:
    """The ways in turn: time of an update, until the first one, in kernels, and memory of each."""
    context = get_context("spawn")
    workers: dict[str, tuple[BaseProcess, Connection]] = {}
    start: dict[str, float] = {}
    wall: dict[str, list[float]] = {}
    processor: dict[str, list[float]] = {}
    peaks: dict[str, tuple[float, float]] = {}
    kernels: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        try:
            for group in [ways] if at_once else [[way] for way in ways]:
                since = time.perf_counter()
                for way in group:
                    ours, theirs = context.Pipe()
                    folder = Path(scratch, way)
                    folder.mkdir()
                    arguments = (theirs, way, [*settings, *EXTRA.get(way, [])], str(folder))
                    process = context.Process(target=work, args=arguments)
                    process.start()
                    workers[way] = process, ours
                    theirs.close()
                for way in group:
                    if ready(workers[way][1]):
                        start[way] = time.perf_counter() - since
                        wall[way], processor[way] = [], []
                    else:
                        error = Path(scratch, way, "errors.txt").read_text()[-3000:]
                        print(f"{way} failed: {error}", file=sys.stderr, flush=True)
                        workers[way][0].kill()
            for turn in range(rounds + 1):
                for way in list(wall) if turn % 2 else list(wall)[::-1]:
                    _, connection = workers[way]
                    connection.send(TURN)
                    *took, peaks[way], _ = connection.recv()
                    # The first turn warms up.
                    if turn:
                        for clock, seconds in zip((wall, processor), took, strict=True):
                            clock[way].append(1e3 * seconds / ROUND)
            for way in wall if any(gpu for _, gpu in peaks.values()) else ():
                _, connection = workers[way]
                connection.send(PROFILE)
                kernels[way] = 1e3 * connection.recv()[-1] / ROUND
        finally:
            for process, _ in workers.values():
                process.kill()
                process.join()
    return {
        way: {
            "ms": median(values),
            "ms_quartiles": quantiles(values, n=4)[::2],
            "processor_ms": median(processor[way]),
            "kernels_ms": kernels.get(way),
            "start_s": start[way],
            "peak_mib": peaks[way][0],
            "gpu_peak_mib": peaks[way][1],
        }
        for way, values in wall.items()
    }


def machine() -> dict[str, Any]:
    import torch

    cpu = Path("/proc/cpuinfo").read_text().split("model name")[1].split("\n")[0].strip("\t: ")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "bf16": torch.backends.mkldnn.is_available()
        and torch.ops.mkldnn._is_mkldnn_bf16_supported(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "load": os.getloadavg()[0],
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS))
    parser.add_argument("--batches", nargs="+", type=int, default=[64, 128, 512])
    parser.add_argument("--k", nargs="+", type=int, default=[1])
    parser.add_argument(
        "--ways", nargs="+", choices=WAYS, default=["plain", "floor", "forger", "fast", "usual"]
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--set", nargs="*", default=[], help="settings for all ways")
    parser.add_argument("--at-once", action="store_true", help="start all ways at once")
    parser.add_argument("--out", type=Path, default=Path("speed"))
    given = parser.parse_args()
    found = {"machine": machine(), "results": []}
    lines = [", ".join(f"{name} {fact}" for name, fact in found["machine"].items()), ""]
    columns = [
        "net",
        "batch",
        "k",
        "way",
        "ms an update",
        "on the processor",
        "images/s",
        "of plain",
        "of floor",
        "of usual",
        "in kernels",
    ]
    lines += [" | ".join(["", *columns, "start, s", "peak, MiB", ""]).strip()]
    lines += ["|---" * (len(columns) + 2) + "|"]
    for net, batch, k in product(given.nets, given.batches, given.k):
        settings = [*NETS[net], f"data.batch_size={batch}", f"model.k={k}", *given.set]
        ways = [way for way in given.ways if not (k > 1 and way == "usual")]
        times = compare(ways, settings, given.rounds, given.at_once)
        for way, one in times.items():
            found["results"].append({"net": net, "batch": batch, "k": k, "way": way, **one})
            low, high = one["ms_quartiles"]
            cells = [net, batch, k, way, f"{one['ms']:.2f} ({low:.2f} to {high:.2f})"]
            cells += [f"{one['processor_ms']:.2f}", f"{1e3 * batch * k / one['ms']:,.0f}"]
            cells += [
                f"{times[other]['ms'] / one['ms']:.2f}" if other in times else ""
                for other in ("plain", "floor", "usual")
            ]
            cells += [f"{one['kernels_ms'] / one['ms']:.0%}" if one["kernels_ms"] else ""]
            cells += [f"{one['start_s']:.1f}", f"{one['gpu_peak_mib'] or one['peak_mib']:.0f}"]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
            print(lines[-1], flush=True)
        given.out.with_suffix(".json").write_text(json.dumps(found, indent=1))
        given.out.with_suffix(".md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
