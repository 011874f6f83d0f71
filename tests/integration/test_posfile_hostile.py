"""Files as tills, copies and power cuts really leave them (docs/hostile-inputs.md, 35)."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from drivers.contract import Reading
from drivers.errors import RefusedError
from drivers.registry import open_driver
from sync.clock import SystemClock

HEADER = "Register,Receipt,Line,Sold at,Cashier,Item,Quantity,Amount,Type,Original receipt\n"
LINES = [f"1,R{i},1,2026-11-23 09:00:0{i},7,茶,1,2.50,sale,\n" for i in range(4)]
WHOLE = HEADER + "".join(LINES)
CUT = LINES[3][:20]
MB = 1024 * 1024


def read(folder: Path) -> list[Reading]:
    table = {"folder": str(folder), "map": "generic_en", "settle_s": 0}
    driver = open_driver("posfile", table, "test", SystemClock.of_this_boot(), "Asia/Shanghai")
    return list(driver.read(None))


def told(folder: Path) -> tuple[list[str], list[str]]:
    readings = read(folder)
    return (
        [sale.receipt_id for reading in readings for sale in reading.sales],
        [rejected.code for reading in readings for rejected in reading.rejected],
    )


@pytest.mark.parametrize(
    ("data", "receipts", "codes"),
    [
        pytest.param((HEADER + LINES[0] + "\0" * 5000 + CUT + "\n" + LINES[1]).encode(), "01", ["nul"], id="35 NUL hole and cut line"),
        pytest.param((HEADER + LINES[0] + CUT).encode(), "0", ["columns"], id="35 cut line at the end"),
        pytest.param((HEADER + LINES[0] + CUT + LINES[1] + LINES[2]).encode(), "02", ["columns"], id="35 line written behind a cut one"),
        pytest.param(WHOLE.replace("\n", "\r\n", 3).encode(), "0123", [], id="35 CRLF and LF mixed"),
        pytest.param(WHOLE.replace("2026-11-23", "-2026-11-23", 1).encode(), "123", ["time"], id="35 negative date"),
        pytest.param(WHOLE.encode("utf-16"), "0123", [], id="35 UTF-16"),
        pytest.param(WHOLE.encode("gb18030"), "0123", [], id="35 GB18030"),
        pytest.param(b"", "", [], id="35 empty file"),
        pytest.param((WHOLE + "9" * (MB + 1) + "\n" + LINES[0].replace("R0", "R9")).encode(), "01239", ["line_too_long"], id="35 huge line"),
        pytest.param((WHOLE + WHOLE).encode(), "01230123", [], id="35 export appended to itself"),
    ],
)  # fmt: skip
def test_good_lines_are_read_and_bad_ones_named(
    tmp_path: Path, data: bytes, receipts: str, codes: list[str]
) -> None:
    (tmp_path / "sales.csv").write_bytes(data)
    assert told(tmp_path) == ([f"R{number}" for number in receipts], codes)


@pytest.mark.parametrize("data", [WHOLE.encode("utf-16-be"), b"\0" * 500 + b"\n", b"\xff\n"])
def test_35_a_file_without_readable_column_names_is_never_taken_for_empty(
    tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "sales.csv").write_bytes(data)
    with pytest.raises(RefusedError, match=r"sales\.csv: line 1 should hold the column names"):
        read(tmp_path)


def test_35_the_same_export_twice_gives_the_same_lines_twice(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "b.csv").write_text(WHOLE, encoding="utf-8")
    keys = [
        (sale.register_id, sale.receipt_id, sale.line_no, sale.line_kind)
        for reading in read(tmp_path)
        for sale in reading.sales
    ]
    assert len(keys) == 2 * len(set(keys)) == 8


def test_35_a_hole_of_any_size_takes_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "sales.csv").open("wb") as file:
        file.write((HEADER + LINES[0]).encode())
        file.seek(100 * MB, 1)
        file.write(("\n" + LINES[1]).encode())
    tracemalloc.start()
    seen = told(tmp_path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == (["R0", "R1"], ["line_too_long"])
    assert peak_bytes < 8 * MB
