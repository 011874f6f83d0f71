"""The real agent with a driver whose source is a number in a file: run as a script.

The file says how many punches the "terminal" holds; punch i is always the same. So a test
lets people punch by writing a larger number, in a process it may kill at any moment.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent import runtime
from agent.settings import load_settings
from drivers.contract import Capabilities, Cursor, PunchRow, Reading, Rejected
from drivers.errors import LinkDownError
from drivers.registry import Kind
from sync.clock import Clock

READING_ROWS = 2000
BAD_EVERY = 1000


@dataclass(frozen=True)
class ScriptedSettings:
    log: Path
    history: bool
    source_id: str

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> ScriptedSettings:
        history = table.get("history", False)
        return cls(Path(table["log"]), history, table.get("source", "SCRIPT-1"))


class ScriptedDriver:
    """Holds as many punches as its file says; every `BAD_EVERY`th cannot be read."""

    capabilities = Capabilities(live=False, repair=True)

    def __init__(self, settings: ScriptedSettings, clock: Clock, zone: str) -> None:
        self._settings = settings

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        try:
            held = int(self._settings.log.read_text() or "0")
        except FileNotFoundError as error:
            raise LinkDownError("no_log", "the terminal is off", "Switch it on.") from error
        done = 0 if cursor is None else int(cursor["done"])
        while True:
            upto = min(done + READING_ROWS, held)
            numbers = range(done, upto)
            yield Reading(
                source_id=self._settings.source_id,
                cursor={"done": upto},
                punches=tuple(punch(i) for i in numbers if not is_bad(i)),
                rejected=tuple(bad_piece(i) for i in numbers if is_bad(i)),
                history=self._settings.history,
                complete=upto == held,
                clock_offset_ms=252_000,
                device_records=held,
            )
            if upto == held:
                return
            done = upto

    def wait(self, timeout_s: float) -> bool:
        raise AssertionError("a driver that is not live is not waited for")

    def close(self) -> None:
        pass


def is_bad(number: int) -> bool:
    return number % BAD_EVERY == BAD_EVERY - 1


def punch(number: int) -> PunchRow:
    at = datetime(2026, 1, 1) + timedelta(seconds=7 * number)
    return PunchRow(f"{number % 300:04d}", at.isoformat(), 0, 1, 0)


def bad_piece(number: int) -> Rejected:
    return Rejected(f"record {number}", "date", "the date is impossible", b"\xff" * 40)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    kind = Kind(ScriptedSettings, ScriptedDriver)
    runtime.run(load_settings(Path(sys.argv[1]), lambda name, where: kind), "0.1.0-test")
