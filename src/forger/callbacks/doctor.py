"""Reports diagnoses of GAN training in sentences."""

from typing import Any

from pytorch_lightning import Callback, Trainer

from forger.callbacks.cautions import cautions
from forger.callbacks.measure import Measure
from forger.callbacks.symptoms import (
    missing_by_chance,
    not_finite,
    out_of_range,
    sampled_values,
    symptoms,
)
from forger.checks import check_positive
from forger.gan import GAN
from forger.runs.trackers import log_text


class Doctor(Callback):
    """Reports each symptom once, with its numbers, after it shows at `patience` checks in a row.

    It reports at the start what makes the numbers doubtful from then on, see `cautions`. Divergence
    stops the run at the first update and at each check; the last good checkpoint stays.
    every_n_updates: number of generator updates between two checks.
    """

    def __init__(self, every_n_updates: int, patience: int) -> None:
        check_positive(every_n_updates=every_n_updates, patience=patience)
        self.every_n_updates = every_n_updates
        self.patience = patience
        self.looks: dict[str, int] = {}
        self.measured: dict[str, float] = {}  # the last metrics, since a resumed run has none yet
        # What was reported in this training: at the start, and by symptom.
        self.cautions: list[str] = []
        self.reports: dict[str, str] = {}
        # The last check: its update, and the symptoms it showed.
        self.checked, self.shown = 0, set[str]()
        self.expected: int | None = None

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        self.cautions, self.reports = list(cautions(gan, trainer.callbacks)), {}  # pyright: ignore
        # Whether they are in range is a question to a generator that has learned.
        if not sampled_values(gan).isfinite().all():
            sentence = "the generator gives values that are not finite: nothing can be learned"
            self.cautions.append(sentence)
        for sentence in self.cautions:
            self.say(trainer, sentence)

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        if trainer.global_step == 1:
            broken = not_finite(gan)
            # All processes stop, or none.
            if trainer.strategy.reduce_boolean_decision(bool(broken), all=False):
                sentence = f"the first update gives {broken or 'values'} that are not finite: look"
                self.cautions.append(
                    f"{sentence} at the networks, the loss and what is added to it"
                )
                self.say(trainer, self.cautions[-1])
                trainer.should_stop = True
        if trainer.global_step % self.every_n_updates != 0:
            return
        values = {name: v.item() for name, v in trainer.callback_metrics.items()}
        self.measured |= {name: v for name, v in values.items() if name.startswith("metric/")}
        found = symptoms(self.measured | values, gan.loss, self.expected_missing(trainer))
        if outside := out_of_range(gan):
            found["out of range"] = outside
        # A symptom is reported once, even if it goes away and comes back.
        reported = {name for name, looks in self.looks.items() if looks >= self.patience}
        self.looks = {name: self.looks.get(name, 0) + 1 for name in found} | dict.fromkeys(
            reported, self.patience
        )
        for name, evidence in found.items():
            due = self.looks[name] == self.patience and name not in reported
            if due or name == "divergence":
                self.reports[name] = f"{name} at update {trainer.global_step}: {evidence}"
                self.say(trainer, self.reports[name])
        self.checked, self.shown = trainer.global_step, set(found)
        if "divergence" in found:
            trainer.should_stop = True

    def expected_missing(self, trainer: Trainer) -> int:
        """`missing_by_chance`, once samples miss classes; 0 of what others measure."""
        if self.expected is None and self.measured.get("metric/missing", 0) > 0:
            measures = [c for c in trainer.callbacks if isinstance(c, Measure)]  # pyright: ignore
            self.expected = max(map(missing_by_chance, measures), default=0)
        return self.expected or 0

    def say(self, trainer: Trainer, sentence: str) -> None:
        if trainer.is_global_zero:
            print(f"doctor: {sentence}")
            log_text(trainer.loggers, "doctor", sentence, trainer.global_step)

    def notes(self) -> list[str]:
        """All reports of this training; of a symptom that is gone, that the last check lacks it."""
        return self.cautions + [
            report if name in self.shown else f"{report} (no longer at update {self.checked})"
            for name, report in self.reports.items()
        ]

    def state_dict(self) -> dict[str, Any]:
        return {"looks": self.looks, "measured": self.measured}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # Versions up to 0.1.0 stored the looks only.
        looks = state_dict.get("looks", state_dict)
        self.looks = {str(symptom): int(count) for symptom, count in looks.items()}
        measured = state_dict.get("measured", {})
        self.measured = {str(name): float(value) for name, value in measured.items()}
