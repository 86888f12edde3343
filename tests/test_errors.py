import pytest

from forger.errors import visible


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
