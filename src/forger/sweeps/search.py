"""A search for the best settings: Optuna chooses them, any number of workers train with them.

A worker is a command `forger train -m +sweep=optuna`, a trial is a job of that sweep. Workers meet
in the sweep's folder: there lie the study, with all trials and what came of them, and a lock for
each trial, held by its worker. The system takes it from a process that dies, whatever it dies of.
"""

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from filelock import FileLock
from hydra.core.override_parser.types import Override
from hydra.utils import instantiate
from omegaconf import DictConfig

from forger.config.messages import nearest
from forger.errors import ForgerError
from forger.runs.folder import read_summary
from forger.seeds import derive_seed

try:
    import optuna
    from optuna.study import StudyDirection
    from optuna.trial import Trial, TrialState

    from forger.sweeps.journal import open_storage
    from forger.sweeps.search_settings import check_settings, objectives
    from forger.sweeps.search_space import check_same, distribution
except ModuleNotFoundError as error:
    raise ForgerError("a search needs Optuna: pip install -e '.[tune]'") from error


class Search:
    """One worker of a search: it takes a trial and records its result.

    hydra: Hydra's own node of the configuration, with the sweep's folder and the settings of the
    search. overrides: of train, those to choose among and those that are the same in all trials.
    Raises ForgerError if there is nothing to choose, or if the study is one of other objectives, of
    other values or of another folder.
    """

    def __init__(self, hydra: DictConfig, overrides: Sequence[Override]) -> None:
        self.settings = hydra.sweeper
        # The later override wins: the command line comes after the preset.
        chosen = {override.get_key_element(): override for override in overrides}
        self.space = {key: distribution(o) for key, o in chosen.items() if o.is_sweep_override()}
        self.fixed = [str(o.input_line) for o in chosen.values() if not o.is_sweep_override()]
        check_settings(self.settings, self.space)
        self.folder = Path(hydra.sweep.dir)
        self.folder.mkdir(parents=True, exist_ok=True)
        storage = open_storage(self.settings.storage)
        self.locks = self.folder / ".locks"
        # Of this machine or of any that shares the folder: file locks work over both.
        self.locks.mkdir(exist_ok=True)
        self.lock = FileLock(self.locks / "study")
        names = objectives(self.settings)
        directions = [StudyDirection.MINIMIZE] * len(self.settings.minimize)
        directions += [StudyDirection.MAXIMIZE] * len(self.settings.maximize)
        with self.lock, warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self.study = optuna.create_study(
                study_name=self.folder.name,
                storage=storage,
                directions=directions,
                load_if_exists=True,
            )
            # The first worker names the objectives; the others are compared with it.
            if self.study.metric_names is None:
                self.study.set_metric_names(names)
            self.check_folder()
            check_same(self.study, self.space)
        # Samplers call it when all is tried; Optuna's own stop() works in its loop only.
        self.exhausted = False
        self.study.stop = self.stop
        if (self.study.metric_names, self.study.directions) != (names, directions):
            raise ForgerError(
                f"{self.folder} has a search for other objectives,"
                f" {', '.join(self.study.metric_names or [])}: give another name="
            )

    def check_folder(self) -> None:
        """Raises ForgerError if the study is that of another folder, whose locks are not here."""
        mark = self.locks / "mark"
        if "mark" not in self.study.user_attrs:
            mark.write_text(uuid4().hex)
            self.study.set_user_attr("mark", mark.read_text())
        elif not mark.exists() or mark.read_text() != self.study.user_attrs["mark"]:
            raise ForgerError(
                f"{self.settings.storage} has a search named {self.folder.name} whose runs are"
                f" not in {self.folder}: give all workers the same folder, or give another name="
            )

    def next_trial(self) -> Trial | None:
        """A trial for this worker alone; None if all have been taken.

        A trial whose worker died comes first, to resume from its checkpoint, unless it was started
        n_starts times already or was killed while its settings were chosen.
        """
        with self.lock:
            trials = self.study.get_trials()
            for left in trials:
                if left.state == TrialState.RUNNING and self.lock_trial(left.number):
                    trial = Trial(self.study, left._trial_id)
                    starts = left.user_attrs.get("starts", 0)
                    if starts < self.settings.n_starts and self.space.keys() <= left.params.keys():
                        trial.set_user_attr("starts", starts + 1)
                        return trial
                    self.fail(trial, f"killed, {starts} times")
            # WAITING trials were enqueued by the user, and are not taken yet.
            taken = sum(trial.state != TrialState.WAITING for trial in trials)
            if self.exhausted or taken >= self.settings.n_trials:
                return None
            # A seed of the trial's number: which worker asks makes no difference.
            seed = derive_seed(self.settings.seed, len(trials))
            self.study.sampler = instantiate(self.settings.sampler, seed=seed, _convert_="all")
            trial = self.study.ask(self.space)
            self.lock_trial(trial.number)
            trial.set_user_attr("starts", 1)
            return trial

    def stop(self) -> None:
        self.exhausted = True

    def lock_trial(self, number: int) -> bool:
        """Whether no other worker has this trial; then it is this one's."""
        self.trial_lock = FileLock(self.locks / str(number))
        try:
            self.trial_lock.acquire(blocking=False)
        except TimeoutError:
            return False
        return True

    def overrides(self, trial: Trial) -> list[str]:
        """The job of a trial."""
        return [*self.fixed, *(f"{key}={value}" for key, value in trial.params.items())]

    def record_result(self, trial: Trial, run: Path) -> None:
        """Record the result in the folder of a trial's run.

        Raises ForgerError if a whole run has not measured an objective: no other would.
        """
        summary = read_summary(run)
        status, values = summary["status"], {"seconds": summary["seconds"]} | summary["metrics"]
        names = objectives(self.settings)
        # NaN is null in a summary.
        found = {n: math.nan if (v := values.get(n)) is None else v for n in names}
        trial.set_user_attr("run", str(self.folder / run.name))
        if status == "pruned":
            self.tell(trial, TrialState.PRUNED)
        elif status == "diverged" or not all(map(math.isfinite, found.values())):
            self.fail(trial, f"{status}, {found}")
        else:
            self.tell(trial, TrialState.COMPLETE, list(found.values()))
        missing = [name for name in names if name not in values]
        # A run that ended early may not have come to a measurement.
        if missing and status == "done":
            raise ForgerError(f"{missing[0]} is not measured{nearest(missing[0], values)}")

    def record_failure(self, trial: Trial, error: Exception) -> None:
        self.fail(trial, f"{type(error).__name__}: {error}")

    def release(self, trial: Trial) -> None:
        """Leave a trial to the next worker: this one was asked to stop."""
        # A stop on request does not count as a failed start.
        trial.set_user_attr("starts", 0)

    def fail(self, trial: Trial, error: str) -> None:
        trial.set_user_attr("error", error)
        self.tell(trial, TrialState.FAIL)

    def tell(self, trial: Trial, state: TrialState, values: Sequence[float] | None = None) -> None:
        with self.lock:
            self.study.tell(trial, values, state)
            self.trial_lock.release()

    def announce(self) -> None:
        """Print the states of all trials, and the best ones.

        Raises ForgerError if all failed.
        """
        trials = self.study.get_trials()
        states = Counter(trial.state.name.lower() for trial in trials)
        errors = [t.user_attrs["error"] for t in trials if "error" in t.user_attrs]
        if states["fail"] == len(trials):
            raise ForgerError(f"all {len(trials)} runs failed, the last with {errors[-1]}")
        print(f"\n{len(trials)} runs: {', '.join(f'{n} {state}' for state, n in states.items())}")
        for best in self.study.best_trials:
            pairs = zip(objectives(self.settings), best.values, strict=True)
            numbers = ", ".join(f"{name} {value:.4g}" for name, value in pairs)
            print(f"best     {numbers}: {best.user_attrs['run']}")
