"""The ledger in the database: outcomes in, entries and notices out, in the caller's transaction.

One row of `meta` holds the end of the chain. Locking it makes writers queue, and keeping it
apart from the entries lets verification notice a cut-off tail.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from cloud_receiver.domain import granted
from cloud_receiver.domain.accounts import PersonAccount
from cloud_receiver.domain.granted import news_of_grants
from cloud_receiver.domain.ledger import GENESIS, Entry, Head, chained, post
from cloud_receiver.domain.notices import DEFAULT_CHANNELS, news_of
from cloud_receiver.domain.outcomes import (
    Account,
    DayKey,
    Evidence,
    Explanation,
    Outcome,
    Text,
)
from cloud_receiver.domain.periods import after
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.domain.transfers import floor
from cloud_receiver.store import balances, change_feed, rulings
from cloud_receiver.store.engine import insert_ignore, insert_rows, upsert_rows
from cloud_receiver.store.notices import tell
from cloud_receiver.store.questions import OfDays, Question
from cloud_receiver.store.tables import ledger, meta, outcome, period_close
from sync.portions import portions

HEAD_KEY: Final = "ledger_head"
_KEYS_A_QUERY: Final = 500  # some builds of SQLite allow only 999 parameters
_SHOWN_TO_SYSTEMS: Final = (
    "entry_no", "entry_id", "employee_id", "store_id", "work_date", "account", "contra",
    "amount_fen", "rule_id", "rule_version", "adjusts", "kind", "period", "for_period",
)  # fmt: skip
_FLOORED: Final = frozenset({PersonAccount.INSTANT, PersonAccount.CARRY_FORWARD})


def apply_outcomes(
    connection: Connection,
    days: Collection[DayKey],
    outcomes: Sequence[Outcome],
    now_utc_ms: int,
    *,
    channels: Sequence[str] = DEFAULT_CHANNELS,
    evidence: Mapping[DayKey, Evidence] | None = None,
    groups: bool = True,
) -> list[Entry]:
    """Make the database say what the outcomes say; return the entries that were posted.

    Outcomes that were there and are no longer among `outcomes` are reversed. Applying the
    same again posts nothing. It all commits, or not, with the caller's transaction.

    Args:
        days: every employee-day that was evaluated, also those without an outcome.
        outcomes: all that the rules say about these days.
        channels: where people are told of every visible change.
        evidence: the records the days rest on now.
        groups: the groups of stores hear of awards.
    """
    wanted = set(days)
    said = {one.outcome_key: one for one in outcomes}
    assert {one.day for one in outcomes} <= wanted, "an outcome of a day not evaluated"
    if not wanted:
        return []
    lock(connection)
    changes = _replace_outcomes(connection, sorted(wanted), said, now_utc_ms)
    tell(connection, news_of_grants(changes, now_utc_ms), channels, now_utc_ms, groups=False)
    beside = rulings.days_beside(connection, wanted)
    said |= outcomes_of(connection, beside)
    return _post(connection, wanted | beside, said, now_utc_ms, channels, evidence, groups=groups)


def book_again(
    connection: Connection,
    days: Collection[DayKey],
    now_utc_ms: int,
    *,
    channels: Sequence[str] = DEFAULT_CHANNELS,
) -> list[Entry]:
    """Book days anew whose outcomes stand, but what the law or people make of them changed."""
    lock(connection)
    return _post(connection, days, outcomes_of(connection, days), now_utc_ms, channels)


def book_month_again(
    connection: Connection,
    since: str,
    now_utc_ms: int,
    *,
    employee_id: str | None = None,
    store_id: str | None = None,
    channels: Sequence[str] = DEFAULT_CHANNELS,
) -> list[Entry]:
    """Book the days from the month of a date on anew, of one person or one store."""
    own = outcome.c
    query = select(own.employee_id, own.work_date).distinct().where(
        own.work_date >= f"{since[:7]}-01",
        own.employee_id == employee_id if employee_id is not None else own.store_id == store_id,
    )  # fmt: skip
    days = {(who, date) for who, date in connection.execute(query)}
    return book_again(connection, days, now_utc_ms, channels=channels)


def _post(
    connection: Connection,
    days: Collection[DayKey],
    said: Mapping[str, Outcome],
    now_utc_ms: int,
    channels: Sequence[str],
    evidence: Mapping[DayKey, Evidence] | None = None,
    *,
    groups: bool = True,
) -> list[Entry]:
    booked = entries_of(connection, sorted(days))
    head = _head(connection)
    ruled = rulings.of_days(connection, days)
    begins = first_open(connection)
    entries = post(said.values(), booked, head, now_utc_ms, ruled, begins, evidence)
    if not entries:
        return []
    written = _write(connection, entries, now_utc_ms)
    tell(connection, news_of(booked, entries), channels, now_utc_ms, groups=groups)
    return written


def book(connection: Connection, drafts: Iterable[Entry], now_utc_ms: int) -> list[Entry]:
    """Book drafts that are no outcomes; return them as entries, and what followed from them.

    The caller took the `lock` before it decided what to book.
    """
    entries = chained(drafts, _head(connection), now_utc_ms, first_open(connection))
    return _write(connection, entries, now_utc_ms) if entries else []


def _write(connection: Connection, entries: Sequence[Entry], now_utc_ms: int) -> list[Entry]:
    _insert(connection, entries)
    balances.add(connection, entries)
    head = Head(entries[-1].entry_no, entries[-1].hash)
    followed = chained(_floors(connection, entries), head, now_utc_ms, first_open(connection))
    if followed:
        _insert(connection, followed)
        balances.add(connection, followed)
        head = Head(followed[-1].entry_no, followed[-1].hash)
    _tell_systems(connection, [*entries, *followed], now_utc_ms)
    moved = update(meta).where(meta.c.key == HEAD_KEY).values(value=_head_text(head))
    connection.execute(moved)
    return [*entries, *followed]


def _tell_systems(connection: Connection, entries: Sequence[Entry], now_utc_ms: int) -> None:
    booked = [
        (entry.entry_id, {name: getattr(entry, name) for name in _SHOWN_TO_SYSTEMS})
        for entry in entries
    ]
    change_feed.tell(connection, ChangeKind.ENTRY_BOOKED, booked, now_utc_ms)


def _insert(connection: Connection, entries: Sequence[Entry]) -> None:
    inserted = insert_rows(connection, ledger, Entry._fields, entries)
    assert inserted == len(entries), "an entry with this id or number is booked already"


def _floors(connection: Connection, entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield what keeps instant accounts from being negative after some entries."""
    causes = {
        entry.employee_id: entry for entry in entries if {entry.account, entry.contra} & _FLOORED
    }
    if causes:
        standing = balances.of_people(connection, causes)
        drafts = (floor(cause, standing[who]) for who, cause in sorted(causes.items()))
        yield from (draft for draft in drafts if draft is not None)


