"""An export's bytes become rows, or a reason with a place; nothing else can happen."""

from __future__ import annotations

import pytest

from drivers.contract import SaleRow
from drivers.files.lines import MAX_LINE_BYTES
from drivers.posfile.dialects import PosMap, load_map, parse_map
from drivers.posfile.fields import HeaderError
from drivers.posfile.parse import Parsed, Parser
from drivers.posfile.rows import REMEMBERED_RECEIPTS

TILL = """
[file]
skip = ["Total"]
[columns]
register_id = "till"
receipt_id = "receipt"
sold_at = "time"
seller_code = "seller"
item_code = "item"
quantity = "qty"
amount = "amount"
"""
HEADER = "till,receipt,time,seller,item,qty,amount\n"
GOOD = "1,R1,2026-11-23 09:00:00,007,tea,2,25.50\n"
GENERIC_ZH = (
    "门店编号,收银机号,小票号,行号,销售时间,收银员,商品编码,数量,金额,类型,原小票号\n"
    "S1,01,1001,1,2026-11-23 09:00:00,007,6901,2,25.50,销售,\n"
    "S1,01,1002,1,2026/11/23 09:05:00,007,6901,1,12.75,退货,1001\n"
    "S1,01,1003,1,2026-11-23 09:06,008,6902,1,3.00,作废,\n"
    "S2,01,1004,1,2026-11-23 09:07,008,6902,1,3.00,销售,\n"
    "合计,,,,,,,4,,,\n"
)


def till(extra: str = "") -> PosMap:
    return parse_map(TILL + extra, "till.toml")


def parse(data: bytes | str, dialect: PosMap | None = None) -> Parsed:
    raw = data.encode() if isinstance(data, str) else data
    return Parser(dialect or till(), "till.csv").feed(raw, final=True)


def only_rejected(data: bytes | str, dialect: PosMap | None = None) -> tuple[str, str, str]:
    parsed = parse(data, dialect)
    (rejected,) = parsed.rejected
    return rejected.code, rejected.position, rejected.detail


