"""The readable day tables: every case of `attendance/*.toml` is judged as it says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cloud_receiver.domain.absences import Absence
from cloud_receiver.domain.attendance import Policy, Tap, judge
from cloud_receiver.domain.corrections import Filed
from cloud_receiver.domain.entries import CorrectionStyle, Part
from cloud_receiver.domain.findings import FindingCode
from cloud_receiver.domain.schedule import Cut, RosterDay
from cloud_receiver.domain.touches import Place, Source, rank_of
from cloud_receiver.domain.workday import (
    CheckType,
    HoursBasis,
    LateBasis,
    Shift,
    effective_utc_ms,
    local_to_utc_ms,
)

FOLDER = Path(__file__).parent / "attendance"
WORK_DATE = "2026-11-23"
ZONE = "Asia/Shanghai"
SOURCES = {
    "terminal": (Source.ATM, False),
    "phone": (Source.USER, False),
    "photo": (Source.USER, True),
    "boss": (Source.BOSS, False),
}


def _cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in table["case"]:
            known = set(case) <= KNOWN_KEYS
            assert known, f"{path.name}, {case['name']}: unknown key {set(case) - KNOWN_KEYS}"
            found.append(pytest.param(table["shift"], case, id=f"{path.stem}: {case['name']}"))
    return found


KNOWN_KEYS = {
    "name", "date", "zone", "shift", "shifts", "neighbours", "punches", "implausible",
    "as_of", "complete", "complete_s2", "cut", "expect", "findings", "policy", "absences",
    "corrections", "versions",
}  # fmt: skip


class Day:
    """A case as the judge wants it."""

    def __init__(self, defaults: dict[str, Any], case: dict[str, Any]) -> None:
        self.case = case
        self.date = case.get("date", WORK_DATE)
        self.zone = case.get("zone", ZONE)
        self.defaults = defaults | case.get("shift", {})

    def instant(self, text: str) -> int:
        """Return the instant of ``[+1 ]HH:MM[:SS]``."""
        days, _, clock = text.rpartition(" ")
        day = date.fromisoformat(self.date) + timedelta(days=int(days or 0))
        return local_to_utc_ms(f"{day}T{clock}", self.zone)

    def shift(self, changes: dict[str, Any]) -> Shift:
        """Return the file's shift with the case's changes."""
        values = self.defaults | changes
        values.pop("day", None)
        store_id = values.pop("store", "S1")
        values["late_basis"] = LateBasis(values.get("late_basis", "schedule"))
        values["hours"] = HoursBasis(values.get("hours", "first_last"))
        name = values["start"]
        return Shift(shift_id=name, store_id=store_id, zone=self.zone, **values)

    def roster(self, day: int, shifts: list[dict[str, Any]]) -> RosterDay:
        """Return the roster of the day `day` days from the work date."""
        on = (date.fromisoformat(self.date) + timedelta(days=day)).isoformat()
        planned = tuple(self.shift(shift) for shift in shifts)
        absences = tuple(self.absences()) if day == 0 else ()
        return RosterDay(
            work_date=on, store_id="S1", zone=self.zone, shifts=planned, absences=absences
        )

    def absences(self) -> Iterator[Absence]:
        """Yield the case's leaves and outings."""
        for number, item in enumerate(self.case.get("absences", [])):
            hours = [self.instant(item[end]) for end in ("from", "to") if end in item]
            part = Part.HOURS if hours else Part(item["part"])
            yield Absence(f"a{number}", part, item.get("outing", False), *hours)

    def corrections(self) -> dict[str, list[Filed]]:
        """Return the case's corrections by work date."""
        filed = [
            Filed(
                entered_utc_ms=self.instant(item.get("entered", "+1 10:00")),
                record_id=f"c{number}",
                work_date=self.date,
                check_type=CheckType(item.get("point", "OnDuty")),
                shift_no=item.get("shift", 1),
                style=CorrectionStyle(item.get("style", "card")),
                at_utc_ms=self.instant(item["at"]) if "at" in item else None,
                replaces=item.get("replaces", ""),
                ordinal=item.get("ordinal", 1),
            )
            for number, item in enumerate(self.case.get("corrections", []))
        ]
        return {self.date: filed} if filed else {}

    def policy(self) -> Policy:
        """Return the case's policy."""
        return Policy(cut=Cut(self.case.get("cut", "middle")), **self.case.get("policy", {}))

    def taps(self) -> list[Tap]:
        """Return the case's touches."""
        return [
            self.tap(f"r{number}", {"at": item} if isinstance(item, str) else item)
            for number, item in enumerate(self.case["punches"])
            if isinstance(item, str) or self.real(item) is not None
        ]

    def real(self, item: dict[str, Any]) -> int | None:
        """Return when a touch really was, whose terminal was ``ahead_s``; None: nobody can say."""
        at_utc_ms = self.instant(item["at"].partition("@")[0])
        shown = datetime.fromtimestamp(at_utc_ms / 1000, ZoneInfo(self.zone)).isoformat()[:19]
        return effective_utc_ms(shown, self.zone, item.get("ahead_s", 0) * 1000)

    def implausible(self) -> list[str]:
        """Return the touches whose terminal cannot be believed."""
        shown = [f"x{number}" for number in range(self.case.get("implausible", 0))]
        return shown + [
            f"r{number}"
            for number, item in enumerate(self.case["punches"])
            if isinstance(item, dict) and self.real(item) is None
        ]

    def planned(self) -> list[dict[str, Any]]:
        """Return the day's shifts: of the last version entered by the instant asked about."""
        as_of = self.instant(self.case.get("as_of", "+2 12:00"))
        known = [
            one for one in self.case.get("versions", ()) if self.instant(one["entered"]) <= as_of
        ]
        shifts: list[dict[str, Any]] = (
            known[-1]["shifts"] if known else self.case.get("shifts", [{}])
        )
        return shifts

    def tap(self, record_id: str, item: dict[str, Any]) -> Tap:
        """Return a touch: of a terminal, or ``by`` phone, photo or boss, in or outside a fence."""
        clock, _, store_id = item["at"].partition("@")
        source, has_photo = SOURCES[item.get("by", "terminal")]
        place = Place(item.get("place", "Normal"))
        oddities = tuple(FindingCode(code) for code in item.get("odd", []))
        check_type = CheckType(item["claims"]) if "claims" in item else None
        at_utc_ms = self.real(item) if "ahead_s" in item else self.instant(clock)
        assert at_utc_ms is not None
        return Tap(
            at_utc_ms, record_id, store_id or "S1", self.zone, source,
            rank_of(source, place, has_photo=has_photo), place, check_type, oddities,
        )  # fmt: skip

    def complete(self) -> dict[str, int]:
        """Return up to when each store's feed is complete; "never" leaves it out."""
        told = {
            "S1": self.case.get("complete", "+2 12:00"),
            "S2": self.case.get("complete_s2", "+2 12:00"),
        }
        return {store: self.instant(text) for store, text in told.items() if text != "never"}


@pytest.mark.parametrize(("defaults", "case"), _cases())
def test_the_day_is_judged_as_the_table_says(
    defaults: dict[str, Any], case: dict[str, Any]
) -> None:
    day = Day(defaults, case)
    roster = day.roster(0, day.planned())
    around = [day.roster(item["day"], [item]) for item in case.get("neighbours", [])]
    result = judge(
        roster,
        {item.work_date: item for item in around},
        day.taps(),
        as_of_utc_ms=day.instant(case.get("as_of", "+2 12:00")),
        complete_utc_ms=day.complete(),
        policy=day.policy(),
        implausible=day.implausible(),
        corrections=day.corrections(),
    )
    assert {name: getattr(result, name) for name in case["expect"]} == case["expect"]
    assert [finding.code.value for finding in result.findings] == case.get("findings", [])
