"""What `resume=` and `repeat=` take: the stored configuration of a run."""

import os
from pathlib import Path
from typing import cast

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from forger.config.conf_folder import CONF
from forger.config.overrides import key_of, quoted, setting
from forger.config.settings import TRAINED, Train, names
from forger.config.trust import check_trust
from forger.errors import ForgerError
from forger.runs.folder import (
    RESTORE,
    find_checkpoint,
    find_resumable,
    find_run,
    read_config,
    version_of,
)
from forger.runs.version import written_by


def load_stored_run(arguments: list[str], several: bool) -> tuple[str, list[str]]:
    """The name of what Hydra composes, and the arguments: of resume= and repeat=, a run's own.

    several: whether they are of a sweep. Raises ForgerError if one is to resume a run.
    """
    resume, repeat = (setting(arguments, key, "null") for key in ("resume", "repeat"))
    if resume != "null":
        return "run", resumed(arguments, resume, several)
    return ("train", arguments) if repeat == "null" else ("run", repeated(arguments, repeat))


def resumed(arguments: list[str], given: str, several: bool) -> list[str]:
    """The arguments of a run that goes on in its own folder."""
    if several:
        raise ForgerError(
            "resume continues one run, in its folder: remove -m; for several runs with its"
            f" settings, give repeat={given} -m"
        )
    for other in ("repeat", "start", "name", "hydra.run.dir"):
        if setting(arguments, other, "null") != "null":
            raise ForgerError(
                f"resume goes on in the folder of its run, with its weights: remove {other}"
            )
    run, checkpoint = find_resumable(given)
    own = [f"resume={quoted(str(checkpoint or run))}", f"hydra.run.dir={quoted(str(run))}"]
    return [*composing(run, arguments, "resume"), *own]


def repeated(arguments: list[str], given: str) -> list[str]:
    """The arguments of a new run with the settings of another one, or of a sweep of such."""
    folder = Path(given).expanduser()
    # Its configuration is enough: it may have no checkpoint.
    is_run = os.path.isfile(folder / "config" / "config.yaml")
    run = folder.resolve() if is_run else find_run(find_checkpoint(given))
    name = setting(arguments, "name", "${now:%Y-%m-%d_%H-%M-%S_%f}")
    own = composing(run, arguments, "repeat")
    return [*places_of_repeat(name), *own, f"repeat={quoted(str(run))}"]


def composing(run: Path, arguments: list[str], key: str) -> list[str]:
    """The arguments without the one that named a run, whose configuration Hydra composes now."""
    # Hydra composes this node and not the file, which could have settings of Hydra itself.
    ConfigStore.instance().store("run", read_stored_config(run))
    # Hydra must not write its own files into a run folder.
    common = ["hydra.output_subdir=null", "hydra/job_logging=none"]
    return [*(a for a in arguments if key_of(a) != key), *common]


def places_of_repeat(name: str) -> list[str]:
    """Hydra's settings of the folders of a repeated run, or of a sweep of such, of this name."""
    # The same name of a job folder as in conf/train.yaml.
    train = cast(DictConfig, OmegaConf.load(CONF / "train.yaml"))
    job = OmegaConf.to_container(train.hydra.sweep)["subdir"]  # pyright: ignore
    return [
        f"hydra.run.dir={quoted(f'outputs/runs/repeat/{name}')}",
        f"hydra.sweep.dir={quoted(f'outputs/sweeps/{name}')}",
        f"hydra.sweep.subdir='{job}'",
        "hydra.sweeper._target_=hydra_plugins.forger_grid.Grid",
        "+hydra.callbacks.announce._target_=forger.sweeps.announce.Announce",
        "+hydra.callbacks.announce.shared=[]",
    ]


def read_stored_config(run: Path) -> DictConfig:
    """The stored configuration of a run, without its `trust`: a file must not trust itself.

    Raises ForgerError if it sets what is no setting of a run, such as Hydra's own launchers.
    """
    config = read_config(run)
    # Hydra's own node in a file could start another launcher.
    if unknown := config.keys() - set(names(Train)):
        what = ", ".join(sorted(map(str, unknown)))
        file = f"{run / 'config' / 'config.yaml'}{written_by(version_of(run))}"
        raise ForgerError(
            f"{file} was not written by forger train: it has the unknown setting {what};"
            " remove that from the file"
        )
    return OmegaConf.create(config | {"resume": None, "repeat": None, "trust": []})


def check_stored_run(config: DictConfig, run: Path) -> None:
    """Raises ForgerError if what a run has stored names what it may not, or has lost a setting.

    config: what was composed of it and of what was typed. A stranger's file may be both: what it
    names is told first.
    """
    given = set(map(key_of, HydraConfig.get().overrides.task))
    if config.resume:
        # Its weights are in the checkpoint, so the place of the start is not used again.
        given.add("start")
    try:
        check_trust(config, config.trust, config.resume or config.repeat, given)
    except OmegaConfBaseException:
        # It refers to what is lost.
        check_whole(run)
        raise
    check_whole(run)


def check_whole(run: Path) -> None:
    """Raises ForgerError if the stored configuration of a run has lost a setting."""
    # As it is written there: what is lost may be referred to.
    config = cast(dict, OmegaConf.to_container(read_stored_config(run)))
    for name in names(Train):
        node = config.get(name)
        refers = "${" in str(node)
        if name in config and (name not in TRAINED or isinstance(node, dict) or refers):
            continue
        fault = f"{name} is {node}, not settings" if name in config else f"it lacks {name}"
        file = run / "config" / "config.yaml"
        raise ForgerError(f"{file} is damaged: {fault}; {RESTORE}")
