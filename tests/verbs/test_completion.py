"""The scripts of `forger completion` in the shells that they are for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Forger
from forger.verbs.completion import SCRIPTS


def shell(name: str, script: str, before: str = "") -> list[str]:
    """The lines that a shell prints for commands, the script of its completion, and commands."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        [name, "-c", f"{before}\n{SCRIPTS[name]}\n{script}"],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    return ended.stdout.splitlines()


def in_bash(line: str, wordbreaks: str = "") -> list[str]:
    """What Bash would put at the end of a line, with a bar after each."""
    asked = f"COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; _forger"
    return shell("bash", f"{wordbreaks}\n{asked}\nprintf '%s|\\n' \"${{COMPREPLY[@]}}\"")


def test_bash_gets_what_follows_the_sign_that_separates_words() -> None:
    assert in_bash("forger train loss=h") == ["hinge |"]
    assert in_bash("forger train loss=h", "COMP_WORDBREAKS=${COMP_WORDBREAKS//=}") == [
        "loss=hinge |"
    ]


def test_bash_leaves_no_space_where_more_is_to_be_typed() -> None:
    assert in_bash("forger train  model.k=2 mod") == ["model.|", "model=|"]
    assert "train |" in in_bash("forger ")


def test_bash_offers_nothing_where_there_is_nothing() -> None:
    assert in_bash("forger nothing x") == ["|"]


def test_fish_offers_the_same() -> None:
    assert shell("fish", "complete -C 'forger train loss=h'") == ["loss=hinge"]
    assert "model." in shell("fish", "complete -C 'forger train '")


def test_zsh_offers_the_same() -> None:
    # Outside of its line editor zsh has neither of these.
    builtins = 'compdef() {}; compadd() { print -rl -- "$@" }'
    asked = (
        'words=(forger train "loss=h"); CURRENT=3; _forger; words=(forger ""); CURRENT=2; _forger'
    )
    offered = shell("zsh", asked, before=builtins)
    assert "loss=hinge" in offered
    assert "train" in offered


def test_the_verb_prints_the_script(forger: Forger) -> None:
    assert forger("completion", "bash") == SCRIPTS["bash"]
    assert "'bash' or 'zsh' or 'fish'" in forger("completion", "tcsh")
