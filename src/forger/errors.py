"""What the person at the keyboard can mend."""


class ForgerError(ValueError):
    """A setting, file or machine that does not fit; the message names it and the remedy.

    The command line prints the message alone and ends with exit code 2.
    """
