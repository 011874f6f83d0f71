"""What is cast from a mould and what the judge says are the same, to the byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from operator import itemgetter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.domain.attendance import Gap, Policy, Tap
from cloud_receiver.domain.employee_day import DayInputs, Sales, assess
from cloud_receiver.domain.moulds import COLUMNS, NOTHING_SOLD, Sold, cast
from cloud_receiver.domain.plain_plans import Plan, Touch, plan_of, taken, text
from cloud_receiver.domain.revision import columns, document, mark_of
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.tallies import NOTHING, Tally
from cloud_receiver.domain.workday import (
    MINUTE_MS,
    HoursBasis,
    LateBasis,
    midnight_utc_ms,
    shift_date,
)
from cloud_receiver.domain.worked_time import Mode, Rounding, Step
from tests.property.test_plain_days import DATE, PLAIN, ZONE, rosters, taps

POLICIES = [
    Policy(),
    Policy(absent_late_min=20, serious_late_min=5, overtime_min=30, overtime_limit_min=40),
    Policy(rounding=Rounding(total=Step(Mode.DOWN, 30))),
]
LATER = 4 * 10**12


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, RosterDay]:
    """Three days of a person, with targets; two more that are nearly always plain."""
    days = draw(rosters())
    for offset in (-2, 2):
        date = shift_date(DATE, offset)
        days[date] = RosterDay(work_date=date, store_id="S1", zone=ZONE, shifts=(PLAIN,))
    targets = st.sampled_from([0, 1, 30_000])
    return {
        date: replace(days[date], target_fen=draw(targets), subsidy_fen=draw(targets))
        for date in sorted(days)
    }


@st.composite
def touches(draw: st.DrawFn, days: dict[str, RosterDay]) -> list[Tap]:
    """Touches at the borders of a day, and those of the days around it to the minute or not."""
    found = draw(taps(days))
    near_ms = st.sampled_from([0, 1, -1, 59_999, 60_000, -60_000, 7 * MINUTE_MS, -(10**7), 10**7])
    for date, day in days.items():
        if date == DATE:
            continue
        for shift in day.planned:
            for point in (shift.on_duty, shift.off_duty):
                at = point.planned_utc_ms + draw(near_ms)
                found.append(Tap(at, f"{date}{point.check_type}{len(found)}", "S1", ZONE))
    return sorted(found)


@given(st.data(), weeks(), st.sampled_from(POLICIES), st.sampled_from([LATER, LATER, None]))
def test_a_day_from_a_mould_is_the_day_the_judge_makes(
    data: st.DataObject, days: dict[str, RosterDay], policy: Policy, known: int | None
) -> None:
    own = data.draw(touches(days))
    near = midnight_utc_ms(DATE, ZONE) + data.draw(st.sampled_from([0, 9, 18, 24])) * 3_600_000
    gaps = {"S1": [Gap(near, near + 1, "gap")]} if data.draw(st.integers(0, 4)) == 4 else {}
    said: dict[str, Any] = {
        "as_of_utc_ms": known or near + 3_600_000,
        "complete_utc_ms": dict.fromkeys(("S1", "S2"), known or near + 3600000),
        "policy": policy,
    }
    plans = {
        date: plan_of(day, scene="超市", calendar="workday", gaps=gaps, **said)
        for date, day in days.items()
    }
    doubted: set[str] = set()
    rows = [(tap.at_utc_ms, tap.record_id, tap.store_id, _source(tap)) for tap in own]
    its = taken(plans.values(), sorted(rows, key=itemgetter(0)), lambda _: ZONE, doubted)
    tally = Tally(*[data.draw(st.integers(0, 40)) for _ in Tally._fields])
    sold = data.draw(
        st.sampled_from([Sold(0, 0, []), Sold(-5, 1000, ["a"]), Sold(30_000, 7, ["a", "b"])])
    )
    for date, plan in plans.items():
        if date not in doubted:
            _is_as_judged(plan, its.get(date, ()), days, own, said | {"gaps": gaps}, tally, sold)


def _is_as_judged(
    plan: Plan, its: Sequence[Touch], days: dict[str, RosterDay], own: list[Tap],
    said: dict[str, Any], tally: Tally = NOTHING, sold: Sold = NOTHING_SOLD,
) -> bool:  # fmt: skip
    """Tell whether a day was cast; it must be as the judge has it then."""
    day = cast(plan, its) if plan.is_plain else None
    if day is None:
        return False
    known = {name: value for name, value in said.items() if name != "gaps"}
    judged = assess(
        DayInputs(
            employee_id="E", day=plan.day, rostered=True, scene="超市", calendar="workday",
            neighbours=days, taps=tuple(own), implausible=(), gaps=said["gaps"], team="红队",
            sales=Sales(sold.amount_fen, sold.quantity_milli, tuple(sold.record_ids)),
        ),
        **known,
    )  # fmt: skip
    facts = judged.facts | tally._asdict()
    assert day.facts(text("E"), text("红队"), text(""), tally, sold) == document(facts)
    assert day.evidence(sold) == document(judged.evidence)
    told = columns(facts, judged.evidence)
    assert day.columns(tally, sold) == [told[name] for name in COLUMNS]
    assert day.mark() == mark_of(judged)
    assert not judged.is_empty
    assert (judged.look_again_utc_ms, judged.awaited) == (None, None)
    return True


KINDS = [
    PLAIN,
    replace(PLAIN, grace_min=5, early_grace_min=5),
    replace(PLAIN, absent_below_min=120, half_day_below_min=300),
    replace(PLAIN, break_min=60, break_after_min=240, half_day_below_min=240),
    replace(PLAIN, on_after_min=60, off_before_min=60),
    replace(PLAIN, late_basis=LateBasis.AFTER_GRACE, grace_min=5, serious_late_min=20),
    replace(PLAIN, absent_late_min=60, hours=HoursBasis.PAIRS),
]
COMES_MS = [
    -1,
    0,
    59_999,
    60_000,
    5 * MINUTE_MS,
    6 * MINUTE_MS,
    *(m * MINUTE_MS for m in (60, 61, 299, 301)),
    60 * MINUTE_MS + 1,
]
LEAVES_MS = [
    *(m * MINUTE_MS for m in (-301, -300, -61, -6, 30, 60, 61, 180, 181)),
    -60_000,
    -1,
    0,
    60_000,
]


def test_every_border_is_on_the_side_the_judge_has_it() -> None:
    number = 0
    for shift, policy in product(KINDS, POLICIES[:2]):
        said: dict[str, Any] = {
            "as_of_utc_ms": LATER,
            "complete_utc_ms": {"S1": LATER},
            "policy": policy,
            "gaps": {},
        }
        day = RosterDay(work_date=DATE, store_id="S1", zone=ZONE, shifts=(shift,))
        plan = plan_of(day, scene="超市", calendar="workday", **said)
        for comes_ms, leaves_ms in product(COMES_MS, LEAVES_MS):
            own = [
                Tap(plan.start + comes_ms, "a", "S1", ZONE),
                Tap(plan.end + leaves_ms, "b", "S1", ZONE),
            ]
            if own[0] < own[1]:
                rows = [(*tap[:3], None) for tap in own]
                number += _is_as_judged(plan, rows, {DATE: day}, own, said)
    assert number > 1000


def test_touches_that_two_shifts_would_take_are_doubted() -> None:
    after = shift_date(DATE, 1)
    night = replace(PLAIN, start="22:00", end="06:00", end_day=1, off_after_min=240)
    days = {
        DATE: RosterDay(work_date=DATE, store_id="S1", zone=ZONE, shifts=(night,)),
        after: RosterDay(work_date=after, store_id="S1", zone=ZONE, shifts=(PLAIN,)),
    }
    said: dict[str, Any] = {
        "as_of_utc_ms": LATER,
        "complete_utc_ms": {"S1": LATER},
        "policy": Policy(),
        "gaps": {},
    }
    plans = [plan_of(day, scene="", calendar="", **said) for day in days.values()]
    doubted: set[str] = set()
    taken(plans, [], lambda _: ZONE, doubted)
    assert doubted == set(days)
    lost = {"S1": [Gap(plans[1].end - 1, plans[1].end, "gap")]}
    assert [plan_of(day, scene="", calendar="", **said | {"gaps": lost}).is_plain
            for day in days.values()] == [True, False]  # fmt: skip


def _source(tap: Tap) -> str | None:
    """Return what the column of the source holds: nothing of a terminal's touch."""
    is_terminals = tap == Tap(tap.at_utc_ms, tap.record_id, tap.store_id, tap.zone)
    return None if is_terminals else tap.source.value


