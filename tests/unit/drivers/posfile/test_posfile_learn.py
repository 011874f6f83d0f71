"""What is proposed for an unknown export reads it, or says what a person must add."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from drivers.posfile.dialects import load_map, parse_map
from drivers.posfile.learn import Proposal, propose
from drivers.posfile.parse import Parser

EXPORT = Path(__file__).resolve().parents[5] / "shared" / "data" / "supermarket_sales.csv"
ZH = "门店,收银机号,小票号,行号,销售时间,营业员,商品编码,数量,金额,类型,原小票号"
ZH_ROWS = [
    "S1,01,1001,1,2026-11-23 09:00:00,007,6901,2,25.50,销售,",
    "S1,01,1001,2,2026-11-23 09:00:00,007,6901,2,25.50,退货,998",
]


def notes_of(proposal: Proposal) -> str:
    return " ".join(proposal.notes)


def test_the_real_export_is_read_as_its_own_map_reads_it() -> None:
    data = EXPORT.read_bytes()
    proposal = propose(EXPORT.name, data)
    assert proposal.rejected == ()
    assert "Branch holds several stores (A, B, C)" in notes_of(proposal)
    proposed = Parser(parse_map(proposal.toml, "proposed"), "x").feed(data, final=True).sales
    shipped = [
        sale
        for branch in "ABC"
        for sale in Parser(load_map("supermarket_sales").at_branch(branch), "x")
        .feed(data, final=True)
        .sales
    ]
    assert {(s.receipt_id, s.amount_fen, s.sold_at, s.item_code) for s in proposed} == {
        (s.receipt_id, s.amount_fen, s.sold_at, s.item_code) for s in shipped
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_chinese_export_with_a_title_is_recognised(encoding: str, delimiter: str) -> None:
    text = "\r\n".join(["销售明细表", ZH, *ZH_ROWS]).replace(",", delimiter)
    proposal = propose("pos.txt", (text + "\r\n").encode(encoding))
    assert proposal.rejected == ()
    sale, refund = proposal.rows
    assert (sale.seller_code, sale.line_no, sale.amount_fen) == ("007", 1, 2550)
    assert (refund.line_kind, refund.amount_fen, refund.original_receipt_id) == (
        "refund",
        -2550,
        "998",
    )


def test_an_unknown_kind_is_asked_for() -> None:
    text = "\n".join([ZH, *ZH_ROWS, ZH_ROWS[0].replace("销售", "换货"), ""])
    proposal = propose("pos.csv", text.encode())
    assert "'换货'" in notes_of(proposal)
    assert [r.code for r in proposal.rejected] == ["kind"]


def test_receipts_that_start_anew_each_day_are_noticed() -> None:
    text = "\n".join([ZH, ZH_ROWS[0], ZH_ROWS[0].replace("11-23", "11-24"), ""])
    assert "join the date" in notes_of(propose("pos.csv", text.encode()))


def test_exchanged_days_and_months_are_noticed_only_when_they_may_be() -> None:
    header = "receipt,register,date,qty,amount\n"
    unsure = propose("a.csv", (header + "1,1,03/04/2026,1,2\n").encode())
    sure = propose("a.csv", (header + "1,1,23/04/2026,1,2\n").encode())
    assert "may be exchanged" in notes_of(unsure)
    assert "may be exchanged" not in notes_of(sure)
    assert sure.rows[0].sold_at == "2026-04-23T00:00:00"


def test_a_decimal_comma_is_seen() -> None:
    data = b"receipt;register;date;qty;amount\n1;1;2026-11-23;1,5;1.234,50\n"
    (sale,) = propose("a.csv", data).rows
    assert (sale.amount_fen, sale.quantity_milli) == (123450, 1500)


def test_json_lines_are_recognised() -> None:
    line = b'{"receipt": 7, "register": 1, "sold_at": "2026-11-23T09:00:00", "qty": 1, "amount": 2.5}\n'
    (sale,) = propose("a.log", line).rows
    assert (sale.receipt_id, sale.amount_fen) == ("7", 250)


def test_a_dbf_table_is_recognised() -> None:
    fields = [(b"POS", 2), (b"BILL", 4), (b"DATE", 10), (b"QTY", 2), (b"AMT", 6)]
    head = b"".join(struct.pack("<11sc4xBB14x", name, b"C", width, 0) for name, width in fields)
    sizes = (32 + len(head) + 1, 1 + sum(width for _, width in fields))
    start = struct.pack("<BBBBIHH20x", 3, 126, 11, 23, 1, *sizes)
    (sale,) = propose("a.dbf", start + head + b"\r 01   72026-11-23 1  2.50\x1a").rows
    assert (sale.receipt_id, sale.amount_fen) == ("7", 250)


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.csv", b"", "No table"),
        ("a.csv", b"hello\nworld\n", "No table"),
        ("a.dbf", b"junk", "No table"),
        ("a.xlsx", b"PK\x03\x04", "save the sheet as CSV"),
        ("a.csv", b"a,b,c,d\n1,2,3,4\n", "No column looks like receipt_id"),
        ("a.csv", b"receipt,register,date,amount\n1,1,soon,2\n", "form of the time is unknown"),
    ],
)
def test_what_cannot_be_proposed_says_what_is_missing(name: str, data: bytes, word: str) -> None:
    assert word in notes_of(propose(name, data))
