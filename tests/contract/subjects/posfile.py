"""A folder of POS exports for the driver contract suite, as CSV and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from drivers.contract import Driver
from drivers.registry import open_driver
from sync.clock import SystemClock

_HEADER = "Register,Receipt,Line,Sold at,Cashier,Item,Quantity,Amount,Type,Original receipt\n"
_START = datetime(2026, 11, 23, 9, 0)


class PosFileSubject:
    """A till that appends to one file; unreachable when the folder is not mounted."""

    holds = 100_000

    def __init__(self, folder: Path, map_name: str) -> None:
        self._folder = folder / "exports"
        self._folder.mkdir()
        self._map = map_name
        self._lines = 0
        self._is_json = map_name == "json_lines"
        self._file = self._folder / f"sales.{'jsonl' if self._is_json else 'csv'}"
        self._append("" if self._is_json else _HEADER)

    def driver(self) -> Driver:
        table = {"name": "tills", "folder": str(self._folder), "map": self._map}
        return open_driver("posfile", table, "test", SystemClock.of_this_boot(), "Asia/Shanghai")

    def add(self, count: int) -> None:
        text = []
        for _ in range(count):
            self._lines += 1
            sold_at = (_START + timedelta(seconds=self._lines)).isoformat(" ")
            cells = ["1", f"R{self._lines}", "1", sold_at, "007", "tea", "1", "2.50", "sale", ""]
            text.append(self._json(cells) if self._is_json else ",".join(cells) + "\n")
        self._append("".join(text))

    def spoil(self) -> bool:
        self._append("nobody can read this\n")
        return True

    def cut(self) -> None:
        self._folder.rename(self._folder.with_name("unmounted"))

    def mend(self) -> None:
        self._folder.with_name("unmounted").rename(self._folder)

    def _json(self, cells: list[str]) -> str:
        names = ("register", "receipt", "line", "sold_at", "seller", "item", "quantity", "amount")
        return json.dumps(dict(zip(names, cells, strict=False))) + "\n"

    def _append(self, text: str) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(text)


@contextmanager
def _till(folder: Path, map_name: str) -> Iterator[PosFileSubject]:
    yield PosFileSubject(folder, map_name)


SUBJECTS = {
    "posfile-csv": lambda folder: _till(folder, "generic_en"),
    "posfile-jsonl": lambda folder: _till(folder, "json_lines"),
}
