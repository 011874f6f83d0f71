"""The real export of 1000 receipts, through every fate a file can have."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from agent.ingest import Arrival, Origin, capture_of
from drivers.contract import Cursor, SaleRow
from drivers.posfile.driver import PosFileDriver
from drivers.posfile.settings import PosFileSettings
from sync.clock import ScaledClock
from sync.envelope import encode_body
from sync.identity import record_id
from sync.records import Sale, from_wire, to_wire

EXPORT = Path(__file__).resolve().parents[3] / "shared" / "data" / "supermarket_sales.csv"
CLOCK = ScaledClock(datetime(2019, 4, 1, tzinfo=UTC), 0.0, 1e-9)


def driver(folder: Path, branch: str = "A", **more: Any) -> PosFileDriver:
    table = {"folder": str(folder), "map": "supermarket_sales", "branch": branch, "settle_s": 0}
    settings = PosFileSettings.from_table(table | more, "agent.toml, device 'tills'")
    return PosFileDriver(settings, CLOCK, "Asia/Shanghai")


def read(reader: PosFileDriver, cursor: Cursor | None = None) -> tuple[list[SaleRow], Cursor]:
    sales: list[SaleRow] = []
    for reading in reader.read(cursor):
        assert reading.rejected == ()
        assert reading.source_id == f"pos:{EXPORTS}"
        sales += reading.sales
        cursor = reading.cursor
    assert cursor is not None
    return sales, cursor


EXPORTS = "exports"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / EXPORTS
    path.mkdir()
    return path


def ids(sales: list[SaleRow]) -> set[str]:
    def sale(row: SaleRow) -> Sale:
        told = {name: getattr(row, name) for name in SALE_FIELDS}
        return Sale(
            **told,
            store_id="s001",
            driver="posfile",
            received_at_utc="2019-04-01T00:00:00.000Z",
            boot_id="test-boot",
            boottime_ms=0,
        )

    return {record_id(sale(row)) for row in sales}


SALE_FIELDS = (
    "register_id", "receipt_id", "line_no", "line_kind", "sold_at", "seller_code", "item_code",
    "quantity_milli", "amount_fen", "original_receipt_id", "source_name",
)  # fmt: skip


def expected_fen(branch: str) -> int:
    with EXPORT.open(encoding="utf-8", newline="") as file:
        totals = [Decimal(row["Total"]) for row in csv.DictReader(file) if row["Branch"] == branch]
    return sum(int((t * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)) for t in totals)


def export_lines() -> Iterator[bytes]:
    return iter(EXPORT.read_bytes().splitlines(keepends=True))


def test_every_receipt_is_read_once_and_the_money_adds_up(folder: Path) -> None:
    (folder / "supermarket_sales.csv").write_bytes(EXPORT.read_bytes())
    receipts: set[str] = set()
    for branch, count in (("A", 340), ("B", 332), ("C", 328)):
        sales, cursor = read(driver(folder, branch))
        assert len(sales) == count
        assert sum(sale.amount_fen for sale in sales) == expected_fen(branch)
        assert {sale.register_id for sale in sales} == {branch}
        receipts |= {sale.receipt_id for sale in sales}
        assert read(driver(folder, branch), cursor)[0] == []
    assert len(receipts) == 1000


def test_growing_rewriting_doubling_and_splitting_never_change_the_records(folder: Path) -> None:
    whole = folder / "supermarket_sales.csv"
    whole.write_bytes(EXPORT.read_bytes())
    expected = ids(read(driver(folder))[0])
    whole.unlink()

    reader, cursor, seen, told = driver(folder), None, set(), 0
    header, *lines = export_lines()
    growing = folder / "sales-a.csv"
    growing.write_bytes(header)
    for at in range(0, len(lines), 100):
        with growing.open("ab") as file:
            file.write(b"".join(lines[at : at + 100]))
        sales, cursor = read(reader, cursor)
        told += len(sales)
        seen |= ids(sales)
    assert (seen, told) == (expected, len(expected))

    lines[-1] += b"\n"  # the export ends without a newline
    growing.write_bytes(header + b"".join(reversed(lines)).replace(b"Yangon", b"Rangoon"))
    (folder / "sales-again.csv").write_bytes(EXPORT.read_bytes())
    (folder / "sales-half.csv").write_bytes(header + b"".join(lines[500:]))
    sales, cursor = read(driver(folder), cursor)
    assert len(sales) > 2 * len(expected)
    assert ids(sales) == expected


def test_a_workbook_of_the_export_gives_the_same_records(folder: Path, tmp_path: Path) -> None:
    (folder / "sales.csv").write_bytes(EXPORT.read_bytes())
    expected = read(driver(folder))[0]
    (folder / "sales.csv").unlink()
    book = Workbook()
    with EXPORT.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file)):
            cells: list[object] = list(row)
            if number:
                cells[6:10] = [float(row[6]), int(row[7]), float(row[8]), float(row[9])]
                cells[10] = datetime.strptime(f"{row[10]} {row[11]}", "%m/%d/%Y %H:%M")
            book.active.append(cells)
    book.save(folder / "sales.xlsx")
    text = (Path(__file__).parents[2] / "config/pos/supermarket_sales.toml").read_text("utf-8")
    text = text.replace('"csv"', '"xlsx"').replace("*sales*.csv", "*.xlsx")
    path = tmp_path / "workbook.toml"
    path.write_text(text.replace('["Date", "Time"]', '"Date"'), encoding="utf-8")
    sales, _ = read(driver(folder, map=str(path)))
    assert ids(sales) == ids(expected)
    assert [s.amount_fen for s in sales] == [s.amount_fen for s in expected]
    assert [s.sold_at for s in sales] == [s.sold_at for s in expected]


def test_a_till_line_travels_in_canonical_form(folder: Path) -> None:
    (folder / "sales.csv").write_bytes(EXPORT.read_bytes())
    origin, arrival = Origin("tills", "posfile", "s001"), Arrival.now(CLOCK)
    bodies = [
        row.body
        for reading in driver(folder).read(None)
        for row in capture_of(reading, origin, arrival, None).rows
    ]
    assert len(bodies) == 340
    assert bodies == [encode_body(to_wire(from_wire(json.loads(body)))) for body in bodies]
