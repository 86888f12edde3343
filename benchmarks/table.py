"""Write the table of the recorded runs of experiment=table and experiment=conditional_table.

python benchmarks/table.py rows.csv
10,000 rows of five columns and a kind, of which 50, 30 and 20 % are a, b and c.
"""

import sys

import numpy as np


def main(file: str) -> None:
    random = np.random.default_rng(0)
    kind = random.choice(3, size=10_000, p=[0.5, 0.3, 0.2])
    age = random.gamma(5 + 2 * kind, 6)
    member = random.random(kind.size) < 0.2 + 0.3 * kind
    phase = random.uniform(0, 2 * np.pi, kind.size)
    wave = (1 + kind) * np.sin(phase) + random.normal(0, 0.1, kind.size)
    income = np.exp(random.normal(7 + 0.02 * age, 0.3))
    columns = {"age": age, "member": member, "phase": phase, "wave": wave, "income": income}
    with open(file, "w", encoding="utf-8") as table:
        table.write(",".join([*columns, "kind"]) + "\n")
        for *numbers, letter in zip(
            *columns.values(), np.array(["a", "b", "c"])[kind], strict=True
        ):
            table.write(",".join([*(f"{number:.6g}" for number in numbers), letter]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
