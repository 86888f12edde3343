"""Short names of settings and job folders."""

import re
from collections.abc import Collection, Sequence

from forger.config.overrides import key_of


def short_names(keys: Collection[str], taken: Collection[str] = ()) -> dict[str, str]:
    """The shortest end of each dotted key that no other key of them has: model.k is k.

    taken: names that have a meaning already, so that a key of such an end has a longer one.
    """
    ends = [key.split(".")[-n:] for key in keys for n in range(1, key.count(".") + 2)]
    ends += [[name] for name in taken]
    return {
        key: next(
            ".".join(parts[-n:])
            for n in range(1, len(parts) + 1)
            if ends.count(parts[-n:]) == 1 or n == len(parts)
        )
        for key in keys
        for parts in [key.split(".")]
    }


def job_folder(number: int, overrides: Sequence[str], shared: Collection[str]) -> str:
    """The folder of a job in its sweep: its number and what it changes, as in 3_k-2_seed-0.

    overrides: those of the job. shared: keys that all jobs of the sweep have in common, which are
    left out. At most 80 letters that need no quotes, neither in a shell nor for Hydra.
    """
    changed = [override for override in overrides if key_of(override) not in shared]
    changes = {key_of(o).partition("@")[0]: o.partition("=")[2] for o in changed}
    names = short_names(changes)
    words = [f"{names[key]}-{value}" for key, value in changes.items()]
    safe = [re.sub(r"[^A-Za-z0-9.+-]+", "_", word).strip("_") for word in [str(number), *words]]
    return "_".join(safe)[:80]