def _plan(*shifts: Any) -> Any:
    day = RosterDay(work_date=DATE, store_id="S1", zone=ZONE, shifts=shifts, target_fen=100)
    return plan_of(
        day, scene="", calendar="", policy=Policy(), gaps={}, as_of_utc_ms=LATER,
        complete_utc_ms={"S1": LATER},
    )  # fmt: skip


def test_plain_days_and_rest_days_have_moulds() -> None:
    plan = _plan(PLAIN)
    late = (plan.start + 7 * MINUTE_MS, "r1", "S1", None)
    going = (plan.end + 90 * MINUTE_MS, "r2", "S1", None)
    day = cast(plan, [late, going])
    assert day is not None
    assert (day.mould.status, day.mould.late_min, day.stay_min) == ("Late", 7, 90)
    assert '"findings":[{"code":"overtime","records":["r2"]}]' in day.evidence(Sold(0, 0, []))
    rest = cast(_plan(), [])
    assert rest is not None
    assert rest.mould.status == "RestDay"


def test_other_days_have_none() -> None:
    plan = _plan(PLAIN)
    came = (plan.start, "r1", "S1", None)
    for others in (
        [],
        [came],
        [came, (plan.start + 60_000, "r2", "S1", None)],
        [came, (plan.end, "r2", "S2", None)],
        [came, (plan.end, "r2", "S1", "USER")],
    ):
        assert cast(plan, others) is None
    assert not _plan(replace(PLAIN, flex_late_min=5)).is_plain
    assert not _plan(PLAIN, replace(PLAIN, start="19:00", end="20:00")).is_plain
