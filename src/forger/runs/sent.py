"""What trackers were sent of a run, so that no point is sent twice."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from forger.runs.files import read, write_json


class Sent(TypedDict):
    """What a tracker was sent of a run."""

    # The tracker's own name of the run.
    id: str
    # The last update of each curve and picture.
    last: dict[str, int]
    words: list[str]


class Note:
    """What was sent to one tracker, in trackers.json of a run folder.

    goes_on: whether the run is resumed; otherwise the note starts empty.
    """

    def __init__(self, folder: Path, tracker: str, goes_on: bool) -> None:
        self.file, self.tracker = folder / "trackers.json", tracker
        self.sent: Sent = {"id": "", "last": {}, "words": []}
        if goes_on:
            self.sent = self.read().get(tracker, self.sent)

    def read(self) -> dict[str, Sent]:
        remedy = "remove it, and trackers show the run as a new one"
        return read(self.file, json.loads, dict[str, Sent], remedy) if self.file.exists() else {}

    def write(self) -> None:
        write_json(self.file, self.read() | {self.tracker: self.sent})

    def unsent(self, values: Mapping[str, Any], step: int) -> dict[str, Any]:
        """What of these was not sent yet, and is noted as sent: no point is ever sent twice."""
        new = {name: v for name, v in values.items() if step > self.sent["last"].get(name, -1)}
        if new:
            # Written before the points are sent: a kill may lose some, but none is sent twice.
            self.sent["last"] |= dict.fromkeys(new, step)
            self.write()
        return new

    def add(self, sentence: str) -> str:
        """All sentences with this one, a line each."""
        if sentence not in self.sent["words"]:
            self.sent["words"].append(sentence)
            self.write()
        return "\n".join(self.sent["words"])
