"""The two texts of a stored employee-day, read back. Pure.

What the judge wrote reads as it was written. A text may also be something else: cut off, edited
by hand, of another version. Then the day counts as not judged: nothing is concluded from a part
of it, pages say so, and whoever judges finds it amiss and judges it anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import msgspec

from cloud_receiver.domain.facts import CATALOGUE, FactType, FactValue
from cloud_receiver.domain.findings import LABELS, FindingCode
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.domain.workday import CheckType
from sync.errors import ToldError

DayDocuments = tuple[dict[str, FactValue], dict[str, Any]]
"""Facts and evidence of a day."""
BROKEN: Final = (msgspec.MsgspecError, RecursionError)
"""What reading a text raises that is not what it should be."""
_TYPES: Final = {FactType.INT: int, FactType.BOOL: bool, FactType.TEXT: str}
_STATUSES: Final = frozenset(DayStatus)
_ALWAYS: Final = frozenset(
    {"employee_id", "work_date", "store_id", "status", "scheduled", "final", "full_attendance"}
)
"""Facts every version wrote; a later one may have added others, which count as their default."""


class UnreadableDayError(ToldError):
    """What is stored of a day is not what a judge writes, and all of it is needed."""

    def __init__(self, employee_id: str, work_date: str) -> None:
        day = f"{employee_id} {work_date}"
        zh, en = LABELS[FindingCode.UNREADABLE]
        super().__init__(f"{day}: {zh}", f"{day}: {en}")


class _Point(msgspec.Struct):
    check_type: CheckType
    planned_utc_ms: int
    status: DayStatus
    at_utc_ms: int | None
    store_id: str = ""
    record_id: str | None = None
    source: str | None = None
    place: str | None = None


class _Found(msgspec.Struct):
    code: FindingCode
    records: tuple[str, ...]


class _Evidence(msgspec.Struct):
    punches: tuple[str, ...]
    sales: tuple[str, ...]
    points: tuple[_Point, ...]
    findings: tuple[_Found, ...]
    entries: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()


_CHECK_EVIDENCE: Final = msgspec.json.Decoder(_Evidence).decode
_READ: Final = msgspec.json.Decoder().decode


def status_of(column: str) -> DayStatus:
    """Return the status a day's column says; one that is none counts as not judged."""
    return DayStatus(column) if column in _STATUSES else DayStatus.PENDING


def read_facts(text: str) -> dict[str, FactValue] | None:
    """Return facts alone; None where their text is not sound."""
    try:
        _facts_checker()(text)
    except BROKEN:
        return None
    facts: dict[str, FactValue] = _READ(text)
    return facts


def is_sound(facts: str, evidence: str) -> bool:
    """Tell whether both texts are of the shape the judge writes."""
    try:
        _facts_checker()(facts)
        _CHECK_EVIDENCE(evidence)
    except BROKEN:
        return False
    return True


def read(facts: str, evidence: str) -> DayDocuments:
    """Return facts and evidence; no facts and one finding where a text is not sound."""
    if is_sound(facts, evidence):
        return _READ(facts), _READ(evidence)
    found = {"code": FindingCode.UNREADABLE.value, "records": []}
    nothing: dict[str, Any] = {name: [] for name in _Evidence.__struct_fields__}
    return {}, {**nothing, "findings": [found]}


@cache
def _facts_checker() -> Callable[[str], object]:
    known = [fact for fact in CATALOGUE.values() if not fact.of_period]
    required = [(fact.name, _type(fact.name)) for fact in known if fact.name in _ALWAYS]
    others = [(fact.name, _type(fact.name), fact.default) for fact in known]
    others = [one for one in others if one[0] not in _ALWAYS]
    return msgspec.json.Decoder(msgspec.defstruct("_Facts", [*required, *others])).decode


def _type(name: str) -> type:
    return DayStatus if name == "status" else _TYPES[CATALOGUE[name].type]
