"""The documentation as a site: it builds without a warning, and is read without a network."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = ["mkdocs", "build", "--strict", "-f", "docs/mkdocs.yml", "-d", str(folder)]
    subprocess.run([sys.executable, "-m", *build], cwd=ROOT, check=True)
    return folder


@pytest.mark.slow
def test_nothing_on_a_page_comes_from_the_network(site: Path) -> None:
    pages = [page.read_text() for page in site.rglob("*.html")]
    assert len(pages) > 15
    loaded = re.compile(r'<(?:script|img|iframe|source)[^>]*\ssrc="?(?:https?:)?//|<link[^>]*//')
    assert [page[:300] for page in pages if loaded.search(page)] == []


@pytest.mark.slow
def test_formulas_are_set_without_a_script(site: Path) -> None:
    page = (site / "docs" / "notebooks" / "2_the_game.html").read_text()
    assert page.count('<div class="formula"><math') == 3
    assert "arithmatex" not in page


@pytest.mark.slow
def test_the_api_page_has_what_a_metric_is_given(site: Path) -> None:
    page = (site / "docs" / "api.html").read_text()
    for name in ("api.train", "gan.GAN.algorithm_1", "metrics.samples.Samples.features"):
        assert f'id="forger.{name}"' in page


def test_the_api_page_names_every_module_of_terms() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    modules = {file.stem for file in (ROOT / "src/forger/terms").glob("[a-z]*.py")}
    assert set(re.findall(r"::: forger\.terms\.(\w+)", page)) == modules


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_rendered_notebook_is_that_of_today(file: Path) -> None:
    page = (ROOT / "docs" / "notebooks" / f"{file.stem}.md").read_text()
    for cell in nbformat.read(file, as_version=4).cells:
        assert cell.source in page, "not current: run python docs/render_notebooks.py"
