"""One agent to a data folder: the lock, and whether somebody holds it."""

from __future__ import annotations

import fcntl
from pathlib import Path
from types import TracebackType

from sync.errors import DakaError

_NAME = "agent.lock"


class DataLock:
    """Held while the agent runs; the kernel releases it however the process ends.

    Raises:
        DakaError: another agent holds it, or the folder takes no file (on entering).
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def __enter__(self) -> DataLock:
        try:
            self._file = (self._data_dir / _NAME).open("wb")
        except OSError as error:
            raise DakaError(
                f"{self._data_dir} takes no file: {error.strerror}; look at its owner, and if it"
                " is read-only at the disk or card, which may be dying"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise DakaError(
                f"another agent uses {self._data_dir}; stop it first (systemctl stop daka-agent)"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def is_running(data_dir: Path) -> bool:
    """Tell whether an agent runs on this data folder now."""
    try:
        with (data_dir / _NAME).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
