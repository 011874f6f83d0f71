"""Rosters by pattern, by copy and from new templates; their versions; headquarters' calendar."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from cloud_receiver.domain.calendar import DayKind
from cloud_receiver.domain.rota import CalendarUse, PatternError, Stretch, parse_pattern
from cloud_receiver.domain.templates import ShiftTemplate, hours_text, part
from cloud_receiver.store import calendar, enrolment, roster_history, scheduling, shifts
from cloud_receiver.store.calendar import Said
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.enrolment import Employee, Store
from cloud_receiver.store.scheduling import CopyOrder, PatternOrder

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW = 1_764_000_000_000
WEEK = Stretch("2026-12-07", "2026-12-13")
NEXT = Stretch("2026-12-14", "2026-12-20")


class Office:
    """A scheduler with two stores and three people."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with write(engine) as connection:
            stores = [
                Store(store_id="S1", name="一店", zone="Asia/Shanghai", scene="community"),
                Store(store_id="S2", name="二店", zone="Asia/Urumqi", scene="community"),
            ]
            enrolment.put_stores(connection, stores, NOW)
            homes = {"E1": "S1", "E2": "S1", "E3": "S2"}
            people = [Employee(employee_id=e, name=e, store_id=s) for e, s in homes.items()]
            enrolment.put_employees(connection, people)
        for shift_id, hours in (("早", "09:00-18:00"), ("晚", "13:00-22:00")):
            self.template(shift_id, hours)

    def template(self, shift_id: str, hours: str, **more) -> bool:
        template = ShiftTemplate(shift_id, shift_id, (part(shift_id, *hours.split("-"), **more),))
        with write(self.engine) as connection:
            return shifts.put(connection, template, "li", NOW)

    def lay(self, make, author: str = "li") -> int:
        with write(self.engine) as connection:
            entries = make(connection)
            changes = scheduling.preview(connection, entries)
            added = enrolment.add_roster(connection, entries, author, NOW)
            assert added == len(changes), "the preview says what will be"
            return added

    def pattern(self, text: str, people: tuple[str, ...], stretch: Stretch = WEEK, **more) -> int:
        order = PatternOrder(pattern=parse_pattern(text), stretch=stretch, employee_ids=people,
                             **more)  # fmt: skip
        return self.lay(lambda connection: scheduling.by_pattern(connection, order))

    def copy(self, **order) -> int:
        order = CopyOrder(**order)
        return self.lay(lambda connection: scheduling.by_copy(connection, order))

    def week(self, employee_id: str, stretch: Stretch = WEEK) -> list[str]:
        with read(self.engine) as connection:
            rows = roster_history.grid(connection, stretch.first, stretch.last)
        days = next(row.days for row in rows if row.employee_id == employee_id)
        return [f"{days[d].store_id} {hours_text(days[d].shifts)}" if d in days else ""
                for d in stretch]  # fmt: skip


@pytest.fixture
def office(hq_engine: Engine) -> Office:
    return Office(hq_engine)


def test_a_pattern_becomes_roster_versions_once(office: Office) -> None:
    assert office.pattern("早*5 休*2", ("E1", "E2"), stagger_days=1, target_fen=500) == 14
    assert office.pattern("早*5 休*2", ("E1", "E2"), stagger_days=1, target_fen=500) == 0
    assert office.week("E1") == ["S1 09:00-18:00"] * 5 + ["S1 "] * 2
    assert office.week("E2") == ["S1 09:00-18:00"] * 4 + ["S1 "] * 2 + ["S1 09:00-18:00"]
    assert office.pattern("晚*7", ("E1",)) == 7
    with read(office.engine) as connection:
        versions = roster_history.history(connection, "E1", WEEK.first, WEEK.first)
    assert [(one.version, one.author, one.day.target_fen) for one in versions] == [
        (1, "li", 500), (2, "li", 500),
    ]  # fmt: skip
    (change,) = versions[1].differences
    assert (change.part, change.before, change.after) == ("shifts", "09:00-18:00", "13:00-22:00")


