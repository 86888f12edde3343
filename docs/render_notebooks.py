"""Run the notebooks and write them with what they print to docs/notebooks, for the site.

python docs/render_notebooks.py [NAME...], without names all: a quarter of an hour on one core.
"""

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert.exporters.markdown import MarkdownExporter
from nbconvert.writers.files import FilesWriter

ROOT = Path(__file__).parents[1]
PAGES = Path(__file__).parent / "notebooks"


def render(file: Path) -> None:
    """Run one in a folder of its own, and write its page and the pictures on it."""
    notebook = nbformat.read(file, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, resources={"metadata": {"path": folder}}).execute()
    resources = {"output_files_dir": file.stem, "unique_key": file.stem}
    body, resources = MarkdownExporter().from_notebook_node(notebook, resources)
    # What is printed names files in the folder of the run, which is gone.
    body = body.replace(f"{folder}/", "")
    FilesWriter(build_directory=str(PAGES)).write(body, resources, notebook_name=file.stem)


if __name__ == "__main__":
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if file.stem in sys.argv[1:] or not sys.argv[1:]:
            render(file)
