"""What the person at the keyboard can mend."""


class ForgerError(ValueError):
    """A setting, file or machine that does not fit; the message names it and the remedy.

    The command line prints the message alone and ends with exit code 2.
    """


def said(error: BaseException) -> str:
    """One line of what an error says, or its name if that is not a sentence."""
    lines = str(error).splitlines()
    return lines[0] if lines and " " in lines[0] else f"{type(error).__name__} {error}".strip()