def test_copies_of_a_person_a_week_and_a_store(office: Office) -> None:
    office.pattern("早*4 晚 休*2", ("E1",))
    assert office.copy(source=WEEK, target=NEXT, store_id="S1") == 7
    assert office.week("E1", NEXT) == office.week("E1")
    assert office.week("E2", NEXT) == [""] * 7, "who is not rostered is left alone"
    office.copy(source=WEEK, target=WEEK, employee_ids=("E1",), to_employees=("E2", "E3"))
    assert office.week("E3") == office.week("E1"), "one person's roster for several"
    office.copy(source=WEEK, target=NEXT, employee_ids=("E1",), to_employees=("E3",),
                to_store_id="S2")  # fmt: skip
    assert office.week("E3", NEXT)[0] == "S2 09:00-18:00"
    with read(office.engine) as connection:
        day = roster_history.grid(connection, NEXT.first, NEXT.first, "S2")[0].days[NEXT.first]
    assert day.shifts[0].zone == "Asia/Urumqi", "in the wall time of the store it is worked in"


def test_what_is_taken_back_is_no_rest_day_and_keeps_its_versions(office: Office) -> None:
    office.pattern("早*5 休*2", ("E1",))
    some = Stretch("2026-12-11", "2026-12-12")
    clear = partial(scheduling.cleared, people=["E1", "E2"], stretch=some)
    assert office.lay(clear, author="zhao") == 2, "a shift and a rest day; E2 had nothing"
    assert office.lay(clear) == 0
    assert office.week("E1") == ["S1 09:00-18:00"] * 4 + ["", "", "S1 "]
    with read(office.engine) as connection:
        first, last = roster_history.history(connection, "E1", some.first, some.first)
    assert (first.day is None, last.day, last.version, last.author) == (False, None, 2, "zhao")
    gone = [(one.part, one.before, one.after) for one in last.differences]
    assert gone == [("shifts", "09:00-18:00", ""), ("store", "S1", ""),
                    ("target", "0.00", ""), ("subsidy", "0.00", "")]  # fmt: skip
    assert office.pattern("早", ("E1",), some) == 2
    assert office.week("E1")[4] == "S1 09:00-18:00"


def test_a_new_version_of_a_shift_changes_no_roster_until_it_is_taken_over(office: Office) -> None:
    office.pattern("早 晚", ("E1",))
    assert office.template("早", "08:30-17:30", grace_min=5)
    assert not office.template("早", "08:30-17:30", grace_min=5), "the same again is no version"
    assert office.week("E1")[0] == "S1 09:00-18:00"
    assert office.lay(lambda connection: scheduling.with_newest(connection, "早", WEEK)) == 4
    assert office.week("E1")[:2] == ["S1 08:30-17:30", "S1 13:00-22:00"]
    with write(office.engine) as connection:
        assert shifts.withdraw(connection, "早", "zhao", NOW)
        assert [one.author for one in shifts.versions(connection, "早")] == ["li", "li", "zhao"]
        assert list(shifts.in_force(connection)) == ["晚"]
    with pytest.raises(PatternError, match="there is no shift '早'"):
        office.pattern("早", ("E1",))


def test_headquarters_word_on_a_date_is_versioned_and_makes_rosters(office: Office) -> None:
    holiday = Stretch("2026-10-01", "2026-10-02")
    said = Said(store_id="S1", work_date="2026-10-01", kind=DayKind.WORKDAY, name="国庆营业")
    with write(office.engine) as connection:
        assert calendar.say(connection, [said], "li", NOW) == 1
        assert calendar.say(connection, [said], "li", NOW) == 0
    office.pattern("早", ("E1", "E3"), holiday, use=CalendarUse.HOLIDAYS_OFF)
    assert office.week("E1", holiday) == ["S1 09:00-18:00", "S1 "]
    assert office.week("E3", holiday) == ["S2 ", "S2 "]
    back = Said(store_id="S1", work_date="2026-10-01", kind=None)
    with write(office.engine) as connection:
        assert calendar.say(connection, [back], "zhao", NOW) == 1
        days = calendar.calendar(connection, *(holiday.first, holiday.last))
        assert days.day("S1", "2026-10-01").kind is DayKind.HOLIDAY
        versions = calendar.history(connection, holiday.first, holiday.last)
    assert [(one.version, one.author) for one in versions] == [(1, "li"), (2, "zhao")]


def test_what_names_nobody_or_nothing_is_refused(office: Office) -> None:
    with pytest.raises(PatternError, match="no employee 'E9'"):
        office.pattern("早", ("E9",))
    with pytest.raises(PatternError, match="no store 'S9'"):
        office.pattern("早", ("E1",), store_id="S9")
    with pytest.raises(PatternError, match="nothing to copy"):
        office.copy(source=WEEK, target=NEXT, store_id="S1")
    with pytest.raises(PatternError, match="copy one, or as many"):
        office.copy(source=WEEK, target=NEXT, employee_ids=("E1", "E2"), to_employees=("E3",))
