"""Writes the demonstration's settings and import files; pure text, so that it can be read and tested.

What is written is what a real installation writes by hand: one TOML a box, one for
headquarters, and the CSV files of `daka-hq import`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from cloud_receiver.demo.world import (
    PEOPLE,
    SHIFTS,
    STORES,
    SUBSIDY_FEN,
    TARGET_FEN,
    TERMINALS,
    ZONE,
    Person,
    Store,
    Terminal,
)
from sync.clock import utc_text
from sync.money import yuan_text

ORG: Final = "demo"
ROSTER_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class DemoClock:
    """The three numbers every process of the demonstration is given."""

    wall_start_utc: datetime
    real_start_s: float
    speed: float

    def table(self) -> str:
        """Return the `[clock]` table of a settings file."""
        return (
            f'[clock]\nwall_start_utc = "{utc_text(self.wall_start_utc)}"\n'
            f"real_start_s = {self.real_start_s}\nspeed = {self.speed}\n"
        )

    def flags(self) -> list[str]:
        """Return the same as command line flags of a simulator."""
        return [
            "--wall-start-utc", utc_text(self.wall_start_utc),
            "--real-start-s", str(self.real_start_s),
            "--speed", str(self.speed),
            "--zone", ZONE,
        ]  # fmt: skip


def agent_settings(
    store: Store,
    folder: Path,
    broker_port: int,
    terminal_ports: Mapping[str, int],
    clock: DemoClock,
) -> str:
    """Return the settings of one store's box."""
    devices = "".join(
        _terminal_table(terminal, terminal_ports[terminal.serial])
        for terminal in TERMINALS
        if terminal.store_id == store.store_id
    )
    return f"""\
[box]
id = "{store.box_id}"
org = "{ORG}"
store = "{store.store_id}"
zone = "{ZONE}"
data_dir = "{folder / store.box_id}"

[mqtt]
url = "mqtt://127.0.0.1:{broker_port}"

{devices}[[device]]
name = "收银"
driver = "posfile"
folder = "{pos_folder(folder, store)}"
map = "supermarket_sales"
branch = "{store.branch}"
poll_s = 2

{clock.table()}"""


def _terminal_table(terminal: Terminal, port: int) -> str:
    return f"""\
[[device]]
name = "{terminal.name}"
driver = "zkteco"
url = "tcp://127.0.0.1:{port}"
poll_s = 10

"""


def pos_folder(folder: Path, store: Store) -> Path:
    """Return where the tills of `store` write their export."""
    return folder / "pos" / store.store_id


def hq_settings(folder: Path, broker_port: int, web_port: int, clock: DemoClock) -> str:
    """Return the settings of headquarters."""
    return f"""\
[hq]
org = "{ORG}"
receiver_id = "hq-1"
data_dir = "{folder / "hq"}"

[mqtt]
url = "mqtt://127.0.0.1:{broker_port}"

[web]
host = "127.0.0.1"
port = {web_port}

[notify]
console = true

{clock.table()}"""


def import_files(first_day: date) -> dict[str, str]:
    """Return the CSV text of each import kind, in the order they are to be imported."""
    return {
        "stores": _csv(
            ("store_id", "name", "zone", "scene"),
            [(store.store_id, store.name, ZONE, store.scene) for store in STORES],
        ),
        "employees": _csv(
            ("employee_id", "name", "store_id", "language"),
            [(who.employee_id, who.name, who.store_id, who.language) for who in PEOPLE],
        ),
        "badges": _csv(
            ("store_id", "device_serial", "user_id", "employee_id"),
            [(who.store_id, "*", who.user_id, who.employee_id) for who in PEOPLE],
        ),
        "sellers": _csv(
            ("store_id", "seller_code", "employee_id"),
            [(who.store_id, who.seller_code, who.employee_id) for who in PEOPLE],
        ),
        "shifts": _csv(
            ("shift_id", "name", "hours"),
            [(own, one.name, f"{one.start}-{one.end}") for own, one in SHIFTS.items()],
        ),
        "roster": _csv(
            ("employee_id", "work_date", "store_id", "shift", "target_yuan", "subsidy_yuan"),
            [
                _roster_row(who, first_day + timedelta(days=number))
                for number in range(ROSTER_DAYS)
                for who in PEOPLE
            ],
        ),
    }


def _roster_row(who: Person, day: date) -> tuple[str, ...]:
    if day.weekday() == who.rest_weekday:
        return (who.employee_id, day.isoformat(), who.store_id, "rest", "0", "0")
    money = (_yuan(TARGET_FEN), _yuan(SUBSIDY_FEN))
    return (who.employee_id, day.isoformat(), who.store_id, who.shift, *money)


def _yuan(fen: int) -> str:
    return yuan_text(fen).replace(",", "")


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
