"""What a proof of the journal finds is what looking at each row by itself finds, to the last id."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from cloud_receiver.domain.entries import Arrival, Feedback, Withdrawal
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import entries, journal_portions, standing_rows, tables
from cloud_receiver.store.directory import Directory
from cloud_receiver.store.journal import LaneKey
from cloud_receiver.store.journal_proof import Found, prove, stretches
from cloud_receiver.store.projected import (
    JOURNALED,
    PunchRow,
    SaleRow,
    believable_sales,
    punch_rows,
    sale_rows,
    touches_told,
    whole,
)
from cloud_receiver.store.sheaves import append_sheaf
from sync.envelope import decode_batch, encode_body, encode_sheaf
from sync.records import to_wire
from sync.topics import Lane

ODD_ID = "E\"1\\/'é王"
VALUES = (
    "NULL",
    "''",
    "'null'",
    "'x'",
    "'E2'",
    "0",
    "1",
    "-7",
    "1.5",
    "'a\nb'",
    "CAST('E1' AS BLOB)",
)
"""What may be in a cell that should not be; JSON has no bytes."""
CELLS = [
    *[("punch", column.name) for column in tables.punch.columns],
    *[("sale", column.name) for column in tables.sale.columns],
    *[("entry", column) for column in ("record_id", "entry_no")],
]


@pytest.fixture
def sound(hq: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a journal of everything, in portions of a few rows."""
    monkeypatch.setattr(journal_portions, "ROWS_AT_ONCE", 9)
    monkeypatch.setattr(standing_rows, "_AHEAD_ROWS", 20)
    hq.bind("7", "E1")
    hq.bind("8", "E2", first_date="2026-11-22")
    hq.bind(ODD_ID, "E2")
    hq.bind_seller("A", "E1")
    for day in range(20, 26):
        hq.roster("E1", f"2026-11-{day}", "22:00-06:00")
    hq.at("2026-11-20T08:00")
    for day in range(20, 25):
        hq.journal(
            hq.punch("7", f"2026-11-{day}T09:03:00", clock_offset_ms=day),
            hq.sale("A", f"2026-11-{day}T23:00:00", 9_000 + day, item_code='6"9/'),
            hq.punch("8", f"2026-11-{day}T18:00:00", clock_offset_ms=None),
            hq.punch(ODD_ID, f"2026-11-{day}T18:00:00", clock_offset_ms=10**7),
            hq.punch("9", f"2026-11-{day}T18:00:00", store_id="S9"),
            hq.sale("A", f"2026-11-{day + 1}T02:00:00", 100, store_id="S9"),
            hq.sale("B", f"2026-11-{day}T12:00:00", 100),
        )
        hq.evaluate()
        if day == 22:
            hq.journal(
                hq.sale("A", "2026-11-22T23:30:00", -9_020, line_kind="refund",
                        original_receipt_id="2026-11-20T23:00:00/A"),
                hq.sale("A", "1999-01-01T12:00:00", 1),
                hq.punch("7", "1999-01-01T12:00:00"),
            )  # fmt: skip
            arrival = Arrival(employee_id="E2", store_id="S1", reason="断电",
                              at_utc_ms=local_to_utc_ms("2026-11-22T18:00", "Asia/Shanghai"))  # fmt: skip
            said = Feedback(channel="form", msg_id="1", store_id="S1", employee_id="E1",
                            rating_milli=800, said_utc_ms=arrival.at_utc_ms)  # fmt: skip
            _enter(hq, said)
            _enter(hq, Withdrawal(record_id=_enter(hq, arrival), reason="看错人"))
    hq.writing(lambda c: _file_sheaf(c, hq))
    hq.evaluate()
    return hq


def _file_sheaf(connection: Connection, hq: Any) -> None:
    bodies = [
        encode_body(to_wire(hq.punch("7", f"2026-11-25T10:{minute}:00")))
        for minute in range(10, 40)
    ]
    payload, _ = encode_sheaf("box", "e", Lane.PUNCH, 1000, bodies, at_least=2) or (b"", 0)
    key = LaneKey("box", "e", Lane.PUNCH)
    assert append_sheaf(connection, key, decode_batch(payload), hq.now_utc_ms) == len(bodies)


def _enter(hq: Any, entry: Any) -> str:
    made: str = hq.writing(lambda c: entries.enter(c, entry, "boss", hq.now_utc_ms))
    return made


