"""However an export's bytes arrive, they say the same."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import Cursor, Rejected, SaleRow
from drivers.files import lines as lines_module
from drivers.posfile.dialects import parse_map
from drivers.posfile.driver import PosFileDriver
from drivers.posfile.parse import Parser
from drivers.posfile.settings import PosFileSettings
from sync.clock import ScaledClock

MAP = """
[columns]
register_id = "till"
receipt_id = "receipt"
sold_at = "time"
item_code = "item"
quantity = "qty"
amount = "amount"
"""
HEADER = "till,receipt,time,item,qty,amount"
ROWS = st.builds(
    "{},R{},2026-11-23 09:00:00,{},1,{}".format,
    st.integers(1, 2),
    st.integers(1, 3),
    st.sampled_from(["tea", "茶", '"quo""ted, two\nlines"', '5" pipe', '"open', "", "烏龍茶"]),
    st.sampled_from(["1.00", "-2.5", "abc", "3,00", '"1,000.00"', "\0\0"]),
)
JUNK = st.sampled_from(["", ",,,,,", HEADER, "junk", '"', '""', "\0" * 9, "a\rb", "\x1a", "é,ü"])
TEXTS = st.lists(st.one_of(ROWS, ROWS, JUNK), max_size=30).flatmap(
    lambda rows: st.tuples(
        st.just([HEADER, *rows]), st.sampled_from(["\n", "\r\n"]), st.booleans()
    ).map(lambda made: made[1].join(made[0]) + made[1] * made[2])
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"])
CUTS = st.lists(st.integers(0, 10_000), max_size=12)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(ends)]


def parsed(parts: list[bytes]) -> tuple[list[SaleRow], list[Rejected]]:
    parser = Parser(parse_map(MAP, "till.toml"), "till.csv")
    results = [parser.feed(part) for part in parts] + [parser.feed(b"", final=True)]
    return (
        [sale for result in results for sale in result.sales],
        [rejected for result in results for rejected in result.rejected],
    )


@settings(deadline=None)
@given(text=TEXTS, encoding=ENCODINGS, cuts=CUTS)
def test_any_split_of_the_bytes_gives_the_same_rows(
    text: str, encoding: str, cuts: list[int]
) -> None:
    data = text.encode(encoding)
    assert parsed(pieces(data, cuts)) == parsed([data])


@settings(deadline=None, max_examples=50)
@given(noise=st.binary(max_size=400), cuts=CUTS)
def test_noise_gives_no_rows_and_any_split_the_same_reasons(noise: bytes, cuts: list[int]) -> None:
    data = HEADER.encode() + b"\n" + noise
    sales, rejected = parsed([data])
    assert sales == []
    assert parsed(pieces(data, cuts)) == (sales, rejected)


@settings(deadline=None, max_examples=50)
@given(length=st.integers(1, 60), cuts=CUTS)
def test_a_huge_line_is_one_reason_however_it_arrives(length: int, cuts: list[int]) -> None:
    huge, kept = lines_module.MAX_LINE_BYTES, lines_module.KEPT_OF_A_HUGE_LINE
    lines_module.MAX_LINE_BYTES, lines_module.KEPT_OF_A_HUGE_LINE = 80, 7
    try:
        good = "1,R1,2026-11-23 09:00:00,tea,1,1.00\n"
        data = (f"{HEADER}\n{good}" + "x" * (length + 40) + f"\n{good}").encode()
        sales, rejected = parsed([data])
        assert parsed(pieces(data, cuts)) == (sales, rejected)
        assert [sale.line_no for sale in sales] == [1, 2]
        assert [r.code for r in rejected] == ["line_too_long" if length > 40 else "columns"]
    finally:
        lines_module.MAX_LINE_BYTES, lines_module.KEPT_OF_A_HUGE_LINE = huge, kept


def _driver(folder: Path, settle_s: float) -> PosFileDriver:
    dialect = parse_map(MAP, "till.toml")
    clock = ScaledClock(datetime(2026, 11, 23, tzinfo=UTC), 0.0, 1e-9)
    return PosFileDriver(
        PosFileSettings(
            folder=folder, dialect=dialect, source="till", names=("*.csv",), settle_s=settle_s
        ),
        clock,
        "Asia/Shanghai",
    )


def _pass(driver: PosFileDriver, cursor: Cursor | None) -> tuple[list[SaleRow], Cursor | None]:
    sales: list[SaleRow] = []
    for reading in driver.read(cursor):
        sales += reading.sales
        cursor = reading.cursor
    return sales, cursor


@settings(deadline=None, max_examples=60)
@given(text=TEXTS, encoding=ENCODINGS, cuts=CUTS, restarts=st.sets(st.integers(0, 12)))
def test_any_way_of_appending_and_restarting_gives_every_row_once(
    text: str, encoding: str, cuts: list[int], restarts: set[int]
) -> None:
    data = text.encode(encoding)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "till.csv"
        driver, cursor, told = _driver(Path(name), 3600), None, []
        for i, part in enumerate(pieces(data, cuts)):
            with path.open("ab") as file:
                file.write(part)
            if i in restarts:
                driver = _driver(Path(name), 3600)
            sales, cursor = _pass(driver, cursor)
            told += sales
        told += _pass(_driver(Path(name), 0), cursor)[0]
    assert told == parsed([data])[0]
