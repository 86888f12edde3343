"""The table of means for a paper, in LaTeX."""

import re
from collections.abc import Sequence
from typing import Any

from forger.report.report import Report
from forger.report.statistics import Estimate, digits
from forger.report.tables import number, show
from forger.report.text import one_line

WRITTEN = {
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    # In LaTeX's first fonts these are other signs, and two hyphens are a dash.
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "-": "-{}"},
    # At the start of a row, as of a list, they would be an argument of the end of the row before.
    **{"[": "{[}", "*": "{*}"},
}


def latex(report: Report) -> str:
    """The cells as a tabular, which needs \\usepackage{booktabs}."""
    heads, rows = report.cell_table()
    # A column of words begins at the left, one of numbers ends at the right.
    words = [any(isinstance(value, str) for value in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        [
            f"% {one_line(report.overview())}",
            f"% {one_line(report.legend())}",
            "% \\usepackage{booktabs}",
            f"\\begin{{tabular}}{{{''.join('l' if word else 'r' for word in words)}}}",
            "\\toprule",
            line(heads),
            "\\midrule",
            *map(line, rows),
            "\\bottomrule",
            "\\end{tabular}",
            "",
        ]
    )


def line(values: Sequence[Any]) -> str:
    return " & ".join(map(entry, values)) + r" \\"


def entry(value: Any) -> str:
    if value is None:
        return "--"
    if isinstance(value, Estimate):
        numbers = r" \pm ".join(map(power, digits(value.mean, value.half)))
        written = f"${numbers}$" if value.n else "--"
        return f"{written} ({value.count})" if value.count else written
    # NaN is a word, and no number.
    return f"${power(show(value))}$" if number(value) and value == value else escaped(show(value))


def power(written: str) -> str:
    """A number as mathematics has it: 1.2e-07 is 1.2 times ten to a power, inf has a sign."""
    written = written.replace("inf", r"\infty")
    mantissa, _, exponent = written.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa


def escaped(text: str) -> str:
    """Any text on one line, of which nothing is a command."""
    # It refuses signs that cannot be printed.
    printed = "".join(letter if letter.isprintable() else "?" for letter in one_line(text))
    return re.sub(r"[^\w\s]|_", lambda sign: WRITTEN.get(sign[0], sign[0]), printed)
