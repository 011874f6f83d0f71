"""A store's tills: they append lines to a daily export as the simulated day goes by.

The lines come from a real export, re-dated and with receipt numbers of their own for each
day, or are made up in the same columns. The same day is always the same play, so a feed
that was stopped goes on where it stood.

    python -m drivers.simulators.posfeed --folder exports --branch A --sellers P01,P02
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sync.clock import Clock, ScaledClock, SystemClock, parse_utc

FAULTS: Final = {
    "refund": "takes the second sale of each day back, with a negative amount",
    "bad_line": "prints one amount of each day that is none",
    "half_line": "writes each line in two halves, the second a moment later",
}
MADE_UP_HEADER: Final = ("Invoice ID", "Branch", "Product line", "Unit price", "Quantity", "Total", "Date", "Time")  # fmt: skip
_GOODS: Final = (("牛奶 milk", 1290), ("茶叶 tea", 6800), ("大米 rice", 8990), ("洗衣液 detergent", 4590),
                 ("礼盒 gift box", 19800), ("食用油 oil", 11900))  # fmt: skip
_MADE_UP_ROWS: Final = 400
_RECEIPTS_PER_SELLER: Final = 2
_RECEIPTS_WITHOUT_SELLERS: Final = 20
_MOST_DAYS_BEHIND: Final = 7
_LONGEST_REST_S: Final = 0.5
_HALF_LINE_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Source:
    """Rows to play from, texts by column."""

    header: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the export and the moment the till prints it."""

    at_utc: datetime
    text: str


def read_source(path: Path, branch: str) -> Source:
    """Read an export's rows of one branch; of all when `branch` is empty."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = tuple(row for row in reader if not branch or row["Branch"] == branch)
        assert rows, f"{path} holds no rows of branch {branch}"
        return Source(tuple(reader.fieldnames or ()), rows)


def make_up_source(branch: str) -> Source:
    """Make up rows; the same branch always has the same ones."""
    chance = random.Random(f"till {branch}")
    rows = []
    for number in range(1, _MADE_UP_ROWS + 1):
        name, price_fen = chance.choice(_GOODS)
        count = chance.randint(1, 6)
        total_fen = price_fen * count
        clock = f"{chance.randint(9, 20):02}:{chance.randint(0, 59):02}"
        cells = (
            f"{branch or 'T'}{number:04}",
            branch,
            name,
            _yuan(price_fen),
            str(count),
            _yuan(total_fen),
        )
        rows.append(dict(zip(MADE_UP_HEADER, (*cells, "1/1/2019", clock), strict=True)))
    return Source(MADE_UP_HEADER, tuple(rows))


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What the tills of a store print.

    Attributes:
        sellers: codes for a column `Salesperson`, in turn; empty: there is no such column.
        per_day: receipts a day; 0: two for each seller.
        faults: names out of `FAULTS`.
    """

    source: Source
    zone: ZoneInfo
    sellers: tuple[str, ...] = ()
    per_day: int = 0
    faults: frozenset[str] = frozenset()

    @property
    def header(self) -> str:
        """Return the first line of a daily file."""
        return _csv_line([*self.source.header, *(["Salesperson"] if self.sellers else [])])

    def lines_of(self, day: date) -> list[Line]:
        """Return the lines of a day in the order of their times; always the same."""
        rows = self.source.rows
        count = (
            self.per_day or len(self.sellers) * _RECEIPTS_PER_SELLER or _RECEIPTS_WITHOUT_SELLERS
        )
        first = day.toordinal() * count
        picked = [rows[(first + i) % len(rows)] for i in range(count)]
        timed = sorted(enumerate(picked), key=lambda pick: (pick[1]["Time"], pick[0]))
        lines = [self._line(day, i, row) for i, row in timed]
        if "refund" in self.faults and len(timed) > 1:
            lines.append(self._refund(day, *timed[1]))
        if "bad_line" in self.faults:
            lines[0] = Line(lines[0].at_utc, self._text(day, *timed[0], {"Total": "#####"}))
        return sorted(lines, key=lambda line: line.at_utc)

    def _line(self, day: date, turn: int, row: dict[str, str]) -> Line:
        local = datetime.combine(day, time.fromisoformat(row["Time"].zfill(5)), self.zone)
        return Line(local.astimezone(UTC), self._text(day, turn, row, {}))

    def _refund(self, day: date, turn: int, row: dict[str, str]) -> Line:
        sale = self._line(day, turn, row)
        changed = {
            "Invoice ID": f"{row['Invoice ID']}-R",
            "Quantity": f"-{row['Quantity']}",
            "Total": f"-{row['Total']}",
        }
        return Line(sale.at_utc + timedelta(minutes=30), self._text(day, turn, row, changed))

    def _text(self, day: date, turn: int, row: dict[str, str], changed: dict[str, str]) -> str:
        told = row | changed
        told["Invoice ID"] += f"-{day:%Y%m%d}-{turn}"
        told["Date"] = f"{day.month}/{day.day}/{day.year}"
        cells = [told[name] for name in self.source.header]
        return _csv_line(
            [*cells, *self.sellers[turn % len(self.sellers) :][:1]] if self.sellers else cells
        )


