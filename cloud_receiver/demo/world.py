"""The demonstration's cast and what they do on a day; pure, the same day twice is the same play."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

ZONE: Final = "Asia/Shanghai"
STRANGER: Final = "9001"
"""A terminal user nobody has bound to an employee yet: shows up among the data problems."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A simulated terminal and the layout its firmware uses."""

    serial: str
    name: str
    store_id: str
    record_bytes: int


@dataclass(frozen=True, slots=True)
class Store:
    """A store and its box."""

    store_id: str
    name: str
    scene: str
    box_id: str
    branch: str  # column Branch of the POS export


@dataclass(frozen=True, slots=True)
class Person:
    """A salesperson; `user_id` is the id on the terminals, `seller_code` the one on the tills."""

    employee_id: str
    name: str
    store_id: str
    user_id: str
    seller_code: str
    shift: str
    rest_weekday: int  # 0 is Monday
    language: str = "zh"

    @property
    def start(self) -> str:
        """Return when the shift begins, ``HH:MM``."""
        return SHIFTS[self.shift].start

    @property
    def end(self) -> str:
        """Return when the shift ends, perhaps on the day after."""
        return SHIFTS[self.shift].end


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody touches a terminal."""

    at_utc: datetime
    serial: str
    user_id: str


class Hours(NamedTuple):
    """A shift as people call it, in wall time."""

    name: str
    start: str
    end: str


SHIFTS: Final = {
    "早": Hours("早班", "09:00", "18:00"),
    "晚": Hours("晚班", "12:00", "21:00"),
    "夜": Hours("夜班", "22:00", "06:00"),
    "社区早": Hours("社区店早班", "10:00", "19:00"),
    "社区晚": Hours("社区店晚班", "13:00", "22:00"),
}
STORES: Final = (
    Store("S001", "人民广场超市", "supermarket", "box-001", "A"),
    Store("S002", "滨江社区店", "community", "box-002", "B"),
)
TERMINALS: Final = (
    Terminal("CKQA210160001", "正门", "S001", 40),
    Terminal("CKQA210160002", "员工通道", "S001", 49),
    Terminal("OID7050067001", "店门", "S002", 16),
)
PEOPLE: Final = (
    Person("E001", "王芳", "S001", "1001", "P01", "早", 0),
    Person("E002", "李强", "S001", "1002", "P02", "早", 1),
    Person("E003", "张敏", "S001", "1003", "P03", "早", 2),
    Person("E004", "刘洋", "S001", "1004", "P04", "晚", 3),
    Person("E005", "陈静", "S001", "1005", "P05", "晚", 4),
    Person("E006", "Emma Wilson", "S001", "1006", "P06", "早", 5, "en"),
    Person("E007", "赵磊", "S001", "1007", "P07", "夜", 6),
    Person("E101", "孙丽", "S002", "2001", "Q01", "社区早", 0),
    Person("E102", "周杰", "S002", "2002", "Q02", "社区早", 1),
    Person("E103", "吴婷", "S002", "2003", "Q03", "社区早", 2),
    Person("E104", "郑浩", "S002", "2004", "Q04", "社区晚", 3),
    Person("E105", "冯雪", "S002", "2005", "Q05", "社区晚", 4),
)
TARGET_FEN: Final = 45_000
SUBSIDY_FEN: Final = 10_000


def acts_of(day: date) -> list[Act]:
    """Return the touches of the shifts that start on `day`, in order of time."""
    acts = [act for person in PEOPLE for act in _acts(person, day)]
    acts.append(Act(_instant(day, "12:07", 0), TERMINALS[0].serial, STRANGER))
    return sorted(acts, key=lambda act: act.at_utc)


def _instant(day: date, hour_minute: str, offset_s: int) -> datetime:
    local = datetime.combine(day, time.fromisoformat(hour_minute), ZoneInfo(ZONE))
    return local.astimezone(UTC) + timedelta(seconds=offset_s)


def _acts(person: Person, day: date) -> Iterator[Act]:
    chance = random.Random(f"{day}/{person.employee_id}")  # noqa: S311  a play, not a secret
    if day.weekday() == person.rest_weekday:
        return
    mood = chance.random()
    if mood < 0.04:
        return  # does not come at all
    late_s = 0
    if mood < 0.16:
        late_s = chance.randint(2 * 60, 15 * 60)
    elif mood < 0.26:
        late_s = chance.randint(16 * 60, 40 * 60)
    arrival_s = late_s or -chance.randint(20, 12 * 60)
    serial = chance.choice([item.serial for item in TERMINALS if item.store_id == person.store_id])
    yield Act(_instant(day, person.start, arrival_s), serial, person.user_id)
    if chance.random() < 0.15:  # touches twice, to be sure
        yield Act(
            _instant(day, person.start, arrival_s + chance.randint(2, 9)), serial, person.user_id
        )
    if chance.random() < 0.05:
        return  # forgets to punch out
    leaving = day + timedelta(days=1) if person.end <= person.start else day
    stays_s = chance.randint(30, 15 * 60)
    if mood > 0.96:
        stays_s = -chance.randint(5 * 60, 30 * 60)  # leaves early
    elif person.store_id == "S002" and chance.random() < 0.4:
        stays_s = chance.randint(60 * 60, 75 * 60)
    yield Act(_instant(leaving, person.end, stays_s), serial, person.user_id)