def entries_of(connection: Connection, days: Sequence[DayKey]) -> list[Entry]:
    """Return what outcomes of some employee-days have booked, oldest first.

    Transfers, such as a withdrawal of that day, are no outcome's and left out.
    """
    rows = _BOOKED.ask(connection, days)
    return sorted(Entry(*row) for row in rows if row.kind in (None, "outcome"))


def entries_about(connection: Connection, key: str) -> list[Entry]:
    """Return everything that was booked about one outcome, withdrawal or close, oldest first."""
    query = select(ledger).where(ledger.c.outcome_key == key).order_by(ledger.c.entry_no)
    return [Entry(*row) for row in connection.execute(query)]


def first_open(connection: Connection) -> str:
    """Return the earliest month that is not closed, ``""`` when none is closed yet."""
    closed = _LAST_CLOSED.ask_one(connection)
    return after(closed) if closed else ""


def lock(connection: Connection) -> None:
    """Make other writers of the ledger wait until this transaction ends."""
    if _LOCKED_HEAD.ask_one(connection) is None:
        insert_ignore(connection, meta, [{"key": HEAD_KEY, "value": _head_text(GENESIS)}])
        _LOCKED_HEAD.ask(connection)


def _head(connection: Connection) -> Head:
    return head_of(_HEAD.ask_one(connection))


