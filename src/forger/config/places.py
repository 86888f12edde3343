"""The places that a stored configuration names: paths and addresses."""

import os
import re
from collections.abc import Collection
from pathlib import PureWindowsPath

from forger.config.trusted import last

# Settings of libraries' classes for where a run writes and computes, which Forger sets.
OURS = ("dirpath", "save_dir", "sub_dir", "log_dir", "root_dir", "default_root_dir", "device")


def is_place(path: str, value: str) -> bool:
    """Whether a value of a configuration says where on this machine, or on others, something is."""
    return leads_out(value) or (last(path) in OURS and value != "")


def leads_out(text: str) -> bool:
    """Whether a text, as a path, is an address or leads out of the folder that it starts from."""
    return (
        "://" in text
        or "::" in text
        or text.startswith(("/", "~", "\\"))
        or PureWindowsPath(text).drive != ""
        or ".." in re.split(r"[/\\]", text)
    )


def allowed(path: str, place: str, trust: Collection[str]) -> bool:
    """Whether a place is the user's own: where his data are kept, or in what he trusts."""
    # The defaults of conf/data, which are the user's own folder, also for the data of a prior.
    own = path in ("data.root", "model.prior.data.root")
    if own and place in (os.environ.get("FORGER_DATA"), "~/.cache/forger"):
        return True
    above = [folder.rstrip("/") for folder in trust]
    inside = any(place.startswith(f"{folder}/") for folder in above) and "/.." not in place
    return place in trust or inside
