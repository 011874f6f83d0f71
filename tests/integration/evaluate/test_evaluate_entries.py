"""Entries at headquarters stand in the journal once, and only if all they name is there."""

from __future__ import annotations

from functools import partial

import pytest

from cloud_receiver.domain.entries import Arrival, EntryError, Swap, Withdrawal
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import entries, tables

DATE = "2026-11-23"


def _arrival(local: str = f"{DATE}T08:55", **changes) -> Arrival:
    at_utc_ms = local_to_utc_ms(local, "Asia/Shanghai")
    values = {"employee_id": "E1", "store_id": "S1", "at_utc_ms": at_utc_ms, "reason": "断电"}
    return Arrival(**values | changes)


def _enter(hq, entry, author: str = "boss") -> str:
    return hq.writing(partial(entries.enter, entry=entry, author=author, now_utc_ms=hq.now_utc_ms))


def test_the_same_entry_again_is_one_record(hq) -> None:
    first = _enter(hq, _arrival())
    assert _enter(hq, _arrival()) == first
    assert len(hq.table(tables.journal)) == 1
    entered = hq.reading(partial(entries.entered, record_id=first))
    assert entered.author == "boss"
    assert entered.entry == _arrival()


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (_arrival(employee_id="E9"), "employee_id"),
        (_arrival(store_id="S9"), "store_id"),
        (Withdrawal(record_id="0" * 32, reason="x"), "record_id"),
        (Swap(employee_id="E1", work_date=DATE, other_employee_id="E2", other_work_date=DATE),
         "work_date"),
    ],
)  # fmt: skip
def test_an_entry_about_nobody_or_nothing_is_refused_and_leaves_nothing(hq, entry, field) -> None:
    with pytest.raises(EntryError) as refused:
        _enter(hq, entry)
    assert refused.value.field == field
    assert hq.table(tables.journal) == []


def test_a_swap_gives_each_the_other_ones_day(hq) -> None:
    hq.roster("E1", DATE, "09:00-18:00")
    hq.roster("E2", DATE, "rest")
    swap = Swap(employee_id="E1", work_date=DATE, other_employee_id="E2", other_work_date=DATE)
    _enter(hq, swap)
    _enter(hq, swap)
    versions = [(row[0], row[2], row[4] == "null") for row in hq.table(tables.roster)]
    assert versions == [("E1", 1, False), ("E1", 2, True), ("E2", 1, True), ("E2", 2, False)]
