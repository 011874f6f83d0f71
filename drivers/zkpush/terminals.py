"""What is known about each terminal that pushes: alive, in debt, asked to tell again; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from drivers.zkpush.commands import CommandBook, info, query, verify_sum

SILENT_S: Final = 90.0
"""A terminal that asked for commands this recently is alive; it asks each 10 s or so."""
STEADY_S: Final = 15.0
"""After a silence a terminal first pushes what it kept: so long it is not believed to be done."""
QUERY_PATIENCE_S: Final = 600.0
_NIGHT: Final = timedelta(hours=3)
_INFO_RECORDS: Final = 3
_MAX_INFO_CHARS: Final = 60


@dataclass(slots=True, kw_only=True)
class PushTerminal:
    """One terminal; times are seconds of the clock that never goes back.

    Attributes:
        polled_s: when it last asked for commands.
        steady_since_s: since when it is heard without a silence or a restart.
        owes: its last post was not stored, so it holds something.
        records: what it says it holds; None: it has not said.
        dropped: what it posted that must not be kept, by kind.
    """

    serial: str
    book: CommandBook
    heard_s: float | None = None
    polled_s: float | None = None
    steady_since_s: float = 0.0
    asked_s: float = 0.0
    asked_on: date | None = None
    owes: bool = False
    firmware: str = ""
    records: int | None = None
    dropped: Counter[str] = field(default_factory=Counter)
    told: dict[str, str] = field(default_factory=dict)

    def heard(self, now_s: float) -> None:
        """Note that it said something."""
        if self.heard_s is None or now_s - self.heard_s > SILENT_S:
            self.steady_since_s = now_s
        self.heard_s = now_s

    def restarted(self, now_s: float) -> None:
        """Note that it introduced itself: it forgot the commands it was told."""
        self.steady_since_s = now_s
        self.asked_on = None
        self.book.forget()

    def polled(self, now_s: float, local: datetime, reread_days: int) -> None:
        """Note that it asks for commands; once a night it is asked to tell all again."""
        self.polled_s = now_s
        night = (local - _NIGHT).date()
        if reread_days and self.asked_on != night:
            start = local - timedelta(days=reread_days)
            self.book.add(query(start, local), verify_sum(start, local), info())
            self.asked_on, self.asked_s = night, now_s

    def is_alive(self, now_s: float) -> bool:
        """Tell whether it can be relied upon to say what happens."""
        return self.polled_s is not None and now_s - self.polled_s <= SILENT_S

    def is_told_out(self, now_s: float) -> bool:
        """Tell whether everything it holds can be taken as told."""
        is_asked = self.book.awaits_query and now_s - self.asked_s < QUERY_PATIENCE_S
        is_steady = now_s - self.steady_since_s >= STEADY_S
        return self.is_alive(now_s) and is_steady and not self.owes and not is_asked

    def take_info(self, text: str) -> None:
        """Read the ``INFO`` of its first question: firmware, people, fingers, records, ..."""
        fields = [part.strip() for part in text.split(",")]
        self.firmware = fields[0][:_MAX_INFO_CHARS]
        if len(fields) > _INFO_RECORDS and fields[_INFO_RECORDS].isdecimal():
            self.records = int(fields[_INFO_RECORDS][:9])

    def summary(self, now_s: float) -> str:
        """Return how it does, for a person."""
        if self.heard_s is None:
            return "never heard"
        parts = [f"heard {now_s - self.heard_s:.0f} s ago", self.firmware]
        if self.records is not None:
            parts.append(f"{self.records} records")
        parts += [f"{name} {text}" for name, text in self.told.items()]
        return ", ".join(filter(None, parts))
