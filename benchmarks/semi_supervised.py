"""How well a semi-supervised head classifies: `python benchmarks/semi_supervised.py RUN …`.

A row for each run of `forger train experiment=semi_supervised`: the number of the test images whose
class the head does not predict; then mean and standard deviation over runs.
"""

import sys

from head import head_and_labels
from run_table import print_table

from forger.gan import GAN

COLUMNS = {"test errors": ".0f"}


def measure(gan: GAN) -> list[float]:
    """The number of wrong test images of a run."""
    logits, labels = head_and_labels(gan, "classes")
    return [(logits.argmax(1) != labels).sum().item()]


if __name__ == "__main__":
    print_table(sys.argv[1:], COLUMNS, measure)
