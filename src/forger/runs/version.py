"""Which Forger this is, and which one wrote a file."""

from importlib import metadata


def version() -> str:
    """The version of this Forger; "unknown" where it runs without having been installed."""
    try:
        return metadata.version("forger")
    except metadata.PackageNotFoundError:
        return "unknown"


def written_by(other: str) -> str:
    """What to add to the name of a file that a Forger of this version wrote, if it is another."""
    return "" if other in ("", version()) else f", written by Forger {other} (this is {version()})"
