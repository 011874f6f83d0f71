"""A folder of USB exports for the driver contract suite."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from drivers.contract import Driver, PunchRow
from drivers.registry import open_driver
from drivers.simulators.attlog import export
from sync.clock import SystemClock

_START = datetime(2026, 11, 23, 9)


class AttlogFileSubject:
    """An export somebody keeps appending to; unreachable when the stick is pulled."""

    holds = 100_000

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "stick"
        self._folder.mkdir()
        self._touches = 0

    def driver(self) -> Driver:
        table = {"name": "stick", "folder": str(self._folder), "serial": "CKUH1"}
        return open_driver("attlogfile", table, "test", SystemClock.of_this_boot(), "Asia/Shanghai")

    def add(self, count: int) -> None:
        first = self._touches
        self._touches += count
        times = (_START + timedelta(seconds=i) for i in range(first, self._touches))
        self._append(export(PunchRow("1001", when.isoformat(), 0, 1, 0) for when in times))

    def spoil(self) -> bool:
        self._append(b"nobody can read this\r\n")
        return True

    def cut(self) -> None:
        self._folder.rename(self._folder.with_name("pulled"))

    def mend(self) -> None:
        self._folder.with_name("pulled").rename(self._folder)

    def _append(self, data: bytes) -> None:
        with (self._folder / "1_attlog.dat").open("ab") as file:
            file.write(data)


@contextmanager
def _stick(folder: Path) -> Iterator[AttlogFileSubject]:
    yield AttlogFileSubject(folder)


SUBJECTS = {"attlogfile": _stick}