_head_row: Final = select(meta.c.value).where(meta.c.key == HEAD_KEY)
_HEAD: Final = Question(_head_row)
_LOCKED_HEAD: Final = Question(_head_row.with_for_update())
_BOOKED: Final = OfDays(select(ledger), ledger)
_SAID: Final = OfDays(select(outcome), outcome)
_LAST_CLOSED: Final = Question(select(func.max(period_close.c.period)))


def head_of(text: str | None) -> Head:
    """Return the end of the chain from its stored form."""
    return msgspec.json.decode(text, type=Head) if text else GENESIS


def _head_text(head: Head) -> str:
    return msgspec.json.encode(head).decode()


def _replace_outcomes(
    connection: Connection, days: Sequence[DayKey], said: dict[str, Outcome], now_utc_ms: int
) -> list[granted.Change]:
    """Write what changed among the outcomes of some days; a change is a new revision.

    Returns the outcomes that are new, different or gone, as they were and as they are.
    """
    stored = {row.outcome_key: row for row in _SAID.ask(connection, days)}
    changed = []
    changes: list[granted.Change] = [
        (outcome_from(row), None) for key, row in stored.items() if key not in said
    ]
    for key, one in said.items():
        row = _outcome_row(one)
        old = stored.get(key)
        if old is None or any(getattr(old, name) != value for name, value in row.items()):
            changes.append((outcome_from(old) if old is not None else None, one))
            revision = old.revision + 1 if old is not None else 1
            changed.append({**row, "revision": revision, "updated_utc_ms": now_utc_ms})
    if changed:
        rows = [tuple(row.values()) for row in changed]
        upsert_rows(connection, outcome, list(changed[0]), rows)
    for keys in portions(sorted(stored.keys() - said.keys()), _KEYS_A_QUERY):
        connection.execute(delete(outcome).where(outcome.c.outcome_key.in_(keys)))
    return changes


def _outcome_row(one: Outcome) -> dict[str, Any]:
    return {
        "outcome_key": one.outcome_key,
        "employee_id": one.employee_id,
        "work_date": one.work_date,
        "store_id": one.store_id,
        "rule_id": one.rule_id,
        "rule_version": one.rule_version,
        "row_id": one.row_id,
        "amount_fen": one.amount_fen,
        "account": one.account.value,
        "campaign_id": one.campaign_id,
        "half_points": one.half_points,
        "tag": msgspec.json.encode(one.tag).decode() if one.tag else None,
        "task": msgspec.json.encode(one.task).decode() if one.task else None,
        "explanation": one.explanation.to_json(),
    }


def outcomes_of(connection: Connection, days: Collection[DayKey]) -> dict[str, Outcome]:
    """Return what the rules say about some days, as it was last written, by outcome key."""
    rows = _SAID.ask(connection, sorted(days))
    return {row.outcome_key: outcome_from(row) for row in rows}


def outcome_from(row: Any) -> Outcome:
    """Return an outcome from its row."""
    return Outcome(
        rule_id=row.rule_id,
        rule_version=row.rule_version,
        row_id=row.row_id,
        employee_id=row.employee_id,
        work_date=row.work_date,
        store_id=row.store_id,
        account=Account(row.account),
        amount_fen=row.amount_fen,
        explanation=Explanation.from_json(row.explanation),
        campaign_id=row.campaign_id,
        half_points=row.half_points,
        tag=msgspec.json.decode(row.tag, type=Text) if row.tag else None,
        task=msgspec.json.decode(row.task, type=Text) if row.task else None,
    )
