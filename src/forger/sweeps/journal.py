"""The journal in which Optuna keeps a search, and its repair."""

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

from optuna.logging import WARNING, set_verbosity
from optuna.storages import BaseStorage, JournalStorage, get_storage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

from forger.errors import ForgerError, try_call

set_verbosity(WARNING)


def open_storage(storage: str) -> BaseStorage:
    """A database by its URL, or the journal in a file.

    Raises ForgerError for one that cannot be opened.
    """
    if "://" in storage:
        return try_call(get_storage, f"storage (={storage}) cannot be opened", storage)
    return JournalStorage(Journal(storage, MendingLock(storage)))


class Journal(JournalFileBackend):
    """Optuna's journal; raises ForgerError, with the remedy, for a line that is not a record."""

    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        try:
            yield from super().read_logs(log_number_from)
        except ValueError as error:
            *lines, _ = Path(self._file_path).read_bytes().splitlines()
            for number, line in enumerate(lines, 1):
                if not is_record(line):
                    raise ForgerError(
                        f"line {number} of {self._file_path} is not a complete record of the"
                        " search: delete that line, and the search continues"
                    ) from error


class MendingLock(JournalFileSymlinkLock):
    """Optuna's lock of its journal; under it the journal has only complete records.

    A full disk leaves half a record at the end. The next writer would continue that line, and the
    journal could not be read any more.
    """

    def acquire(self) -> bool:
        acquired = super().acquire()
        try:
            mend(Path(self._lock_target_file))
        except BaseException:
            self.release()
            raise
        return acquired


def mend(journal: Path) -> None:
    """Cut the last line of a journal if it is not a complete record."""
    with journal.open("rb+") as file:
        # Backwards in blocks: the journal of a long search has many megabytes.
        size = start = file.seek(0, os.SEEK_END)
        line = b""
        while start and b"\n" not in line[:-1]:
            start = max(0, start - 4096)
            file.seek(start)
            line = file.read()
        line = line[line.rfind(b"\n", 0, -1) + 1 :]  # the last line, without those before it
        if not (line.endswith(b"\n") and is_record(line)):
            file.truncate(size - len(line))


def is_record(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
