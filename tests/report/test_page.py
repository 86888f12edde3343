import csv
import json
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from fake_runs import leave_run
from forger.report.differences import keep_differences
from forger.report.latex import entry, latex
from forger.report.markdown import markdown
from forger.report.page import html
from forger.report.reading import find_runs, read_run
from forger.report.report import Report
from forger.report.spreadsheet import means_csv, runs_csv
from forger.report.text import literal, plain
from forger.runs.curves import append

# Harmless, but markup, the end of an attribute, of a script and of a comment, and a formula.
MARKUP = "<b>x</b>\"'`</script>--><i a=b>&amp;"


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def report(root: Path, metric: str = "metric/fid") -> Report:
    runs = [read_run(folder) for folder in find_runs(root)]
    return Report([root], runs, keep_differences(runs), metric, "min")


def two_runs(root: Path, value: Any, **second: Any) -> Path:
    leave_run(root / "0", {"model.kind": "plain"}, {10: 1.0, 20: 2.0}, error="e")
    leave_run(root / "1", {"model.kind": value}, {10: 3.0, 20: 4.0}, **second)
    return root


def page_of(root: Path, metric: str = "metric/fid") -> Page:
    return Page(html(report(root, metric), root))


@pytest.mark.parametrize("where", ["status", "error", "value", "name", "metric", "run", "root"])
def test_every_text_of_a_run_is_text_in_the_page(tmp_path: Path, where: str) -> None:
    odd = MARKUP.replace("/", "") if where in ("run", "root") else MARKUP
    roots = {name: tmp_path / name / (odd if where == "root" else "sweep") for name in ("a", "b")}
    # The same runs with a harmless word in the place of the markup.
    for root, text in zip(roots.values(), ("word", odd), strict=True):
        two_runs(root, text if where == "value" else "other")
        summary = root / "1" / "summary.json"
        content = json.loads(summary.read_text())
        if where in ("status", "error"):
            content[where] = text
        if where == "metric":
            content["metrics"][f"metric/{text}"] = 1.0
            append(root / "1", {f"metric/{text}": 1.0}, 30)
        if where == "name":
            file = root / "1" / "config" / "config.yaml"
            file.write_text(
                file.read_text().replace("model:\n", f"model:\n  {json.dumps(text)}: 1\n")
            )
        summary.write_text(json.dumps(content))
        if where == "run":
            (root / "1").rename(root / text)
    harmless, page = map(page_of, roots.values())
    # A chart has more or fewer ticks where its labels are longer.
    assert page.elements.keys() == harmless.elements.keys()
    for tag in ("script", "table", "tr", "th", "td", "a", "span", "p", "figure", "svg"):
        assert page.elements[tag] == harmless.elements[tag]
    assert odd in page.text


def test_names_are_text_in_the_drawings_too(tmp_path: Path) -> None:
    odd = "<b>$x_</b>$"
    root = two_runs(tmp_path, odd)
    metric = f"metric/{odd}"
    for run, value in (("0", 1.0), ("1", 2.0)):
        summary = root / run / "summary.json"
        content = json.loads(summary.read_text())
        content["metrics"][metric] = value
        summary.write_text(json.dumps(content))
        append(root / run, {metric: value}, 30)
    page = page_of(root, metric)
    assert page.elements["b"] == 0
    assert page.elements["svg"] == 3
    assert page.text.count(odd) > 10


@pytest.mark.parametrize("name", ["javascript:alert(1)", "a b#c?d%e", 'x" onclick="y', "ü"])
def test_a_link_leads_to_its_run_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    root = two_runs(tmp_path / "sweep", 1)
    (root / "1").rename(root / name)
    links = [held for tag, held in page_of(root).attributes if tag == "a"]
    assert all(list(held) == ["href"] for held in links)
    addresses = [str(held["href"]) for held in links]
    assert not any(":" in address or '"' in address for address in addresses)
    # In the table of runs, and at the pictures of the best and the worst.
    assert sorted(map(unquote, addresses)) == sorted(2 * ["0", name])


