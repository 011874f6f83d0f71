"""Records that come in a sheaf are filed as any others, and kept as they came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, func, select

from cloud_receiver.store import (
    journal,
    journal_digests,
    problems,
    projection,
    sheaves,
    tables,
    why,
)
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.enrolment import Store, put_stores
from cloud_receiver.store.tables import journal as rows
from cloud_receiver.store.tables import journal_sheaf
from sync.envelope import encode_body
from sync.identity import record_id
from sync.receipt import Mark, Rejection
from sync.records import to_wire
from sync.topics import Lane

Make = Callable[..., Any]


def _texts(engine: Engine) -> list[str]:
    own = rows.c
    query = select(own.seq, own.body, own.sheaf_no).order_by(own.entry_no)
    with read(engine) as connection:
        kept = [sheaves.Kept(*row) for row in connection.execute(query)]
        return sheaves.texts(connection, kept)


def _sheaf_count(engine: Engine) -> int:
    with read(engine) as connection:
        return connection.execute(select(func.count()).select_from(journal_sheaf)).scalar_one()


def test_each_record_has_its_row_and_its_text(hq: Any, sheaf: Make, up: Make, punch: Make) -> None:
    some = [punch(user_id=f"{number}") for number in range(6)]
    intake = hq.take(sheaf(1, *some[:3]), up(4, some[3]), sheaf(5, *some[4:]))
    assert intake.new_records == 6
    assert intake.answers[0].receipt.mark == Mark(6)
    assert sorted(_texts(hq.engine)) == sorted(encode_body(to_wire(one)) for one in some)
    assert _sheaf_count(hq.engine) == 2
    with read(hq.engine) as connection:
        ids = hq.record_ids()
        told = journal.bodies(connection, ids)
        shown = why.raw_records(connection, ids)
        seqs = dict(connection.execute(select(rows.c.record_id, rows.c.seq)).all())
    assert [told[one] for one in ids] == _texts(hq.engine)
    assert {one.body["user_id"] for one in shown} == {one.user_id for one in some}
    assert {one.record_id: one.seq for one in shown} == seqs
    assert [int(one.body["user_id"]) + 1 for one in shown] == [one.seq for one in shown]


def test_what_comes_again_is_kept_once(hq: Any, sheaf: Make, up: Make, punch: Make) -> None:
    some = [punch(user_id=f"{number}") for number in range(4)]
    hq.take(sheaf(1, *some[:2]))
    again = hq.take(sheaf(1, *some[:2]), sheaf(1, *some[:2]))
    assert again.new_records == 0
    assert again.new_letters == 0
    assert _sheaf_count(hq.engine) == 1
    assert hq.take(sheaf(2, *some[1:3])).new_records == 1
    hq.take(up(1, *some))
    assert hq.journaled() == 4
    assert sorted(_texts(hq.engine)) == sorted(encode_body(to_wire(one)) for one in some)


def test_other_facts_under_one_identity_are_a_conflict(hq: Any, sheaf: Make, sale: Make) -> None:
    hq.take(sheaf(1, sale(), sale(line_no=2), lane=Lane.SALE))
    intake = hq.take(sheaf(3, sale(amount_fen=999), sale(line_no=3), lane=Lane.SALE))
    assert intake.answers[0].receipt.rejected == (Rejection(3, "conflict"),)
    assert hq.journaled() == 3
    with read(hq.engine) as connection:
        (letter,) = problems.dead_letters(connection)
    assert "amount_fen 1250, now 999" in letter.detail


def test_numbers_given_twice_are_contested(hq: Any, sheaf: Make, punch: Make) -> None:
    hq.take(sheaf(1, punch(user_id="1"), punch(user_id="2")))
    intake = hq.take(sheaf(1, punch(user_id="1"), punch(user_id="3")))
    assert [answer.receipt.is_contested for answer in intake.answers] == [True]


def test_a_sheaf_that_is_changed_is_found(hq: Any, sheaf: Make, punch: Make) -> None:
    some = [punch(user_id=f"{number}") for number in range(3)]
    other = [punch(user_id=f"{number}") for number in range(7, 10)]
    hq.take(sheaf(1, *some))
    with write(hq.engine) as connection:
        projection.advance(connection, 0)
        assert journal_digests.seal(connection, 0, rest=True) == 3
        assert list(journal_digests.verify(connection)) == []
    hq.take(sheaf(1, *other))
    with write(hq.engine) as connection:
        forged = select(func.max(journal_sheaf.c.sheaf_no)).scalar_subquery()
        payload = connection.scalar(
            select(journal_sheaf.c.payload).where(journal_sheaf.c.sheaf_no == forged)
        )
        connection.execute(journal_sheaf.update().values(payload=payload))
        assert len(list(journal_digests.verify(connection))) == 1


def test_a_sheaf_stays_while_a_row_needs_it(hq: Any, sheaf: Make, punch: Make) -> None:
    some = [punch(user_id=f"{number}") for number in range(3)]
    hq.take(sheaf(1, *some))
    with write(hq.engine) as connection:
        (sheaf_no,) = came_in = sheaves.named(connection, 1, 3)
        told = [
            dict(zip(sheaves.COLUMNS, row, strict=True))
            for row in sheaves.whole_rows(connection, 2, 3)
        ]
        assert [row["body"] for row in told] == [encode_body(to_wire(one)) for one in some[1:]]
        for first_no, last_no, left in ((1, 2, 1), (3, 3, 0)):
            gone = rows.c.entry_no.between(first_no, last_no)
            connection.execute(rows.update().where(gone).values(sheaf_no=None))
            sheaves.drop_empty(connection, came_in, first_no, last_no)
            kept = connection.scalars(select(journal_sheaf.c.sheaf_no)).all()
            assert kept == [sheaf_no] * left


def test_a_refund_in_a_sheaf_finds_the_sale_that_comes_later(
    hq: Any, sheaf: Make, sale: Make
) -> None:
    with write(hq.engine) as connection:
        put_stores(
            connection, [Store(store_id="s001", name="一店", zone="Asia/Shanghai", scene="")], 0
        )
    taken_back = sale(
        receipt_id="r2", line_kind="refund", quantity_milli=-1000, amount_fen=-1250,
        original_receipt_id="r1",
    )  # fmt: skip
    originals = [sale(receipt_id="r9"), sale()]
    for first, some in ((1, [sale(receipt_id="r8"), taken_back]), (3, originals)):
        hq.take(sheaf(first, *some, lane=Lane.SALE))
        with write(hq.engine) as connection:
            projection.advance(connection, 0)
    with read(hq.engine) as connection:
        own = tables.sale.c
        query = select(own.original_id).where(own.record_id == record_id(taken_back))
        assert connection.scalar(query) == record_id(sale())
