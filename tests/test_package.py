"""What a wheel says of itself."""

import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]


def test_the_text_on_a_package_index_has_no_path_of_the_repository() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    readme = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    text = (ROOT / readme["fragments"][0]["path"]).read_text()
    for change in readme["substitutions"]:
        text = re.sub(change["pattern"], change["replacement"], text)
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert targets
    assert [target for target in targets if not target.startswith(("#", "https://"))] == []
    assert "Digits made by a generator" not in text
    assert "[`src/forger/gan.py`]" not in text
    assert "`src/forger/gan.py`, holds both networks" in text
