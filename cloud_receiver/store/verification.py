"""Proof that the ledger is what was booked: the chain, its anchors and the kept balances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, func, select

from cloud_receiver.domain.ledger import GENESIS, Chain, Entry, Head, verify
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from cloud_receiver.store import balances, journal_digests
from cloud_receiver.store.engine import insert_ignore, stream
from cloud_receiver.store.ledger import HEAD_KEY, head_of
from cloud_receiver.store.notices import queue
from cloud_receiver.store.tables import anchor, ledger, meta, period_close
from sync.money import yuan_text

ANCHOR_GROUP: Final = "ledger_anchor"
_COLUMNS: Final = ", ".join(Entry._fields)


def verify_ledger(connection: Connection) -> Chain:
    """Check every entry against its hash, its neighbour and the end of the chain.

    Entries that are booked meanwhile are left for the next time.
    """
    last_no, head = _end(connection)
    query = f"SELECT {_COLUMNS} FROM ledger WHERE entry_no <= {last_no} ORDER BY entry_no"  # noqa: S608 - our own names and a number
    return verify(stream(connection, query), head)


class Proof(NamedTuple):
    """What a proof found: how many entries hold, and every trouble; none means all holds."""

    verified: int
    troubles: tuple[str, ...]


def verify_all(connection: Connection) -> Proof:
    """Check the ledger, read once from end to end, and what is kept beside it."""
    chain = verify_ledger(connection)
    own = (chain.trouble,) if chain.trouble else ()
    return Proof(chain.verified, (*own, *_beside(connection)))


def _beside(connection: Connection) -> Iterator[str]:
    yield from _moved_anchors(connection)
    for owner, account, kept_fen, summed_fen in balances.wrong_balances(connection):
        yield (
            f"balance of {owner}, {account}: {yuan_text(kept_fen)} is kept, but the entries sum"
            f" to {yuan_text(summed_fen)}"
        )
    yield from _late_in_closed(connection)


def _moved_anchors(connection: Connection) -> Iterator[str]:
    query = (
        select(anchor, ledger.c.hash.label("stands"))
        .outerjoin(ledger, ledger.c.entry_no == anchor.c.entry_no)
        .where(anchor.c.entry_no > 0, ledger.c.hash.is_distinct_from(anchor.c.hash))
        .order_by(anchor.c.anchor_date)
    )
    for row in connection.execute(query):
        yield (
            f"the anchor of {row.anchor_date} names entry {row.entry_no} with hash"
            f" {row.hash[:12]}, but {(row.stands or 'nothing')[:12]} stands there"
        )


def _late_in_closed(connection: Connection) -> Iterator[str]:
    """Yield months that grew after they were closed."""
    period = func.coalesce(ledger.c.period, func.substr(ledger.c.work_date, 1, 7))
    query = (
        select(period_close.c.period, func.count())
        .join(ledger, (ledger.c.entry_no > period_close.c.last_entry_no) & (period == period_close.c.period))
        .group_by(period_close.c.period)
        .order_by(period_close.c.period)
    )  # fmt: skip
    rows = connection.execute(query.where(ledger.c.kind.is_distinct_from("payroll")))
    for closed, count in rows:
        yield f"{closed} was closed, but {count} entries were booked in it afterwards"


def _end(connection: Connection) -> tuple[int, Head]:
    """Return the highest entry number and the head, both from one look at the database."""
    last_no = func.coalesce(func.max(ledger.c.entry_no), 0)
    value = select(meta.c.value).where(meta.c.key == HEAD_KEY).scalar_subquery()
    row = connection.execute(select(last_no, value)).one()
    return row[0], head_of(row[1])


def make_anchor(connection: Connection, date: str, now_utc_ms: int) -> tuple[Head, bool]:
    """Keep the end of the chain as it is on a date; return it and whether it is new.

    The first look of a date counts; printed or sent elsewhere it proves that nothing before
    it was changed afterwards.
    """
    _, head = _end(connection)
    row = {
        "anchor_date": date,
        "entry_no": head.entry_no,
        "hash": head.hash,
        "made_utc_ms": now_utc_ms,
    }
    is_new = insert_ignore(connection, anchor, [row]) == 1
    kept = connection.execute(
        select(anchor.c.entry_no, anchor.c.hash).where(anchor.c.anchor_date == date)
    ).one()
    return Head(*kept), is_new


def send_anchor(
    connection: Connection, date: str, now_utc_ms: int, channels: Sequence[str]
) -> Head | None:
    """Make the anchor of a date and send it away; None when it stands or nothing is booked."""
    if _end(connection)[1] == GENESIS:
        return None
    head, is_new = make_anchor(connection, date, now_utc_ms)
    if not is_new:
        return None
    while journal_digests.seal(connection, now_utc_ms, rest=True):
        pass
    filed = journal_digests.newest(connection)
    document = {
        "kind": "anchor", "date": date, "entry_no": head.entry_no, "hash": head.hash,
        "journal_no": filed.last_no, "journal_sha256": filed.sha256,
    }  # fmt: skip
    notice = Notice(
        notice_id=f"anchor/{date}",
        target=Target(TargetKind.GROUP, ANCHOR_GROUP),
        text_zh=f"{date} 奖惩台账锚点:{head.entry_no} 条,末端 {head.hash};"
        f"日志至 {filed.last_no} 号,摘要 {filed.sha256}。请保存在系统之外",
        text_en=f"{date} ledger anchor: {head.entry_no} entries, end {head.hash};"
        f" journal to no. {filed.last_no}, digest {filed.sha256}; keep it elsewhere",
        document=msgspec.json.encode(document).decode(),
    )
    queue(connection, [notice], channels, now_utc_ms)
    return head
