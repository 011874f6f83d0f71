"""A terminal's USB export, written as terminals write it, with faults by name.

python -m drivers.simulators.attlog --file stick/1_attlog.dat --records 1000 --fault hole
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from drivers.contract import PunchRow

FAULTS: Final = {
    "hole": "a stretch of NUL bytes in the middle: the stick was pulled while it was written",
    "cut": "ends in the middle of its last line",
    "negative_date": "the second line has a time the terminal printed with signs",
    "doubled": "holds everything twice",
    "mixed_ends": "every second line ends with LF alone",
    "utf16": "saved once by a text editor, as UTF-16 with a byte order mark",
}
_HOLE_BYTES: Final = 4096
_SECONDS_BETWEEN: Final = 37


def export(
    punches: Iterable[PunchRow], *, device: int = 1, width: int = 9, faults: Iterable[str] = ()
) -> bytes:
    """Return the export of a log, in its order.

    Args:
        device: the number the terminal has in its menu.
        width: how far user ids are moved to the right.
        faults: names out of `FAULTS`.
    """
    faults = set(faults)
    lines = [_line(punch, device, width) for punch in punches]
    if "negative_date" in faults and len(lines) > 1:
        cells = lines[1].split("\t")
        lines[1] = "\t".join([cells[0], "1971--10--29 -23:-23:-27", *cells[2:]])
    if "doubled" in faults:
        lines *= 2
    ends = ["\r\n", "\n"] if "mixed_ends" in faults else ["\r\n"]
    text = "".join(line + ends[i % len(ends)] for i, line in enumerate(lines))
    if "cut" in faults:
        text = text[:-20]
    if "hole" in faults:
        middle = len(text) // 2
        text = text[:middle] + "\0" * _HOLE_BYTES + text[middle:]
    return text.encode("utf-16") if "utf16" in faults else text.encode()


def _line(punch: PunchRow, device: int, width: int) -> str:
    when = punch.device_time.replace("T", " ")
    cells = [when, str(device), str(punch.state_code), str(punch.verify_code)]
    return "\t".join([punch.user_id.rjust(width), *cells, punch.workcode or "0"])


def standard_punches(count: int, end: datetime, users: int = 5) -> Iterable[PunchRow]:
    """Yield `count` punches up to `end`, one every 37 seconds."""
    for index in range(count):
        when = end - timedelta(seconds=(count - index) * _SECONDS_BETWEEN)
        stamp = when.isoformat(timespec="seconds")
        yield PunchRow(str(1001 + index % users), stamp, index & 1, 1, 0)


def main(argv: Sequence[str] | None = None) -> int:
    """Write one export."""
    parser = argparse.ArgumentParser("python -m drivers.simulators.attlog", description=__doc__)
    parser.add_argument("--file", type=Path, required=True, help="such as 1_attlog.dat")
    parser.add_argument("--records", type=int, default=100)
    parser.add_argument("--users", type=int, default=5, help="ids from 1001 on")
    parser.add_argument("--device", type=int, default=1, help="the number in its menu")
    parser.add_argument("--end", type=datetime.fromisoformat, default=datetime(2026, 11, 23, 18))
    parser.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS))
    options = parser.parse_args(argv)
    punches = standard_punches(options.records, options.end, options.users)
    options.file.write_bytes(export(punches, device=options.device, faults=options.fault))
    print(f"{options.records} punches in {options.file}")  # noqa: T201 - this is a program
    return 0


if __name__ == "__main__":
    sys.exit(main())
