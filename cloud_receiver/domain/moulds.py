"""What plain days are stored as, cast from days that were judged. Pure.

Plain days on which people came as many minutes late and left as many minutes early differ in
who, where, when and how long, and in nothing else. So the first of them is judged by
`employee_day.assess` as every day is, what differs is left open in its texts, and that is the
mould of the others. Where nothing is certain there is no mould, and a day is judged by itself.
A property test holds moulds and the judge together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from cloud_receiver.domain.attendance import Tap
from cloud_receiver.domain.employee_day import Assessment, DayInputs, Sales, assess
from cloud_receiver.domain.plain_plans import Plan, Touch
from cloud_receiver.domain.revision import columns, document, mark_of
from cloud_receiver.domain.tallies import NOTHING, DayMark, Tally
from cloud_receiver.domain.workday import MINUTE_MS

_ALWAYS_UTC_MS: Final = 2**62
_OPEN_FACTS: Final = (
    *("employee_id", "work_date", "store_id", "scene", "calendar", "team", "campaign_id"),
    *("worked_min", "stay_min", "overtime_min", *Tally._fields, "sales_fen", "sales_qty_milli"),
    *("target_fen", "target_met", "achievement_bp", "subsidy_fen"),
)
_OPEN_EVIDENCE: Final = {
    0: ("sales",),
    2: ("came", "left", "sales", "store", "start", "came_at", "came", "store", "end", "left_at",
        "left"),
}  # fmt: skip
"""What a day's documents leave open, in their order: all facts, and the evidence by the number
of touches; a warning may name `left` once more."""
_RECORDS: Final = ("came", "left")  # ids, which JSON takes as they are
_NOBODY: Final = '""'
_HOLE: Final = re.compile(r'"\\u0001(\w+)"')


@dataclass(frozen=True, slots=True)
class Mould:
    """The texts of days that are judged alike, with %s where they differ.

    Attributes:
        warns: the evidence names the touch of going once more.
        status, late_min, is_odd: as in the columns of `day_fact`.
        mark: what such a day without overtime is to runs and counts.
    """

    facts: str
    evidence: str
    warns: bool
    status: str
    late_min: int
    is_odd: bool
    mark: DayMark
    marks: dict[int, DayMark] = field(default_factory=dict)


@dataclass(slots=True)
class Sold:
    """What a person sold on a day, and the ids of the till lines, which JSON takes as they are."""

    amount_fen: int
    quantity_milli: int
    record_ids: list[str]

    @property
    def listed(self) -> str:
        """Return the ids as a JSON text."""
        return '["' + '","'.join(self.record_ids) + '"]' if self.record_ids else "[]"


NOTHING_SOLD: Final = Sold(0, 0, [])


Act = tuple[int, str]
"""A touch of a terminal in the store of the shift: when it was, UTC milliseconds, and its record."""


class Cast(NamedTuple):
    """A plain day: its mould and what it is filled with; no touches on a rest day."""

    mould: Mould
    plan: Plan
    came: Act | None
    left: Act | None
    worked_min: int
    stay_min: int

    def mark(self) -> DayMark:
        """Return what the day is to runs and counts."""
        mould, overtime_min = self.mould, self.stay_min
        mark = mould.marks.get(overtime_min)
        if mark is None:
            told = {name: getattr(mould.mark, name) for name in DayMark.__struct_fields__}
            mark = mould.marks[overtime_min] = DayMark(**{**told, "overtime_min": overtime_min})
        return mark

    def facts(self, who: str, team: str, campaign: str, tally: Tally, sold: Sold) -> str:
        """Return the text of the facts; names are JSON texts."""
        stay_min, day, fen = self.stay_min, self.plan.day, sold.amount_fen
        target_fen = day.target_fen
        return self.mould.facts % (
            who, *self.plan.where, team, campaign, self.worked_min, stay_min, stay_min, *tally,
            fen, sold.quantity_milli, target_fen, "true" if 0 < target_fen <= fen else "false",
            max(0, fen) * 10_000 // target_fen if target_fen else 0, day.subsidy_fen,
        )  # fmt: skip

    def evidence(self, sold: Sold) -> str:
        """Return the text of the evidence."""
        mould, plan, came, left = self.mould, self.plan, self.came, self.left
        if came is None or left is None:
            return mould.evidence % (sold.listed,)
        store, (came_utc_ms, coming), (left_utc_ms, going) = plan.at_store, came, left
        filled = (
            coming, going, sold.listed, store, plan.start, came_utc_ms, coming,
            store, plan.end, left_utc_ms, going,
        )  # fmt: skip
        return mould.evidence % ((*filled, going) if mould.warns else filled)

    def columns(self, tally: Tally, sold: Sold) -> list[Any]:
        """Return the values of `COLUMNS`."""
        mould, plan, over_min = self.mould, self.plan, tally.overtime_over_month_min
        return [
            plan.day.store_id, mould.status, True, plan.start if plan.is_worked else None,
            plan.is_worked,
            mould.late_min, sold.amount_fen, plan.day.target_fen, self.stay_min, over_min,
            mould.is_odd or over_min > 0,
        ]  # fmt: skip


COLUMNS: Final = (
    *("store_id", "status", "final", "starts_utc_ms", "touched", "late_min", "sales_fen"),
    *("target_fen", "overtime_min", "overtime_over_month_min", "is_odd"),
)


def cast(plan: Plan, touches: Sequence[Touch]) -> Cast | None:
    """Return a plain day that has these touches, in order of time; None: it must be judged."""
    if not plan.is_worked:
        mould = None if touches else _mould(None, plan, ())
        return Cast(mould, plan, None, None, 0, 0) if mould else None
    if len(touches) != 2:
        return None
    (came_utc_ms, came, came_in, from_person), (left_utc_ms, left, left_in, by_person) = touches
    if from_person or by_person or came_in != plan.store_id or left_in != plan.store_id:
        return None
    return _worked(plan, (came_utc_ms, came), (left_utc_ms, left))


def _worked(plan: Plan, came: Act, left: Act) -> Cast | None:
    """Return a plain day with a touch to come and one to go; None: it must be judged.

    Args:
        came, left: the touches that the shift takes, the earlier first.
    """
    shift, policy = plan.kind.shift, plan.kind.policy
    came_ms, left_ms = came[0], left[0]
    worked_ms = left_ms - came_ms
    if (
        shift is None
        or came_ms > plan.on_closes
        or left_ms < plan.off_opens
        or worked_ms <= policy.collapse_s * 1000
    ):
        return None
    late_min = (came_ms - plan.start) // MINUTE_MS if came_ms > plan.start else 0
    early_min = (plan.end - left_ms) // MINUTE_MS if left_ms < plan.end else 0
    stay_min = (left_ms - plan.end) // MINUTE_MS if left_ms > plan.end else 0
    if shift.break_min and worked_ms > shift.break_after_min * MINUTE_MS:
        worked_ms = max(0, worked_ms - shift.break_min * MINUTE_MS)
    worked_min = worked_ms // MINUTE_MS
    alike = (
        late_min, early_min,
        worked_min < shift.absent_below_min, worked_min < shift.half_day_below_min,
        stay_min > policy.overtime_min, stay_min > policy.overtime_limit_min,
    )  # fmt: skip
    mould = _mould(alike, plan, (came, left))
    return Cast(mould, plan, came, left, worked_min, stay_min) if mould else None


def _mould(alike: Any, plan: Plan, acts: tuple[Act, ...]) -> Mould | None:
    moulds: dict[object, Mould | None] = plan.kind.moulds
    if alike not in moulds:
        moulds[alike] = _made(plan, acts)
    return moulds[alike]


def _made(plan: Plan, acts: tuple[Act, ...]) -> Mould | None:
    """Judge a day whose touches have names to be known by, and open its texts."""
    named = [(at, _open(name)) for (at, _), name in zip(acts, ("came", "left"), strict=False)]
    judged = _judged(plan, named, Sales())
    points = [
        {
            **point,
            "store_id": _open("store"),
            "planned_utc_ms": _open(planned),
            "at_utc_ms": _open(at),
        }
        for point, planned, at in zip(
            judged.evidence["points"], ("start", "end"), ("came_at", "left_at"), strict=False
        )
    ]
    opened = {**judged.facts, **{name: _open(name) for name in _OPEN_FACTS}}
    facts, in_facts = _with_holes(opened)
    proof = {**judged.evidence, "points": points, "sales": _open("sales")}
    evidence, in_evidence = _with_holes(proof)
    told = _OPEN_EVIDENCE[len(acts)]
    warns = in_evidence == (*told, "left")
    if in_facts != _OPEN_FACTS or not (warns or in_evidence == told):
        return None
    own = columns(judged.facts, judged.evidence)
    mould = Mould(
        facts, evidence, warns, own["status"], own["late_min"], own["is_odd"], mark_of(judged)
    )
    return mould if _gives_back(mould, plan, acts) else None


def _gives_back(mould: Mould, plan: Plan, acts: tuple[Act, ...]) -> bool:
    """Tell whether a mould makes of a day what judging makes of it."""
    day = _judged(plan, acts, Sales(5, 7, ("s",)))
    facts = day.facts
    came, left = acts or (None, None)
    cast = Cast(mould, plan, came, left, int(facts["worked_min"]), int(facts["stay_min"]))
    sold = Sold(5, 7, ["s"])
    own = columns(facts, day.evidence)
    return (
        day.look_again_utc_ms is None
        and day.awaited is None
        and cast.facts(_NOBODY, _NOBODY, _NOBODY, NOTHING, sold) == document(facts)
        and cast.evidence(sold) == document(day.evidence)
        and cast.columns(NOTHING, sold) == [own[name] for name in COLUMNS]
        and cast.mark() == mark_of(day)
    )


def _judged(plan: Plan, acts: Sequence[Act], sales: Sales) -> Assessment:
    day = plan.day
    taps = tuple(Tap(at, record_id, plan.store_id, day.zone) for at, record_id in acts)
    inputs = DayInputs(
        employee_id="", day=day, rostered=True, scene=plan.scene, calendar=plan.calendar,
        neighbours={day.work_date: day}, taps=taps, implausible=(), sales=sales,
    )  # fmt: skip
    return assess(
        inputs,
        as_of_utc_ms=_ALWAYS_UTC_MS,
        complete_utc_ms=dict.fromkeys((day.store_id, plan.store_id), _ALWAYS_UTC_MS),
        policy=plan.policy,
    )


def _open(name: str) -> str:
    return f"\x01{name}"


def _with_holes(content: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return a document with %s wherever something was left open, and what, in order."""
    told = document(content).replace("%", "%%")
    opened = _HOLE.sub(lambda hole: '"%s"' if hole[1] in _RECORDS else "%s", told)
    return opened, tuple(_HOLE.findall(told))
