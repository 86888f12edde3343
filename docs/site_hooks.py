"""What mkdocs does beside its plugins: takes pages from all of the repository, and sets formulas.

See https://www.mkdocs.org/user-guide/configuration/#hooks for when each function is called.
"""

import re
from html import unescape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
# Pages, and the files that they show or lead to.
PAGES = ("*.md", "benchmarks/*.md", "docs/*.md", "docs/notebooks/*.md")
LINKED = (
    "CITATION.cff",
    "LICENSE",
    "*/*.png",
    "*/*.gif",
    "docs/*/*.png",
    "docs/*/*.gif",
    "docs/notebooks/*/*",
    "notebooks/*.ipynb",
    "src/forger/**/*.py",
    "tests/*.py",
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files of the repository at their paths in it, so that their links hold."""
    for file in sorted(file for pattern in (*PAGES, *LINKED) for file in ROOT.glob(pattern)):
        path = file.relative_to(ROOT).as_posix()
        files.append(File.generated(config, path, abs_src_path=str(file)))
    files.append(File.generated(config, "findings.md", content=findings()))
    return files


def findings() -> str:
    """A page of the scripts that show surprises of other libraries."""
    parts = ["# Findings about libraries", "Each script shows one behaviour, in versions it names."]
    for script in sorted(ROOT.glob("findings/*.sh")):
        title = script.stem.replace("_", " ").capitalize()
        parts += [f"## {title}", f"```bash\n{script.read_text()}```"]
    return "\n\n".join(parts)


def on_page_content(html: str, **_: Any) -> str:
    """Formulas as MathML, which browsers show without a script."""
    # As pymdownx.arithmatex marks them, within a line and by themselves.
    html = re.sub(
        r'<span class="arithmatex">\\\((.+?)\\\)</span>',
        lambda found: convert(unescape(found[1])),
        html,
        flags=re.DOTALL,
    )
    return re.sub(
        r'<div class="arithmatex">\s*\\\[(.+?)\\\]\s*</div>',
        lambda found: f'<div class="formula">{convert(unescape(found[1]), display="block")}</div>',
        html,
        flags=re.DOTALL,
    )
