#!/usr/bin/env bash
# optuna 5.0.0, Python 3.11.
# suggest_categorical gives the objective one of its choices, and looks up which one it was by ==. Of choices
# that Python holds equal, such as False and 0, True and 1, or 1 and 1.0, the first is recorded whatever the
# objective got: a setting that is off, or a number, is written down as the other. trial.params, best_params
# and the storage name a setting that was not tried, and a run with best_params is another run; samplers take
# the two for one. No warning.
# Output (the objective is 0 for False, 1 for 0, and 2 for 10):
#   choices [0, False, 10]     was given False, best value 0.0, best_params {'penalty': 0}
#   with best_params again     value 1.0
#   choices ['0', False, 10]   was given False, best value 0.0, best_params {'penalty': False}
#   with best_params again     value 0.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q optuna==5.0.0
cat > look.py <<'PY'
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def value(penalty):
    """Lower is better: without the penalty it is best."""
    return 0.0 if penalty is False else 1.0 if penalty in (0, "0") else 2.0


seen = []
for choices in ([0, False, 10], ["0", False, 10]):
    given = {}

    def objective(trial, choices=choices, given=given):
        given[trial.number] = trial.suggest_categorical("penalty", choices)
        return value(given[trial.number])

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=20)
    got, told, best = given[study.best_trial.number], study.best_params, study.best_value
    again = value(told["penalty"])
    seen.append((got is False, told["penalty"] is False, best, again))
    print(f"choices {choices!s:<18} was given {got}, best value {best}, best_params {told}")
    print(f"with best_params again     value {again}")
assert seen == [(True, False, 0.0, 1.0), (True, True, 0.0, 0.0)], "the behaviour has changed"
PY
environment/bin/python look.py
