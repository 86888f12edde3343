"""What differs among runs: the settings that a report has in its tables."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from forger.config.settings import NOT_PART_OF_RUN, TRAINED
from forger.report.reading import Run
from forger.runs.names import short_names

# Heads of the report's own columns: a setting's name is none of them.
HEADS = ("run", "runs", "n", "p", "status", "updates", "seconds")
# Settings of the data that decide what is trained on and how, but not what is measured.
FOR_TRAINING = ("batch_size", "seed", "minibatches", "classes", "clusters", "root", "memory_map")


def distinct(runs: Iterable[Run]) -> tuple[list[Run], list[tuple[Run, Run]]]:
    """The runs without copies: of those of the same settings and seed, the one that came furthest.

    A sweep that is started again over more seeds renumbers its jobs, and trains some again. Second:
    each copy, and the run that it is a copy of.
    """
    alike: dict[tuple, list[Run]] = {}
    for run in runs:
        key = tuple((k, v) for k, v in sorted(run.settings.items()) if k not in NOT_PART_OF_RUN)
        alike.setdefault(key, []).append(run)
    furthest = [max(some, key=lambda run: run.updates) for some in alike.values()]
    pairs = zip(furthest, alike.values(), strict=True)
    return furthest, [(run, one) for one, some in pairs for run in some if run is not one]


def keep_differences(runs: list[Run]) -> list[str]:
    """Cut each run's settings to those that differ among the runs, and name these briefly.

    A node of another `_target_`, say another loss, counts as one setting, whose value is the name
    of the class: what comes with the class in every run is not another. Returns the names.
    """
    differing = leaves_that_differ(runs)
    # A node comes before those in it, which may follow from its class.
    for target in sorted((key for key in differing if key.endswith("._target_")), key=len):
        if target not in differing:
            continue
        node = target.removesuffix("_target_")
        for key in [k for k in differing if k.startswith(node) and k != target]:
            pairs = set(zip(differing[target], differing[key], strict=True))
            # The setting follows from the class: it is the same in all runs of that class.
            if len(pairs) == len(set(differing[target])):
                del differing[key]
    targets = [key for key in differing if key.endswith("._target_")]
    # A class is named by its whole path: what stands at schedule.generator is no generator.
    whole = {key: key.removesuffix("._target_") for key in targets}
    short = {key: whole.get(key, name) for key, name in short_names(differing, HEADS).items()}
    # By the same name two classes would be one setting.
    classes = {key: ends_that_differ({str(v) for v in differing[key]}) for key in targets}
    for run in runs:
        found = {key: run.settings.get(key) for key in short}
        run.settings = {
            short[key]: value if value is None else classes.get(key, {}).get(str(value), value)
            for key, value in found.items()
        }
    return list(short.values())


def ends_that_differ(paths: Collection[str]) -> dict[str, str]:
    """The last parts of dotted paths, as many of each as tell all of them apart."""
    count, ends = 0, dict.fromkeys(paths, "")
    while len(set(ends.values())) < len(paths):
        count += 1
        ends = {path: ".".join(path.split(".")[-count:]) for path in paths}
    return ends


def measured_on(runs: Sequence[Run]) -> list[str]:
    """What differs among the runs in what their metrics are of: the data, and how many samples.

    Values of one metric compare only where these are alike.
    """
    keys = {key for run in runs for key in run.leaves if is_measured(key)}
    differing = {key for key in keys if differ([run.leaves.get(key) for run in runs])}
    return sorted({"data" if key.startswith("data.") else key for key in differing})


def is_measured(key: str) -> bool:
    """Whether a leaf decides what samples are compared with, or how many are."""
    group, _, rest = key.partition(".")
    if group == "data":
        return rest not in ("licence", *FOR_TRAINING)
    return group == "metrics" or key == "callbacks.measure.n"


def leaves_that_differ(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """The settings of which the runs have several values, by path, with the value of each run.

    What follows from other settings is left out, and what only observes a run, such as a logger,
    unless a command set it.
    """
    keys = {key: None for run in runs for key in run.leaves if key not in NOT_PART_OF_RUN}
    commanded = {path for run in runs for path in run.chosen}
    columns = {
        key: [run.leaves.get(key) for run in runs] for key in keys if is_setting(key, commanded)
    }
    differing = {key: values for key, values in columns.items() if differ(values)}
    # A node that is empty in some runs is described by the settings in it.
    nodes = {k for k in differing if any(other.startswith(f"{k}.") for other in differing)}
    return {key: values for key, values in differing.items() if key not in nodes}


def is_setting(key: str, commanded: set[str]) -> bool:
    """Whether a leaf decides what is trained, or was set by a command."""
    parts = key.split(".")
    if parts[0] in ("seed", "start", *TRAINED):
        return True
    return any(".".join(parts[:n]) in commanded for n in range(2, len(parts) + 1))


def differ(values: Sequence[Any]) -> bool:
    """Whether there are several values; one that refers to other settings is none of its own."""
    own = {value for value in values if not (isinstance(value, str) and "${" in value)}
    return len(own - {None}) > 0 and len(set(values)) > 1
