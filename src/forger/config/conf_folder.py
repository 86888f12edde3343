"""The folder conf/: its verbs, each a file there, and its groups, each a folder there."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
# In the package when installed from a wheel, beside src/ in a checkout.
CONF = next(folder for folder in (PACKAGE / "conf", PACKAGE.parents[1] / "conf") if folder.is_dir())


def verbs() -> dict[str, str]:
    """Each verb and what it does."""
    files = sorted(CONF.glob("*.yaml"))
    return {file.stem: file.read_text("utf-8").splitlines()[0].lstrip("# ") for file in files}


def groups() -> list[str]:
    return [folder.name for folder in CONF.iterdir() if folder.is_dir()]
