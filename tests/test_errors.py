import json
from pathlib import Path

import pytest

import forger
from forger.errors import ForgerError, is_own, try_call, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jred", r"\x1b[2Jred"),
        ("a\rb\x00\x9b", r"a\rb\x00\x9b"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("half\ud800", r"half\ud800"),
        ("größe 世界\nb", "größe 世界\nb"),
    ],
)
def test_what_would_command_the_terminal_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_an_error_names_the_line_of_the_users_own_code() -> None:
    def own(text: str) -> object:
        return json.loads(text)

    with pytest.raises(ForgerError) as raised:
        try_call(own, "metrics.own", "{")
    line = own.__code__.co_firstlineno + 1
    assert str(raised.value).startswith("metrics.own: Expecting property name")
    assert str(raised.value).endswith(f" (test_errors.py, line {line})")
    # What a library raises at once is in no file of the user's.
    with pytest.raises(ForgerError, match=r"\(char 1\)$"):
        try_call(json.loads, "metrics.own", "{")


def test_a_package_whose_name_begins_as_forgers_is_the_users() -> None:
    package = Path(forger.__file__).parent
    assert is_own(str(package.with_name("forger_mine") / "loss.py"))
    assert not is_own(str(package / "losses.py"))
    assert not is_own("<string>")
