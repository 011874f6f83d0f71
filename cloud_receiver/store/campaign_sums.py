"""What members' days of campaigns come to: kept in the transaction that judges, and proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select

from cloud_receiver.domain.campaign_sums import Key, Numbers, Seen, Sums, moved, seen, summed
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.revision import Change
from cloud_receiver.store.engine import stream, upsert_rows
from cloud_receiver.store.questions import Among, OfPairs, Question
from cloud_receiver.store.tables import campaign, campaign_sum, day_fact

PLACES: Final = ("store_id", "scene", "team")
COLUMNS: Final = ("campaign_id", "employee_id", *Numbers._fields, "last_date", *PLACES)
_kept, _fact = campaign_sum.c, day_fact.c
_KEPT: Final = Question(
    select(*[_kept[name] for name in COLUMNS]).where(Among(_kept.employee_id, "people"))
)
_EVERY: Final = Question(select(*[_kept[name] for name in COLUMNS]))
_ANY_CAMPAIGN: Final = Question(select(campaign.c.campaign_id).limit(1))
_GONE: Final = OfPairs(delete(campaign_sum), _kept.campaign_id, _kept.employee_id)
_LATER_FIRST: Final = Question(
    select(_fact.facts, _fact.evidence)
    .where(_fact.employee_id == bindparam("person"))
    .order_by(_fact.work_date.desc())
)
_OF_PEOPLE: Final = Question(
    select(_fact.facts, _fact.evidence)
    .where(Among(_fact.employee_id, "people"))
    .order_by(_fact.employee_id, _fact.work_date)
)
_OF_CAMPAIGNS: Final = (
    'SELECT facts, evidence FROM day_fact WHERE facts NOT LIKE \'%"campaign_id":""%\''
)


def move(
    connection: Connection, changes: Mapping[DayKey, Change], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Have days that changed moved in the sums of their members; the days are written already.

    Args:
        changes: by day, as they were.
        rows: of `day_fact`, those that were written for them.
    """
    now = {(row["employee_id"], row["work_date"]): row for row in rows}
    changed = []
    unread = set()
    for key, change in changes.items():
        stored, row = change.stored, now.get(key)
        if stored and not stored.is_sound:
            unread.add(key[0])  # nobody knows any more what the day was in the sums
            continue
        before = seen(stored.facts, stored.evidence) if stored else None
        after = seen(row["facts"], row["evidence"]) if row else None
        if before != after:
            changed.append((before, after))
    if changed:
        _move(connection, changed)
    if unread:
        days = _days(_OF_PEOPLE.ask(connection, people=sorted(unread)))
        _write(connection, summed(days))


def _move(connection: Connection, changed: Iterable[tuple[Seen | None, Seen | None]]) -> None:
    found = moved(changed)
    kept = _sums(_KEPT.tuples(connection, people=sorted({who for _, who in found})))
    _write(
        connection,
        {key: _placed(connection, key, one.on(kept.get(key))) for key, one in found.items()},
    )


def put_right(connection: Connection) -> int:
    """Count all sums anew from the days and write what is not the same; return how many."""
    kept = _sums(_EVERY.tuples(connection))
    has_any = _ANY_CAMPAIGN.ask_one(connection) is not None  # else no day says it is of one
    counted = summed(_days(stream(connection, _OF_CAMPAIGNS) if has_any else ()))
    wrong = {key: one for key, one in counted.items() if kept.get(key) != one}
    stray = kept.keys() - counted.keys()
    _write(connection, wrong)
    _GONE.do(connection, sorted(stray))
    return len(wrong) + len(stray)


def _sums(rows: Sequence[tuple[Any, ...]]) -> dict[Key, Sums]:
    return {
        (campaign_id, who): Sums(Numbers(*numbers), last_date, (store_id, scene, team))
        for campaign_id, who, *numbers, last_date, store_id, scene, team in rows
    }


def _days(rows: Iterable[tuple[str, str]]) -> Iterator[Seen]:
    for facts, evidence in rows:
        day = seen(facts, evidence)
        if day is not None:
            yield day


def _placed(connection: Connection, key: Key, sums: Sums) -> Sums:
    """Return sums with their last day looked up, where the one they had went."""
    if sums.last_date or not sums.numbers.known_days:
        return sums
    for day in _days(_LATER_FIRST.each(connection, person=key[1])):
        if day.key == key:
            return Sums(sums.numbers, day.work_date, day.places)
    return sums


def _write(connection: Connection, found: Mapping[Key, Sums]) -> None:
    rows = [
        (*key, *one.numbers, one.last_date, *one.places)
        for key, one in found.items()
        if one.numbers.known_days
    ]
    upsert_rows(connection, campaign_sum, COLUMNS, rows)
    _GONE.do(connection, [key for key, one in found.items() if not one.numbers.known_days])
