"""Proof that the journal is what was filed: digests of ranges of its rows, each upon the last.

Computed by the evaluator some time after the rows were filed, never while a record is being
taken in. The digest of the newest range is part of what is sent away with the daily anchor, so
that nobody who can write to the database can change an old record unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select

from cloud_receiver.store.archive import Bodies
from cloud_receiver.store.engine import insert_ignore, try_turns
from cloud_receiver.store.projection import cursor
from cloud_receiver.store.sheaves import COLUMNS, whole_rows
from cloud_receiver.store.tables import journal, journal_digest

RANGE_ROWS: Final = 5_000
_BODY: Final = COLUMNS.index("body")


class Digest(NamedTuple):
    """The rows after the last digest up to a number, and all before them."""

    last_no: int
    rows: int
    sha256: str


START: Final = Digest(0, 0, "")


def newest(connection: Connection) -> Digest:
    """Return the last digest; it stands for every row up to its number."""
    own = journal_digest.c
    query = select(own.last_no, own.rows, own.sha256).order_by(own.last_no.desc()).limit(1)
    row = connection.execute(query).first()
    return Digest(*row) if row else START


def seal(connection: Connection, now_utc_ms: int, *, rest: bool = False) -> int:
    """Digest the next range, when one is full; return how many rows that were.

    Only rows the evaluator has passed: none can appear before them any more.

    Args:
        rest: also a range that is not full, as at the end of a day.
    """
    if not try_turns(connection, ["journal_digest"]):
        return 0
    before, through = newest(connection), cursor(connection)
    own = journal.c
    query = (
        select(own.entry_no)
        .where(own.entry_no > before.last_no, own.entry_no <= through)
        .order_by(own.entry_no)
    )
    last_no = connection.scalar(query.offset(RANGE_ROWS - 1).limit(1))
    if last_no is None and rest:
        last_no = connection.scalar(select(func.max(own.entry_no)).where(own.entry_no <= through))
    if last_no is None or last_no <= before.last_no:
        return 0
    made = _digest(connection, before, last_no)
    insert_ignore(connection, journal_digest, [{**made._asdict(), "made_utc_ms": now_utc_ms}])
    return made.rows


def is_kept(connection: Connection, sha256_hex: str) -> bool:
    """Tell whether a digest, as it was once sent away, is among those kept."""
    query = select(journal_digest.c.last_no).where(journal_digest.c.sha256 == sha256_hex)
    return connection.execute(query).first() is not None


def verify(connection: Connection) -> Iterator[str]:
    """Yield every range of the journal that is not what it was when it was digested."""
    before, own = START, journal_digest.c
    query = select(own.last_no, own.rows, own.sha256).order_by(own.last_no)
    for row in connection.execute(query).all():
        kept = Digest(*row)
        found = _digest(connection, before, kept.last_no)
        if found != kept:
            yield (
                f"journal rows {before.last_no + 1} to {kept.last_no}: {kept.rows} rows with"
                f" digest {kept.sha256[:12]} were filed, {found.rows} with"
                f" {found.sha256[:12]} stand there"
            )
        before = kept


def _digest(connection: Connection, before: Digest, last_no: int) -> Digest:
    digest, rows = sha256(before.sha256.encode()), 0
    bodies = Bodies(connection)
    for row in whole_rows(connection, before.last_no + 1, last_no):
        if not row[_BODY]:
            row = (*row[:_BODY], bodies.of(row[0], row[_BODY]), *row[_BODY + 1 :])
        texts = [str(value).encode() for value in row]
        digest.update(b"".join([b"%d:%b" % (len(text), text) for text in texts]))
        rows += 1
    return Digest(last_no, rows, digest.hexdigest())
