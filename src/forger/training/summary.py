"""The end of a run: summary.json, and what is printed."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import TensorBoardLogger

from forger.callbacks.doctor import Doctor
from forger.callbacks.film import Film
from forger.callbacks.progress import numbers
from forger.callbacks.symptoms import diverged
from forger.config.conf_folder import CONF
from forger.config.overrides import relative_path, typed
from forger.config.trust import trust_argument
from forger.figures.curves import save_curves
from forger.runs.curves import Curve, read_curves
from forger.runs.files import write_json
from forger.runs.folder import ENDED, Summary


def end(
    trainer: Trainer, config: DictConfig, folder: Path, seconds: float, error: BaseException | None
) -> Summary:
    """Write the summary and the picture of the curves, and print how the run ended."""
    curves = read_curves(folder)
    summary = summarise(trainer, folder, curves, seconds, error)
    # An error is printed by itself, and is the last line.
    if not isinstance(error, Exception):
        save_curves(curves, config.objective, folder / "curves.png")
        announce(summary, folder, config, trainer)
    return summary


def summarise(
    trainer: Trainer,
    folder: Path,
    curves: Mapping[str, Curve],
    seconds: float,
    error: BaseException | None,
) -> Summary:
    """Write summary.json, and return it: how the run ended, and the last value of each curve.

    The values come from the curves' file: a run killed past its last point makes none after it.
    """
    metrics = {name: curve[max(curve)] for name, curve in curves.items()}
    # A run that diverged in its last interval may have stopped for another reason, or within it.
    gan = trainer.lightning_module if error is None else None
    last = [*metrics.items(), *getattr(gan, "last", {}).items()]
    losses = [float(value) for name, value in last if name.startswith("loss/")]
    # All updates or epochs are done, and no callback stopped the run.
    finished = trainer.global_step == trainer.max_steps or not trainer.should_stop
    pruned = any(getattr(c, "pruned", False) for c in trainer.callbacks)  # pyright: ignore
    status = "done" if finished else "pruned" if pruned else "stopped"
    if any(map(diverged, losses)):
        status = "diverged"
    summary: dict[str, Any] = {"status": status, "updates": trainer.global_step, "seconds": seconds}
    if error is not None:
        # The reader of a pipe that ends, as in forger train | head, interrupts the run.
        failed = isinstance(error, Exception) and not isinstance(error, BrokenPipeError)
        summary["status"] = "failed" if failed else "interrupted"
        summary["error"] = f"{type(error).__name__}: {error}"
    summary["metrics"] = metrics
    write_json(folder / "summary.json", summary)
    return cast(Summary, summary)


def announce(summary: Summary, folder: Path, config: DictConfig, trainer: Trainer) -> None:
    """Print how the run ended, its metrics and folder, how to look at it, and how to resume it."""
    updates, seconds = summary["updates"], summary["seconds"]
    print(
        f"\n{summary['status']}: {updates} updates in {seconds:.0f} s  {numbers(trainer)}".rstrip()
    )
    metrics = [
        f"{name.removeprefix('metric/')} {value:.4g}"
        for name, value in summary["metrics"].items()
        if name.startswith("metric/") and value is not None
    ]
    if metrics:
        print(f"metrics  {', '.join(metrics)}")
    print(f"run      {relative_path(folder)}")
    if (folder / "samples.png").exists():
        print(f"samples  {relative_path(folder)}/samples.png")
    if (folder / "curves.png").exists():
        print(f"curves   {relative_path(folder)}/curves.png")
    # Its own: other runs may have left films in this folder, too.
    films = {c.name for c in trainer.callbacks if isinstance(c, Film)}  # pyright: ignore
    for file in sorted(folder.glob("*.gif")):
        if file.stem in films:
            print(f"film     {relative_path(file)}")
    print(look(trainer, folder), end="")
    if summary["status"] not in ENDED:
        resume = typed("resume", relative_path(folder))
        print(f"go on    forger train {resume}{trust_argument(config)}")
    doctors = [c for c in trainer.callbacks if isinstance(c, Doctor)]  # pyright: ignore
    # Its reports may have scrolled out of sight.
    notes = [note for doctor in doctors for note in doctor.notes()]
    for note in notes:
        print(f"doctor   {note}")
    # In a copy of the repository; a wheel has no pages.
    page = CONF.parent / "docs" / "troubleshooting.md"
    if notes and page.exists():
        print(f"help     {relative_path(page)}")


def look(trainer: Trainer, folder: Path) -> str:
    """The line that says how to look at the curves; empty if TensorBoard has none of them."""
    if not any(isinstance(logger, TensorBoardLogger) for logger in trainer.loggers):
        return ""
    return f"look     tensorboard --logdir {shlex.quote(str(relative_path(folder)))}\n"
