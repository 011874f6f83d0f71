"""DBF tables are read as they grow, exactly, and what is none says so."""

from __future__ import annotations

import struct

import pytest

from drivers.posfile.dbf import DbfError
from drivers.posfile.dialects import PosMap, parse_map
from drivers.posfile.parse import Parser

MAP = """
[file]
format = "dbf"
[columns]
register_id = "POS"
receipt_id = "BILL"
sold_at = ["DAY", "TIME"]
item_code = "ITEM"
quantity = "QTY"
amount = "AMT"
"""
FIELDS = [("POS", "C", 2), ("BILL", "N", 6), ("DAY", "D", 8), ("TIME", "C", 8), ("ITEM", "C", 10),
          ("QTY", "N", 8), ("AMT", "Y", 8), ("SEEN", "T", 8), ("NO", "I", 4), ("NOTE", "M", 10)]  # fmt: skip


def dialect() -> PosMap:
    return parse_map(MAP, "till.toml")


def head(records: int, language: int = 0x4D) -> bytes:
    descriptors = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), width, 0)
        for name, kind, width in FIELDS
    )
    length = 32 + len(descriptors) + 1
    size = 1 + sum(width for _, _, width in FIELDS)
    start = struct.pack("<BBBBIHH17xB2x", 0x03, 126, 11, 23, records, length, size, language)
    return start + descriptors + b"\r"


def record(bill: int, item: str = "茶", mark: bytes = b" ", day: bytes = b"20261123") -> bytes:
    return (
        mark
        + b"01"
        + f"{bill:>6}".encode()
        + day
        + b"09:00:00"
        + item.encode("gb18030").ljust(10)
        + b"   1.500"
        + struct.pack("<q", 255_000)
        + struct.pack("<ii", 2_461_368, 32_400_000)
        + struct.pack("<i", 5)
        + b" " * 10
    )


def test_records_become_rows() -> None:
    parsed = Parser(dialect(), "till.dbf").feed(head(2) + record(1) + record(1) + b"\x1a")
    assert parsed.rejected == []
    first, second = parsed.sales
    assert (first.receipt_id, first.item_code, first.sold_at) == ("1", "茶", "2026-11-23T09:00:00")
    assert (first.quantity_milli, first.amount_fen, second.line_no) == (1500, 2550, 2)


def test_foxpro_moments_and_numbers_are_read() -> None:
    text = MAP.replace('["DAY", "TIME"]', '"SEEN"').replace('"QTY"', '"NO"')
    (sale,) = Parser(parse_map(text, "till.toml"), "till.dbf").feed(head(1) + record(1)).sales
    assert (sale.sold_at, sale.quantity_milli) == ("2026-11-23T09:00:00", 5000)


def test_a_table_read_while_it_grows_gives_every_record_once() -> None:
    parser = Parser(dialect(), "till.dbf")
    early, late = head(1) + record(1) + b"\x1a", head(2) + record(1) + record(2) + b"\x1a"
    assert len(parser.feed(early).sales) == 1
    assert parser.waiting_bytes == 0, "the mark of the end is no unfinished record"
    parser.forget_waiting()
    (sale,) = parser.feed(late[parser.consumed :]).sales
    assert sale.receipt_id == "2"


def test_deleted_records_are_passed_over_and_broken_ones_rejected() -> None:
    data = (
        head(4)
        + record(1, mark=b"*")
        + record(2, mark=b"x")
        + record(3, day=b"2026\xff123")
        + record(4)
    )
    parsed = Parser(dialect(), "till.dbf").feed(data)
    assert [sale.receipt_id for sale in parsed.sales] == ["4"]
    assert [(r.code, r.position) for r in parsed.rejected] == [
        ("dbf_record", "till.dbf record 2"),
        ("dbf_record", "till.dbf record 3"),
    ]


@pytest.mark.parametrize("cut", [0, 10, 40, 400])
def test_a_cut_table_waits(cut: int) -> None:
    data = (head(1) + record(1))[:cut]
    parsed = Parser(dialect(), "till.dbf").feed(data, final=True)
    assert (parsed.sales, parsed.rejected) == ([], [])


@pytest.mark.parametrize("data", [b"\0" * 100, b"till,receipt\n" * 10, head(1)[:8] + b"\xff" * 500])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(DbfError):
        Parser(dialect(), "till.dbf").feed(data * 400)