def test_a_line_becomes_a_row_with_everything_the_map_names() -> None:
    parsed = parse(HEADER + GOOD)
    assert parsed.rejected == []
    assert parsed.sales == [
        SaleRow(
            register_id="1",
            receipt_id="R1",
            line_no=1,
            line_kind="sale",
            sold_at="2026-11-23T09:00:00",
            seller_code="007",
            item_code="tea",
            quantity_milli=2000,
            amount_fen=2550,
            original_receipt_id="",
            source_name="till.csv",
        )
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_chinese_export_reads_alike_in_every_encoding(encoding: str) -> None:
    dialect = load_map("generic_zh").at_branch("S1")
    parsed = parse(GENERIC_ZH.encode(encoding), dialect)
    assert parsed.rejected == []
    assert [(s.line_kind, s.amount_fen, s.quantity_milli) for s in parsed.sales] == [
        ("sale", 2550, 2000),
        ("refund", -1275, -1000),
        ("void", -300, -1000),
    ]
    assert parsed.sales[1].original_receipt_id == "1001"


def test_big5_is_read_where_it_is_declared() -> None:
    text = HEADER + GOOD.replace("tea", "烏龍茶")
    declared = parse_map(TILL.replace("[file]", '[file]\nencoding = "big5"'), "till.toml")
    assert parse(text.encode("big5"), declared).sales[0].item_code == "烏龍茶"


@pytest.mark.parametrize(
    ("line", "code", "word"),
    [
        ("1,R2,2026-11-23 09:00:00,7,tea,2,25.5O\n", "amount", "column amount"),
        ("1,R2,2026-11-23 09:00:00,7,tea,two,25.50\n", "quantity", "column qty"),
        ("1,R2,2026-11-31 09:00:00,7,tea,2,25.50\n", "time", "column time"),
        ("1,R2,23.11.2026,7,tea,2,25.50\n", "time", "%Y-%m-%d"),
        (",R2,2026-11-23 09:00:00,7,tea,2,25.50\n", "empty", "column till"),
        ("1,,2026-11-23 09:00:00,7,tea,2,25.50\n", "empty", "column receipt"),
        ("1,R2,2026-11-23 09:00:00,7,tea\n", "columns", "5 columns instead of 7"),
        ("1,R2,2026-11-23 09:00:00,7,tea, green,2,25.50\n", "columns", "8 columns"),
        ("1,R2,2026-11-23 09:00:00,7,\x07tea,2,25.50\n", "text", "column item"),
        ("1,R2,2026-11-23 09:00:00,7,tea,2,25.50\rmore\n", "csv", "told apart"),
        ('"1,R2,2026-11-23 09:00:00,7,tea,2,25.50\n', "open_quote", "never closes"),
        ("1,R2,2026-11-23 09:00:00,7,\0\0\0,2,25.50\n", "nul", "hole"),
        ("1,R2," + "9" * MAX_LINE_BYTES + "\n", "line_too_long", "1 MB"),
        ("1,R2,2026-11-23 09:00:00," + "9" * 200_000 + ",tea,2,25.50\n", "csv", "told apart"),
    ],
)
def test_a_bad_line_is_kept_with_its_place_and_blocks_nothing(
    line: str, code: str, word: str
) -> None:
    data = HEADER + GOOD + line + GOOD.replace("R1", "R3")
    parsed = parse(data)
    assert [sale.receipt_id for sale in parsed.sales] == ["R1", "R3"]
    (rejected,) = parsed.rejected
    assert (rejected.code, rejected.position) == (code, "till.csv line 3")
    assert word in rejected.detail
    assert rejected.raw == line.removesuffix("\n").encode()[: 4096 if "too" in code else None]


def test_bytes_that_are_no_text_cost_one_line() -> None:
    bad = GOOD.replace("tea", "茶").encode() + b"1,R2,2026-11-23 09:00:00,7,\xff\xfe,2,1\n"
    assert only_rejected(HEADER.encode() + bad)[:2] == ("encoding", "till.csv line 3")


def test_a_broken_utf16_character_costs_one_line() -> None:
    good = GOOD.encode("utf-16-le")
    data = ("\ufeff" + HEADER).encode("utf-16-le") + good + b"\x00\xd8\n\x00" + good
    parsed = parse(data)
    assert [r.position for r in parsed.rejected] == ["till.csv line 3"]
    assert [sale.line_no for sale in parsed.sales] == [1, 2]


def test_line_ends_may_be_mixed() -> None:
    data = HEADER + GOOD.replace("\n", "\r\n") + GOOD + "\n" + "\r\n" + GOOD
    assert [sale.line_no for sale in parse(data).sales] == [1, 2, 3]


def test_quoted_cells_may_hold_newlines_delimiters_and_quotes() -> None:
    line = '1,"R,1",2026-11-23 09:00:00,7,"say ""tea""","2","1,234.50"\n'
    ignored = (
        HEADER.replace("\n", ",note\n")
        + line.replace("\n", ',"two\nlines"\n')
        + line.replace("\n", ",\n")
    )
    first, second = parse(ignored).sales
    assert (first.receipt_id, first.item_code, first.amount_fen) == ("R,1", 'say "tea"', 123450)
    assert (first.line_no, second.line_no) == (1, 2)


def test_a_quote_that_never_closes_swallows_no_neighbour() -> None:
    stray = '1,R2,2026-11-23 09:00:00,7,"tea,2,25.50\n'
    parsed = parse(HEADER + stray + GOOD * 120)
    assert [r.position for r in parsed.rejected] == ["till.csv line 2"]
    assert len(parsed.sales) == 120


def test_an_inch_mark_is_no_quote() -> None:
    assert parse(HEADER + GOOD.replace("tea", '5" pipe')).sales[0].item_code == '5" pipe'


def test_blank_lines_totals_and_repeated_headers_are_no_sales() -> None:
    parsed = parse(HEADER + "\n,,,,,,\n" + GOOD + HEADER + GOOD + "Total,51.00\n   \n")
    assert len(parsed.sales) == 2
    assert parsed.rejected == []


def test_an_empty_file_holds_nothing() -> None:
    for data in (b"", b"\xef\xbb\xbf", b"\xff\xfe", HEADER.encode()):
        parsed = parse(data)
        assert (parsed.sales, parsed.rejected) == ([], [])


def test_a_header_that_lacks_a_column_says_which_and_what_was_found() -> None:
    with pytest.raises(HeaderError, match=r"'amount' is missing.*'total'"):
        parse(HEADER.replace("amount", "total"))


def test_titles_above_the_header_are_passed_over() -> None:
    dialect = parse_map(TILL.replace("[file]", "[file]\nheader_line = 3"), "till.toml")
    assert len(parse('Shop "A\n\x07\n' + HEADER + GOOD, dialect).sales) == 1


def test_a_file_without_header_counts_its_columns() -> None:
    dialect = load_map("daily_tsv")
    line = "1\t20261123\t17\t090000\t007\t茶\t1\t-12.50\n"
    (sale,) = parse(line.encode("gb18030"), dialect).sales
    assert (sale.receipt_id, sale.line_kind, sale.amount_fen) == ("20261123-17", "refund", -1250)
    assert sale.sold_at == "2026-11-23T09:00:00"
    assert only_rejected(line.replace("\t茶", ""), dialect)[0] == "columns"


def test_json_numbers_never_become_floats() -> None:
    line = (
        '{"register": 1, "receipt": 7, "line": 2, "sold_at": "2026-11-23T09:00:00", "item": null, '
        '"quantity": 0.100, "amount": 1.005, "kind": "sale"}\n'
    )
    (sale,) = parse(line, load_map("json_lines")).sales
    assert (sale.receipt_id, sale.line_no, sale.quantity_milli) == ("7", 2, 100)
    assert sale.amount_fen == 101  # half up; as a float 1.005 is below the half


@pytest.mark.parametrize("line", ["{", "[]", "1", "[" * 100_000, '{"amount": NaN}', '"\\ud800"'])
def test_a_line_that_is_no_json_object_is_rejected(line: str) -> None:
    assert only_rejected(line + "\n", load_map("json_lines"))[0] in {"json", "empty"}


def test_a_bad_line_keeps_its_place_on_the_receipt() -> None:
    bad = GOOD.replace("25.50", "25.5O")
    broken = parse(HEADER + GOOD + bad + GOOD)
    mended = parse(HEADER + GOOD + GOOD + GOOD)
    assert [sale.line_no for sale in broken.sales] == [1, 3]
    assert [sale.line_no for sale in mended.sales] == [1, 2, 3]


def test_a_receipt_is_continued_after_many_others() -> None:
    others = [GOOD.replace("R1", f"Q{i}") for i in range(REMEMBERED_RECEIPTS - 1)]
    parsed = parse(HEADER + GOOD + "".join(others) + GOOD)
    assert parsed.sales[-1].line_no == 2


def test_the_kind_column_must_know_its_words() -> None:
    data = GENERIC_ZH.replace("退货", "换货")
    code, position, detail = only_rejected(data, load_map("generic_zh").at_branch("S1"))
    assert (code, position) == ("kind", "till.csv line 3")
    assert "'换货' is none of" in detail
    assert "[kinds]" in detail


def test_signs_stay_as_printed_where_the_map_says_so() -> None:
    dialect = till('[values]\nsign = "as_printed"\n[kinds]\nnegative = "correction"\n')
    (sale,) = parse(HEADER + GOOD.replace("25.50", "-25.50"), dialect).sales
    assert (sale.line_kind, sale.amount_fen, sale.quantity_milli) == ("correction", -2550, 2000)