def _csv_line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


class Feed:
    """Append the lines of a play to daily files as their times come.

    Args:
        folder: where the tills export to; made when missing.
        state_file: remembers how far the feed came; outside `folder`. None: by the files alone.
    """

    def __init__(self, play: Play, folder: Path, state_file: Path | None = None) -> None:
        self._play = play
        self._folder = folder
        self._state_file = state_file
        self._day: date | None = None
        self._written = 0
        folder.mkdir(parents=True, exist_ok=True)
        if state_file and state_file.exists():
            state = json.loads(state_file.read_text(encoding="utf-8"))
            self._day = date.fromisoformat(state["day"])
            self._written = state["written"]

    def advance(self, now_utc: datetime, stop: threading.Event | None = None) -> datetime:
        """Write every line due by `now_utc`; return when the next one is.

        Days missed while the feed stood still are caught up, the last week of them.
        """
        today = now_utc.astimezone(self._play.zone).date()
        if self._day is None:
            self._day = today
        if today - self._day > timedelta(days=_MOST_DAYS_BEHIND):
            self._day, self._written = today - timedelta(days=_MOST_DAYS_BEHIND), 0
        while True:
            lines = self._play.lines_of(self._day)
            self._take_up(lines)
            for line in lines[self._written :]:
                if line.at_utc > now_utc or (stop and stop.is_set()):
                    return line.at_utc
                self._append(line.text.encode(), stop)
            midnight = datetime.combine(self._day + timedelta(days=1), time(), self._play.zone)
            if self._day >= today:
                return midnight.astimezone(UTC)
            self._day, self._written = self._day + timedelta(days=1), 0

    def run(self, clock: Clock, speed: float, stop: threading.Event) -> None:
        """Feed until `stop` is set.

        Args:
            speed: simulated seconds per real second.
        """
        while not stop.is_set():
            next_utc = self.advance(clock.now_utc(), stop)
            rest_s = (next_utc - clock.now_utc()).total_seconds() / speed
            stop.wait(min(max(rest_s, 0.0), _LONGEST_REST_S))

    @property
    def _path(self) -> Path:
        return self._folder / f"sales-{self._day:%Y%m%d}.csv"

    def _take_up(self, lines: list[Line]) -> None:
        """Stand where the day's file stands; end a line that was cut by a stop."""
        if not self._path.exists():
            return
        *whole, cut = self._path.read_bytes().split(b"\n")
        self._written = max(self._written, len(whole) - 1)
        if cut and self._written < len(lines):
            text = lines[self._written].text.encode()
            self._append(text[len(cut) :] if text.startswith(cut) else b"\n")

    def _append(self, text: bytes, stop: threading.Event | None = None) -> None:
        is_new = not self._path.exists()
        with self._path.open("ab") as file:
            if is_new:
                file.write(self._play.header.encode())
            if "half_line" in self._play.faults and stop:
                half = len(text) // 2
                file.write(text[:half])
                file.flush()
                stop.wait(_HALF_LINE_S)
                text = text[half:]
            file.write(text)
        self._written += 1
        if self._state_file:
            state = {"day": str(self._day), "written": self._written}
            beside = self._state_file.with_suffix(".new")
            beside.write_text(json.dumps(state), encoding="utf-8")
            beside.replace(self._state_file)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m drivers.simulators.posfeed", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the tills export to")
    parser.add_argument("--state", type=Path, help="file that keeps the place over restarts")
    parser.add_argument(
        "--source", type=Path, help="export to play from; without it one is made up"
    )
    parser.add_argument("--branch", default="", help="only rows of this branch")
    parser.add_argument("--sellers", default="", help="codes for Salesperson, separated by commas")
    parser.add_argument("--receipts-per-day", type=int, default=0, help="0: two for each seller")
    parser.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS))
    parser.add_argument("--zone", default="Asia/Shanghai", help="where the store is (IANA)")
    parser.add_argument("--speed", type=float, help="run its clock that much faster, from")
    parser.add_argument("--wall-start-utc", type=parse_utc, help="2026-11-23T00:00:00.000Z, at")
    parser.add_argument("--real-start-s", type=float, help="this Unix time")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Feed until SIGTERM or Ctrl-C."""
    options = _arguments(argv)
    clock: Clock = SystemClock.of_this_boot()
    if options.speed is not None:
        start_utc = options.wall_start_utc or datetime.now(UTC)
        real_start_s = options.real_start_s or datetime.now(UTC).timestamp()
        clock = ScaledClock(start_utc, real_start_s, options.speed)
    is_over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())
    branch = options.branch
    play = Play(
        source=read_source(options.source, branch) if options.source else make_up_source(branch),
        zone=ZoneInfo(options.zone),
        sellers=tuple(code for code in options.sellers.split(",") if code),
        per_day=options.receipts_per_day,
        faults=frozenset(options.fault),
    )
    print(f"tills of branch {branch or '(all)'} export to {options.folder}", flush=True)  # noqa: T201
    Feed(play, options.folder, options.state).run(clock, options.speed or 1.0, is_over)
    return 0


if __name__ == "__main__":
    sys.exit(main())