def test_a_text_stays_in_its_cell_of_the_tables(tmp_path: Path) -> None:
    odd = "a|b\n| c | `d` <b>e</b>"
    root = two_runs(tmp_path, odd, error="one\ntwo")
    made = report(root)
    tables = [line for line in markdown(made).splitlines() if line.startswith("|")]
    assert len(tables) == 8
    for line in tables[:4]:
        assert line.replace("\\|", "").count("|") == tables[1].count("|")
    assert r"a\|b \| c \| \`d\` \<b>e\</b>" in markdown(made)
    assert runs_csv(made).count("\n") == 3
    rows = list(csv.DictReader(runs_csv(made).splitlines()))
    assert [row["kind"] for row in rows] == ["plain", "a|b | c | `d` <b>e</b>"]


def test_latex_finds_no_command_nor_cell_in_a_text(tmp_path: Path) -> None:
    odd = r"[\input{x} & 50 % $a_b^c$ # ~ -- <i>" + "\n\\end{tabular}\x1b"
    lines = latex(report(two_runs(tmp_path, odd))).splitlines()
    begin = lines.index(r"\begin{tabular}{lrrr}")
    assert all(line.startswith("%") for line in lines[:begin])
    rows = [line.removesuffix(r" \\") for line in lines[begin:] if line.endswith(r" \\")]
    # What is left when the escaped signs are gone has no meaning to LaTeX but between cells.
    bare = [re.sub(r"\\(text\w+\{\}|[&%$#_{}])|-\{\}|\{\[\}", "", row) for row in rows]
    assert [row.count("&") for row in bare] == [3, 3, 3]
    (named,) = [row for row in bare if "input" in row]
    assert not set(named.replace("$2$", "")) & set("\\%$#_{}~^<>[\x1b") - {"$"}
    assert named.count("$") == 6


def test_latex_has_a_sign_for_infinity_and_a_word_for_what_is_no_number() -> None:
    assert [entry(value) for value in (-math.inf, math.nan, 1e-7)] == [
        *(r"$-\infty$", "nan", r"$1 \times 10^{-7}$")
    ]


def test_markdown_finds_no_link_nor_emphasis() -> None:
    assert literal("[here](x) *a* [1, 2]") == r"[here\](x) \*a\* [1, 2]"
    assert literal("latent_dim") == "latent_dim"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@x", "\t=1"])
def test_no_spreadsheet_takes_a_text_for_a_formula(tmp_path: Path, text: str) -> None:
    rows = list(csv.reader(runs_csv(report(two_runs(tmp_path, text))).splitlines()))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert f"'{text.strip()}" in rows[2]


def test_a_value_that_is_not_finite_is_told_from_one_that_is_missing(tmp_path: Path) -> None:
    for i, value in enumerate((1.44, 2.08, math.inf, math.nan)):
        leave_run(tmp_path / str(i), {"seed": i}, {10: value})
    leave_run(tmp_path / "4", {"seed": 4}, {}, "failed")
    made = report(tmp_path)
    rows = csv.DictReader(runs_csv(made).splitlines())
    assert [row["metric/fid"] for row in rows] == ["1.44", "2.08", "inf", "nan", ""]
    (cell,) = csv.DictReader(means_csv(made).splitlines())
    assert (cell["runs"], cell["metric/fid n"], cell["metric/fid mean"]) == ("5", "2", "1.76")
    assert "1.8 ± 4.1 (2 of 5)" in markdown(made)
    assert "1.8 ± 4.1 (2 of 5)" in html(made, tmp_path)
    assert r"$1.8 \pm 4.1$ (2 of 5)" in latex(made)


def test_runs_of_several_data_sets_are_not_tested_against_each_other(tmp_path: Path) -> None:
    for i in range(4):
        settings = {"seed": i, "model.kind": i // 2, "data.batch_size": i // 2}
        leave_run(tmp_path / "one" / str(i), settings, {10: i})
        settings |= {"data._target_": f"forger.data.{'AB'[i // 2]}", "callbacks.measure.n": 5}
        leave_run(tmp_path / "several" / str(i), settings, {10: i})
    one, several = (report(tmp_path / name) for name in ("one", "several"))
    assert "differ in" not in one.overview()
    assert "The runs differ in data, on which metric/fid depends" in several.overview()
    assert ("p" in one.cell_table()[0], "p" in several.cell_table()[0]) == (True, False)


def test_numbers_stay_numbers() -> None:
    assert [plain(value) for value in (-1.5, 3, None)] == [-1.5, 3, None]
