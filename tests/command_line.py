"""The command line in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

FORGER = [sys.executable, "-m", "forger.cli"]


def forger(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FORGER, *arguments],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
    )


def succeed(folder: Path, *arguments: str) -> str:
    """What a command that ends well prints; nothing of it goes to stderr."""
    run = forger(folder, *arguments)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout
