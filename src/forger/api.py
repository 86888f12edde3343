"""Forger's verbs as Python functions: the same code, settings and sentences as the command line.

Settings are texts as they are typed there, "model.k=2". What the command line refuses with a
sentence and exit code 2 is raised as ForgerError.
"""

import signal
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import torch
from omegaconf import DictConfig, OmegaConf, open_dict
from torch import Tensor

from forger import cli
from forger.checks import check_positive
from forger.config.arguments import MULTIRUN, prepare
from forger.config.explain import explained
from forger.config.load import load as load_checkpoint
from forger.config.overrides import quoted, setting
from forger.config.presets import composed
from forger.config.project import is_run_folder, trusted_packages
from forger.config.run_hydra import hydra_to_oneself, turn
from forger.config.schema import check
from forger.config.settings import Train
from forger.config.trust import to_be_trusted
from forger.data.units import to_file, units_of
from forger.errors import ForgerError, sentence_alone
from forger.gan import GAN
from forger.runs.curves import Curve, read_curves
from forger.runs.folder import find_checkpoint, read_config, read_summary
from forger.sweeps.isolation import isolated, plain_torch

SWEEP = "a sweep runs from the command line only: train its runs one by one"


class Run:
    """A run folder.

    trust: packages that its configuration may name, as on the command line.
    """

    def __init__(self, folder: str | Path, trust: Collection[str] = ()) -> None:
        self.folder = Path(str(folder)).expanduser().resolve()
        self.trust = texts("trust", trust)
        if not is_run_folder(self.folder):
            raise ForgerError(f"{folder} is not a run folder: give one such as outputs/runs/ring/x")
        read_config(self.folder)

    def __repr__(self) -> str:
        return f"forger.Run({str(self.folder)!r})"

    @property
    def config(self) -> DictConfig:
        """The configuration that it was trained by."""
        return cast(DictConfig, OmegaConf.create(read_config(self.folder)))

    @property
    def summary(self) -> dict[str, Any]:
        """summary.json: status, updates, seconds, metrics; empty while it trains."""
        return read_summary(self.folder)

    @property
    def curves(self) -> dict[str, Curve]:
        """Each curve by its name, such as loss/generator, from update to value."""
        return read_curves(self.folder)

    @cached_property
    def gan(self) -> GAN:
        """The GAN of its last checkpoint, see `load`."""
        return load(self.folder, self.trust)

    def samples(
        self,
        n: int | None = None,
        seed: int | None = None,
        label: int | str | None = None,
        codes: Sequence[float | None] | None = None,
    ) -> Tensor:
        """Samples 0 to n - 1 of a seed: uint8 (n, C, H, W), or points (n, *shape).

        Rows of a table are in the units of their file, float64; `gan.sample` has them as they are
        trained on, shifted and scaled.

        n, seed: None: those of `forger sample`. label: the class of all samples, of a conditional
        GAN; None: the classes in turn. codes: those of all samples, of a GAN whose prior has codes;
        None: as the prior draws them.
        """
        # The defaults of the verb, which stand only in its YAML, and its checks.
        config = compose_verb("sample", [f"ckpt={quoted(str(self.folder))}"])
        for name, value in {"n": n, "seed": seed, "label": label, "codes": codes}.items():
            if value is not None:
                with explained("sample"):
                    config[name] = plain(value)
        verb = cli.import_verb("sample")
        check(config, verb.Settings)
        check_positive(n=config.n)
        with turn, plain_torch():
            return to_file(verb.samples_of(self.gan, config), units_of(self.gan.config))

    def evaluate(self, *settings: str) -> dict[str, Any]:
        """What `forger evaluate` writes to metrics.json, by its settings, such as "n=1000".

        Raises ForgerError for a checkpoint of another run.
        """
        given = setting(texts("settings", settings), "ckpt", "")
        if given and self.folder not in find_checkpoint(given).parents:
            raise ForgerError(f"ckpt (={given}) is not of {self.folder}: evaluate its own run")
        trust = f"trust=[{','.join(map(quoted, self.trust))}]"
        return call("evaluate", [f"ckpt={quoted(str(self.folder))}", trust, *settings]).value


def train(*settings: str) -> Run:
    """Train as `forger train` does with these settings, in the same folder.

    Raises ForgerError for what the user can mend; KeyboardInterrupt on Ctrl-C, once all is saved.
    """
    run = Run(call("train", settings).folder)
    # The user has just given what the configuration names.
    run.trust = sorted(to_be_trusted(run.config))
    return run


@sentence_alone
def load(checkpoint: str | Path, trust: Collection[str] = ()) -> GAN:
    """The GAN of a run folder or checkpoint, in evaluation mode on the CPU.

    trust: packages that its configuration may name beside Forger's own.
    """
    trusted = [*texts("trust", trust), *trusted_packages()]
    # Weights are drawn before they are read. No GPU has to start for that.
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with turn, plain_torch(), torch.random.fork_rng(gpus):
        return load_checkpoint(find_checkpoint(str(checkpoint)), trusted)


@sentence_alone
def compose(settings: Sequence[str] = ()) -> DictConfig:
    """The configuration that `forger train` would train by.

    Raises ForgerError for what it refuses before anything is built: names and types.
    """
    with hydra_to_oneself():
        config = compose_verb("train", settings)
        check(config, Train)
    return config


def texts(what: str, given: Any) -> list[str]:
    """A list of texts; ForgerError for anything else, such as one text for a list of them."""
    if isinstance(given, Iterable) and not isinstance(given, str):
        each = list(given)
        if all(isinstance(text, str) for text in each):
            return each
    # Those of *settings are a tuple.
    example = "'model.k=2', 'seed=1'" if isinstance(given, tuple) else "['model.k=2']"
    example = "['my_package']" if what == "trust" else example
    raise ForgerError(f"{what} (={given}) should be texts, such as {example}")


def plain(value: Any) -> Any:
    """A number of NumPy or PyTorch, or a sequence of them, as those of Python."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def compose_verb(verb: str, settings: Sequence[str]) -> DictConfig:
    settings = texts("settings", settings)
    with hydra_to_oneself(), cli.command_line(verb, settings), explained(verb):
        name, arguments = prepare(verb, settings)
        config = composed(name, arguments)
    with open_dict(config):
        del config["hydra"]
    return config


@sentence_alone
def call(verb: str, settings: Sequence[str]) -> cli.Outcome:
    """The result of a verb; the state of the process is restored afterwards."""
    settings = texts("settings", settings)
    flag = next((given for given in settings if given.startswith("-")), None)
    if flag in MULTIRUN or setting(settings, "hydra.mode", "").upper() == "MULTIRUN":
        raise ForgerError(SWEEP)
    if flag:
        raise ForgerError(f"{flag} is for the command line: give settings, such as model.k=2")
    try:
        # A caller's process must not keep what a run changes.
        with hydra_to_oneself(), isolated():
            outcome = cli.call(verb, settings)
    except SystemExit as end:
        # In Python, Ctrl-C is an exception and not an exit code.
        if end.code == 128 + signal.SIGINT:
            raise KeyboardInterrupt from end
        raise
    if outcome is None:
        raise ForgerError(SWEEP)
    return outcome
