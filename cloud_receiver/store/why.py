"""The way from a ledger entry back to the raw records it rests on (law 7); reads only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.accounts import PersonAccount
from cloud_receiver.domain.because import because
from cloud_receiver.domain.documents import Rule, parse_rule
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.ledger import Kind
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.store import archive
from cloud_receiver.store.appeals import AppealView, about
from cloud_receiver.store.statement import Entry, entries_of, named_entries, read_entries
from cloud_receiver.store.tables import day_fact, journal, lane_mark, ledger, punch, rule_version
from sync.receipt import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """A record as it was journaled and how it came.

    Attributes:
        body: the record's fields, verbatim.
        receipted: headquarters' mark covers it, so the box was told that it is safe here.
        effective_utc_ms: of a punch: device time corrected by the measured offset; None
            when the terminal's clock could not be believed.
    """

    record_id: str
    entry_no: int
    kind: str
    store_id: str
    box_id: str
    epoch: str
    lane: str
    seq: int
    body: dict[str, Any]
    received_utc_ms: int
    receipted: bool
    effective_utc_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Everything an entry rests on.

    Attributes:
        rule: the very version that was applied; None when its document is not here.
        changed: facts the rule read that are otherwise today: name to (then, now).
        newer: records today's facts rest on that this entry did not know.
        chain: all entries of the same statement, the asked one among them, oldest first.
        lost: ids the explanation names that the journal does not hold; law 7 wants none.
        sentence: why, in one sentence.
        sources: of what is no outcome: the entries it rests on, oldest first; theirs are
            the records then.
        appeals: about the same statement, the newest last.
    """

    entry: Entry
    rule: Rule | None
    records: tuple[RawRecord, ...]
    changed: dict[str, tuple[FactValue, FactValue]]
    newer: tuple[RawRecord, ...]
    chain: tuple[Entry, ...]
    lost: tuple[str, ...]
    sentence: Text
    sources: tuple[Entry, ...]
    appeals: tuple[AppealView, ...]


def why(connection: Connection, entry_id: str) -> Why | None:
    """Return what an entry rests on, None when there is no such entry."""
    key = connection.scalar(select(ledger.c.outcome_key).where(ledger.c.entry_id == entry_id))
    if key is None:
        return None
    chain = entries_of(connection, key)
    entry = next(item for item in chain if item.entry_id == entry_id)
    sources = sources_of(connection, entry)
    wanted = list(dict.fromkeys(
        record
        for one in (entry, *sources)
        for ids in one.explanation.evidence.values()
        for record in ids
    ))  # fmt: skip
    records = raw_records(connection, wanted)
    held = {record.record_id for record in records}
    facts, evidence = _today(connection, entry)
    return Why(
        entry=entry,
        rule=_rule(connection, entry),
        records=tuple(records),
        changed={
            name: (then, facts[name])
            for name, then in entry.explanation.facts.items()
            if name in facts and facts[name] != then
        },
        newer=tuple(raw_records(connection, evidence - set(wanted))),
        chain=tuple(chain),
        lost=tuple(record for record in wanted if record not in held),
        sentence=because(entry.kind, entry.rule_version, entry.explanation),
        sources=tuple(sources),
        appeals=tuple(about(connection, key)),
    )


def sources_of(connection: Connection, entry: Entry) -> list[Entry]:
    """Return the entries that an entry of another kind than an outcome adds up or follows.

    Of a close, what counted in its month on the account; of payroll, the whole month; of what is
    carried forward or withdrawn, what the instant account was made of before.
    """
    before = (ledger.c.employee_id == entry.employee_id) & (ledger.c.entry_no < entry.entry_no)
    counted = func.coalesce(ledger.c.period, func.substr(ledger.c.work_date, 1, 7))
    if entry.kind == Kind.OUTCOME:
        return []
    if entry.kind == Kind.PAYROLL:
        chosen = counted == entry.for_period
    else:
        own = entry.account if entry.kind == Kind.CLOSE else PersonAccount.INSTANT.value
        chosen = (ledger.c.account == own) | (ledger.c.contra == own)
        if entry.kind == Kind.CLOSE:
            chosen &= counted == entry.period
    query = named_entries().where(before, chosen).order_by(ledger.c.entry_no)
    return read_entries(connection, query)


def _today(connection: Connection, entry: Entry) -> tuple[dict[str, FactValue], set[str]]:
    """Return the day's facts as they are now and the records they rest on."""
    row = connection.execute(
        select(day_fact.c.facts, day_fact.c.evidence).where(
            day_fact.c.employee_id == entry.employee_id, day_fact.c.work_date == entry.work_date
        )
    ).one_or_none() or archive.day(connection, entry.employee_id, entry.work_date)
    if row is None:
        return {}, set()
    facts, evidence = day_texts.read(row.facts, row.evidence)
    return facts, {*evidence["punches"], *evidence["sales"]}


def _rule(connection: Connection, entry: Entry) -> Rule | None:
    document = connection.scalar(
        select(rule_version.c.document).where(
            rule_version.c.rule_id == entry.rule_id, rule_version.c.version == entry.rule_version
        )
    )
    return parse_rule(document, entry.rule_id) if document is not None else None


def raw_records(connection: Connection, record_ids: Iterable[str]) -> list[RawRecord]:
    """Return journaled records in the order they were received."""
    query = (
        select(journal, punch.c.effective_utc_ms, lane_mark.c.through, lane_mark.c.beyond)
        .outerjoin(punch, punch.c.record_id == journal.c.record_id)
        .outerjoin(
            lane_mark,
            (lane_mark.c.box_id == journal.c.box_id)
            & (lane_mark.c.epoch == journal.c.epoch)
            & (lane_mark.c.lane == journal.c.lane),
        )
        .where(journal.c.record_id.in_(list(record_ids)))
        .order_by(journal.c.entry_no)
    )
    rows = connection.execute(query).all()
    bodies = archive.texts(connection, rows)
    return [_raw_record(row, body) for row, body in zip(rows, bodies, strict=True)]


def _raw_record(row: Any, body: str) -> RawRecord:
    beyond = tuple((low, high) for low, high in json.loads(row.beyond or "[]"))
    mark = Mark(row.through or 0, beyond)
    return RawRecord(
        record_id=row.record_id,
        entry_no=row.entry_no,
        kind=row.kind,
        store_id=row.store_id,
        box_id=row.box_id,
        epoch=row.epoch,
        lane=row.lane,
        seq=row.seq,
        body=json.loads(body),
        received_utc_ms=row.received_utc_ms,
        receipted=mark.holds(row.seq),
        effective_utc_ms=row.effective_utc_ms,
    )
