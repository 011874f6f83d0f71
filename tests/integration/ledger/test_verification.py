"""Whatever is changed behind the ledger's back is found: each column, each anchor, each sum."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import delete, insert, update

from cloud_receiver.domain.ledger import GENESIS, Entry, Head, Kind, blank, chained, digest
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.store.closing import close_period
from cloud_receiver.store.tables import balance, ledger, meta
from cloud_receiver.store.verification import make_anchor, send_anchor, verify_all, verify_ledger
from tests.integration.evaluate.conftest import StandingClock
from tests.integration.ledger.conftest import said


def test_a_change_of_any_column_is_found(books) -> None:
    books.say(said(-1000), said(-500, rule_id="early"))
    books.say(days=[("E1", "2026-11-02")])
    second = books.entries()[1]
    for name in Entry._fields:
        old = getattr(second, name)
        new = old + 1 if isinstance(old, int) else f"{old[:-1]}~" if old else "late/E1/x#1"
        if name == "entry_no":
            new = 99
        with books.engine.connect() as connection:
            this = update(ledger).where(ledger.c.entry_no == 2).values({name: new})
            connection.execute(this)
            assert verify_ledger(connection).trouble, name
            connection.rollback()
    assert books.troubles() == []


def test_entries_of_the_first_schema_keep_their_hash_and_cannot_be_dressed_up(books) -> None:
    draft = blank(Kind.OUTCOME)._replace(
        entry_id="late/E1/2026-11-02#1", outcome_key="late/E1/2026-11-02", employee_id="E1",
        store_id="S1", work_date="2026-11-02", account="subsidy", contra="subsidy_expense",
        amount_fen=-1000, explanation=said(-1000).explanation.to_json(),
    )  # fmt: skip
    (entry,) = chained([draft], GENESIS, 0)
    old = entry._replace(kind=None, period=None, for_period=None)
    old = old._replace(hash=digest(old))

    def put(connection) -> None:
        connection.execute(insert(ledger), [old._asdict()])
        connection.execute(insert(meta), [{"key": "ledger_head", "value": f'[1,"{old.hash}"]'}])

    books.write(put)
    assert books.read(verify_ledger) == (1, "")
    for name in ("kind", "period", "for_period"):
        for value in ("", "outcome"):
            with books.engine.connect() as connection:
                connection.execute(update(ledger).values({name: value}))
                assert verify_ledger(connection).trouble, name
                connection.rollback()
    (reversal,) = books.say(days=[("E1", "2026-11-02")])  # the old and the new go on together
    assert (reversal.amount_fen, reversal.kind) == (1000, "outcome")
    assert books.read(verify_ledger) == (2, "")
    assert Head(2, reversal.hash) != GENESIS


def test_a_ledger_written_anew_from_the_middle_betrays_itself_by_an_anchor(books) -> None:
    books.say(said(-1000))
    head, is_new = books.write(lambda c: make_anchor(c, "2026-11-02", books.now_utc_ms))
    assert (head.entry_no, is_new) == (1, True)
    again = books.write(lambda c: make_anchor(c, "2026-11-02", books.now_utc_ms))
    assert again == (head, False)

    def forge(connection) -> None:
        (row,) = books.entries()
        forged = Entry(*row)._replace(amount_fen=-1)
        forged = forged._replace(hash=digest(forged))
        connection.execute(update(ledger).values(amount_fen=-1, hash=forged.hash))
        connection.execute(update(meta).where(meta.c.key == "ledger_head").values(
            value=f'[1,"{forged.hash}"]'))  # fmt: skip
        connection.execute(
            update(balance).where(balance.c.account == "subsidy").values(amount_fen=-1)
        )

    books.write(forge)
    assert books.read(verify_ledger) == (1, ""), "the chain itself was forged whole"
    (trouble,) = books.troubles()
    assert "anchor of 2026-11-02" in trouble


def test_a_balance_that_is_not_the_sum_is_found(books) -> None:
    books.say(said(-1000))
    books.write(lambda c: c.execute(update(balance).where(balance.c.account == "subsidy").values(
        amount_fen=0)))  # fmt: skip
    (trouble,) = books.troubles()
    assert "balance of E1, subsidy: 0.00 is kept, but the entries sum to -10.00" in trouble
    books.write(lambda c: c.execute(delete(balance)))
    assert len(books.troubles()) == 1


def test_a_month_that_grew_after_its_close_is_found(books) -> None:
    books.say(said(-1000))
    books.at("2026-12-01T09:00")
    books.write(lambda c: close_period(c, "2026-11", "wang", books.now_utc_ms))
    books.say(said(-500, date="2026-11-03"))
    assert books.troubles() == []
    with books.engine.connect() as connection:
        connection.execute(
            update(ledger).where(ledger.c.period == "2026-12").values(period="2026-11")
        )
        found = list(verify_all(connection).troubles)
        connection.rollback()
    assert any("2026-11 was closed, but 1 entries" in trouble for trouble in found)


@pytest.mark.parametrize("entries", [0, 1])
def test_a_sound_ledger_has_no_trouble(books, entries: int) -> None:
    if entries:
        books.say(said(-1000))
    assert books.troubles() == []
    assert books.read(verify_ledger) == (entries, "")


def test_the_anchor_of_a_day_is_sent_away_once(books) -> None:
    def send():
        return books.write(lambda c: send_anchor(c, "2026-11-02", books.now_utc_ms, ("console",)))

    assert send() is None, "there is nothing to anchor"
    (entry,) = books.say(said(-1000))
    assert send() == Head(1, entry.hash)
    assert send() is None
    (row,) = books.notices("group")
    assert (row.target_id, row.notice_id) == ("ledger_anchor", "anchor/2026-11-02")
    assert entry.hash in row.text_zh
    assert entry.hash in row.text_en


def test_the_evaluator_anchors_a_ledger_once_a_day(books) -> None:
    books.say(said(-1000))
    for day in ("2026-11-02", "2026-11-02", "2026-11-03"):
        clock = StandingClock(datetime.fromisoformat(f"{day}T10:00:00+00:00"))
        Evaluator(books.engine, clock).flush()
    assert [row.notice_id for row in books.notices("group")] == [
        "anchor/2026-11-02", "anchor/2026-11-03",
    ]  # fmt: skip
