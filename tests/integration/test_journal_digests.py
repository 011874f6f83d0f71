"""The journal's digests find whatever was changed in a row that was filed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, update

from cloud_receiver.store import journal_digests, projection
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.journal import Entry, append
from cloud_receiver.store.tables import journal, journal_digest

RANGE = 10


@pytest.fixture
def sealed(hq_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A journal of 25 rows of a kind nobody judges, two full ranges and the rest."""
    monkeypatch.setattr(journal_digests, "RANGE_ROWS", RANGE)
    rows = [
        Entry(f"r{number:02}", "note", "S1", "box", "e", "bulk", number, '{"a": 1}', 0)
        for number in range(1, 26)
    ]
    with write(hq_engine) as connection:
        append(connection, rows)
        assert journal_digests.seal(connection, 0) == 0, "the evaluator has not passed them"
    with write(hq_engine) as connection:
        projection.advance(connection, 0)
        made = [journal_digests.seal(connection, 0) for _ in range(3)]
        assert made == [RANGE, RANGE, 0], "a range that is not full waits"
        assert journal_digests.seal(connection, 0, rest=True) == 5
    return hq_engine


def _troubles(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return list(journal_digests.verify(connection))


def test_what_was_filed_holds_and_goes_on(sealed: Engine) -> None:
    assert _troubles(sealed) == []
    with write(sealed) as connection:
        append(connection, [Entry("r26", "note", "S1", "box", "e", "bulk", 26, "{}", 0)])
        last = journal_digests.newest(connection)
        assert journal_digests.is_kept(connection, last.sha256)
        assert not journal_digests.is_kept(connection, "0" * 64)
    assert _troubles(sealed) == []


@pytest.mark.parametrize(
    "change",
    [
        update(journal).where(journal.c.record_id == "r12").values(body='{"a": 2}'),
        update(journal).where(journal.c.record_id == "r12").values(received_utc_ms=1),
        update(journal).where(journal.c.record_id == "r12").values(store_id="S2"),
        delete(journal).where(journal.c.record_id == "r12"),
    ],
)
def test_a_changed_row_is_found_and_its_range_named(sealed: Engine, change: Any) -> None:
    with write(sealed) as connection:
        connection.execute(change)
    (trouble,) = _troubles(sealed)
    assert trouble.startswith("journal rows 11 to 20")


def test_a_chain_written_anew_lacks_what_was_sent_away(sealed: Engine) -> None:
    with read(sealed) as connection:
        sent_away = journal_digests.newest(connection).sha256
    with write(sealed) as connection:
        connection.execute(update(journal).where(journal.c.entry_no == 3).values(body="{}"))
        connection.execute(delete(journal_digest))
        while journal_digests.seal(connection, 0, rest=True):
            pass
    assert _troubles(sealed) == []
    with read(sealed) as connection:
        assert not journal_digests.is_kept(connection, sent_away)


def test_a_digest_is_made_once(sealed: Engine) -> None:
    with write(sealed) as connection, pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        connection.execute(
            insert(journal_digest).values(last_no=10, rows=1, sha256="", made_utc_ms=0)
        )
