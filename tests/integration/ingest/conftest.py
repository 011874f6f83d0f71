"""A box that speaks the wire, for tests of the intake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from cloud_receiver.ingest import Intake, take_in
from cloud_receiver.mail import Message
from cloud_receiver.store.engine import read
from cloud_receiver.store.tables import dead_letter, journal
from sync import topics
from sync.envelope import encode_batch, encode_body, encode_sheaf
from sync.records import Punch, Record, Sale, to_wire
from sync.topics import Lane
from tests.samples import PUNCH

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW_UTC_MS = 1_763_000_000_000


class Headquarters:
    """The intake of one database, and questions to it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now_utc_ms = NOW_UTC_MS

    def take(self, *messages: Message) -> Intake:
        return take_in(self.engine, "acme", messages, self.now_utc_ms)

    def record_ids(self) -> list[str]:
        with read(self.engine) as connection:
            return list(connection.scalars(select(journal.c.record_id).order_by("entry_no")))

    def codes(self) -> list[str]:
        with read(self.engine) as connection:
            return list(connection.scalars(select(dead_letter.c.code).order_by("letter_no")))

    def journaled(self) -> int:
        with read(self.engine) as connection:
            return connection.execute(select(func.count()).select_from(journal)).scalar_one()


@pytest.fixture
def hq(hq_engine: Engine) -> Headquarters:
    """Headquarters on SQLite and on PostgreSQL."""
    return Headquarters(hq_engine)


@pytest.fixture
def punch() -> Callable[..., Punch]:
    """Make a punch; name the fields that matter."""
    return lambda **change: replace(PUNCH, **change)


@pytest.fixture
def sale() -> Callable[..., Sale]:
    """Make a till line; name the fields that matter."""
    plain = Sale(
        store_id="s001",
        register_id="1",
        receipt_id="r1",
        line_no=1,
        line_kind="sale",
        sold_at="2026-11-23T10:00:00",
        seller_code="c1",
        item_code="tea",
        quantity_milli=1000,
        amount_fen=1250,
        original_receipt_id="",
        source_name="a.csv",
        driver="posfile",
        received_at_utc="2026-11-23T02:00:02.120Z",
        boot_id="b",
        boottime_ms=5,
    )
    return lambda **change: replace(plain, **change)


@pytest.fixture
def sheaf() -> Callable[..., Message]:
    """Make the message of a sheaf: records of one reading."""

    def message(first: int, *records: Record, lane: Lane = Lane.PUNCH) -> Message:
        bodies = [encode_body(to_wire(one)) for one in records]
        made = encode_sheaf("box-1", "e1", lane, first, bodies, at_least=2)
        assert made is not None
        assert made[1] == len(records), "they are of one reading"
        return Message(topics.up("acme", "box-1", lane), made[0])

    return message


@pytest.fixture
def up() -> Callable[..., Message]:
    """Make the message of a batch as a box sends it; a text among the records goes as it is."""

    def message(
        first: int,
        *records: Record | str,
        lane: Lane = Lane.PUNCH,
        box_id: str = "box-1",
        epoch: str = "e1",
        life: str = "",
    ) -> Message:
        bodies = [one if isinstance(one, str) else encode_body(to_wire(one)) for one in records]
        payload = encode_batch(box_id, epoch, lane, first, bodies, life)
        return Message(topics.up("acme", box_id, lane), payload)

    return message