def test_sound_rows_are_proven_as_texts(sound: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sound.reading(_proven)
    assert found.records == 71
    assert (found.punches, found.sales, found.entries) == ([], [], [])
    assert len(found.entry_nos) == 4, "a refund and entries of people depend on other rows"
    if sound.engine.dialect.name == "sqlite":
        monkeypatch.setattr(standing_rows.StandingRows, "_compared", None)  # is not called
        assert sound.reading(_proven) == found


@pytest.mark.parametrize("seed", range(2))
def test_damage_is_found_as_row_by_row(sound: Any, seed: int) -> None:
    chance = random.Random(seed)
    is_found = 0
    for _ in range(40):
        with sound.engine.connect() as connection:
            for _ in range(chance.choice((1, 1, 2, 5))):
                _damage(connection, chance)
            found, expected = _proven(connection), _row_by_row(connection)
            assert found == expected
            is_found += bool(found.punches or found.sales or found.entries)
    assert is_found > 20


def _proven(connection: Connection) -> Found:
    found = Found()
    for first, last in stretches(connection, 3):
        some = prove(connection, first, last)
        found.records += some.records
        for name in ("punches", "sales", "entries", "entry_nos"):
            getattr(found, name).extend(getattr(some, name))
    return _sorted(found)


def _sorted(found: Found) -> Found:
    return Found(
        found.records, sorted(found.punches), sorted(found.sales), sorted(found.entries),
        sorted(found.entry_nos),
    )  # fmt: skip


def _row_by_row(connection: Connection) -> Found:
    """Look at each row of the journal, and for one of the journal for each row that stands."""
    directory = Directory(connection)
    found = Found()
    held = set()
    for entry in whole(connection, connection.execute(select(*JOURNALED)).all()):
        found.records += 1
        held.add(entry.record_id)
        if entry.kind == "punch":
            (row,) = punch_rows(directory, touches_told([entry]))
            if (*row, None, None) != _stands(
                connection, tables.punch, (*PunchRow._fields, "source", "withdrawn_utc_ms"), row[0]
            ):
                found.punches.append(row[0])
                found.entry_nos.append(row[1])
        elif entry.kind == "sale":
            for row in sale_rows(directory, believable_sales([entry])[0])[0]:
                is_tied = SaleRow(*row).refers_to
                if is_tied or row != _stands(connection, tables.sale, SaleRow._fields, row[0]):
                    found.sales += [] if is_tied else [row[0]]
                    found.entry_nos.append(row[1])
        else:
            found.entry_nos.append(entry.entry_no)
    for table, odd in ((tables.punch, found.punches), (tables.sale, found.sales),
                       (tables.entry, found.entries)):  # fmt: skip
        odd += [one for one in connection.scalars(select(table.c.record_id)) if one not in held]
    return _sorted(found)


def _stands(connection: Connection, table: Any, names: tuple[str, ...], record_id: str) -> Any:
    own = [table.c[name] for name in names]
    row = connection.execute(select(*own).where(table.c.record_id == record_id)).first()
    return row and tuple(row)


def _damage(connection: Connection, chance: random.Random) -> None:
    """Change, lose, add, move or exchange a row, as far as the database takes that."""
    table, column = chance.choice(CELLS)
    rows = sorted(connection.scalars(text(f"SELECT record_id FROM {table}")))
    ids = {"one": chance.choice(rows), "other": chance.choice(rows)}
    this, names = (
        f"{table} WHERE record_id = :one",
        ", ".join(tables.metadata.tables[table].c.keys()),
    )
    again = f"INSERT INTO {table} ({names}) SELECT {names} FROM kept"
    values = VALUES if column != "record_id" else VALUES[:-1]
    value = chance.choice((*values, f"(SELECT {column} FROM {table} WHERE record_id = :other)"))
    damage = chance.choice([
        *[[f"UPDATE {table} SET {column} = {value} WHERE record_id = :one"]] * 4,
        [f"DELETE FROM {this}"],
        [f"CREATE TEMP TABLE kept AS SELECT * FROM {this}", f"DELETE FROM {this}", again],
        [f"CREATE TEMP TABLE kept AS SELECT * FROM {this}",
         "UPDATE kept SET record_id = record_id || 'x'", again],
        [f"UPDATE {table} SET record_id = 'x' WHERE record_id = :one",
         f"UPDATE {table} SET record_id = :one WHERE record_id = :other AND :one <> :other",
         f"UPDATE {table} SET record_id = :other WHERE record_id = 'x'"],
    ])  # fmt: skip
    with suppress(DBAPIError), connection.begin_nested():
        for change in damage:
            connection.execute(text(change), ids)
        if len(damage) > 1:
            connection.execute(text("DROP TABLE IF EXISTS kept"))
