"""A folder is read once, read on, and never touched."""

from __future__ import annotations

import gzip
import json
import os
import threading
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from drivers.errors import LinkDownError, MalformedError, RefusedError
from drivers.files import growing
from drivers.files.bookmarks import MAX_BOOKMARKS
from drivers.posfile import driver as driver_module


def line(receipt: str, amount: str = "1.00", day: str = "2026-11-23") -> str:
    return f"1,{receipt},{day} 09:00:00,{amount}"


def test_an_unchanged_folder_gives_nothing_twice(till: Any) -> None:
    till.write("a.csv", line("R1"), line("R1"), line("R2"))
    assert till.keys() == ["R1/1=100", "R1/2=100", "R2/1=100"]
    (reading,) = till.read()
    assert reading.sales == ()
    assert reading.complete
    till.restart()
    assert till.keys() == []


def test_a_growing_file_is_read_on_with_right_line_numbers(till: Any) -> None:
    till.write("a.csv", line("R1"), line("R1"))
    till.keys()
    till.append("a.csv", line("R1") + "\n" + line("R2") + "\n")
    assert till.keys() == ["R1/3=100", "R2/1=100"]
    till.restart()
    till.append("a.csv", line("R1") + "\n")
    assert till.keys() == ["R1/4=100"]


def test_the_same_cursor_gives_the_same_rows_again(till: Any) -> None:
    till.write("a.csv", line("R1"))
    till.keys()
    till.append("a.csv", line("R1") + "\n")
    before = till.cursor
    first = till.keys()
    till.cursor = before
    assert till.keys() == first == ["R1/2=100"]


def test_an_abandoned_pass_is_simply_made_again(till: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(growing, "BLOCK_BYTES", 64)
    till.write("a.csv", *(line("R1") for _ in range(10)))
    readings = till.driver.read(None)
    till.cursor = next(readings).cursor
    next(readings)  # yielded, never stored
    readings.close()
    stored = 10 - len(till.keys())
    assert 0 < stored < 3
    till.restart()
    till.cursor = None
    assert len(till.keys()) == 10


def test_a_half_written_line_waits_for_its_end(till: Any) -> None:
    till.write("a.csv", line("R1"), "1,R1,2026-11-23 09:0", end="")
    (first, last) = till.read()
    assert len(first.sales) == 1
    assert not last.complete
    assert last.facts["waiting"] == "a.csv"
    till.append("a.csv", "1:00,2.50\n")
    readings = till.read()
    assert readings[0].sales[0].amount_fen == 250
    assert readings[-1].complete


def test_a_last_line_without_newline_is_taken_once_the_file_rests(till: Any) -> None:
    till.write("a.csv", line("R1", "3.00"), end="")
    assert till.keys() == []
    till.clock.timer_s += 9
    assert till.keys() == []
    till.clock.timer_s += 1
    assert till.keys() == ["R1/1=300"]
    assert till.read()[-1].complete
    till.append("a.csv", "\r\n" + line("R1") + "\n")
    assert till.keys() == ["R1/2=100"]


def test_a_line_continued_after_it_was_taken_is_shown(till: Any) -> None:
    till.write("a.csv", line("R1", "3"), end="")
    till.clock.timer_s += 10
    till.read()
    till.clock.timer_s += 10
    till.keys()
    till.append("a.csv", ".50\n" + line("R2") + "\n")
    readings = till.read()
    assert [s.receipt_id for r in readings for s in r.sales] == ["R2"]
    assert [r.raw for reading in readings for r in reading.rejected] == [b".50"]


@pytest.mark.parametrize("keeps_date", [False, True])
def test_a_rewritten_file_is_read_again_from_the_start(till: Any, keeps_date: bool) -> None:
    path = till.write("a.csv", line("R1"), line("R2"))
    till.keys()
    before = path.stat()
    till.write("a.csv", line("R9"), line("R1"), line("R2"), line("R3"))
    if keeps_date:
        os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert till.keys() == ["R9/1=100", "R1/1=100", "R2/1=100", "R3/1=100"]


def test_a_replaced_file_is_read_again_even_at_the_same_size(till: Any) -> None:
    till.write("a.csv", line("R1"))
    till.keys()
    till.write("new.tmp", line("R2")).rename(till.folder / "a.csv")
    assert till.keys() == ["R2/1=100"]


def test_a_shrunken_file_is_read_again(till: Any) -> None:
    till.write("a.csv", line("R1"), line("R2"))
    till.keys()
    till.write("a.csv", line("R1"))
    assert till.keys() == ["R1/1=100"]


def test_vanished_files_are_no_trouble(till: Any) -> None:
    path = till.write("a.csv", line("R1"))
    till.keys()
    path.unlink()
    (reading,) = till.read()
    assert reading.complete


def test_daily_files_are_read_oldest_change_first(till: Any) -> None:
    for day, stamp in (("22", 2), ("21", 1), ("23", 3)):
        os.utime(till.write(f"d{day}.csv", line(f"R{day}")), (stamp, stamp))
    assert till.keys() == ["R21/1=100", "R22/1=100", "R23/1=100"]


def test_many_files_leave_a_small_cursor_and_are_not_read_again(till: Any) -> None:
    count = 10 * MAX_BOOKMARKS
    for i in range(count):
        till.write(f"d{i:04}.csv", line(f"R{i}"))
    assert len(till.keys()) == count
    assert len(json.dumps(till.cursor)) < 300 * MAX_BOOKMARKS + 12 * count
    till.restart()
    till.cursor = json.loads(json.dumps(till.cursor))
    assert till.keys() == []
    till.append("d0000.csv", line("R0") + "\n")
    assert till.keys() == ["R0/1=100", "R0/2=100"]  # read anew: the first is known already


def test_another_map_reads_everything_anew(till: Any) -> None:
    till.write("a.csv", line("R1"))
    till.keys()
    till.map_text += '[values]\nsign = "as_printed"\n'
    till.restart()
    assert till.keys() == ["R1/1=100"]


def test_old_rows_are_history_and_never_wait_with_new_ones(till: Any) -> None:
    till.write("a.csv", line("R1", day="2019-01-05"), line("R2"), line("R3", day="2026-11-21"))
    flags = {s.receipt_id: r.history for r in till.read() for s in r.sales}
    assert flags == {"R1": True, "R2": False, "R3": True}


def test_readings_stay_small(till: Any) -> None:
    till.write("a.csv", *(f"1,{i},2026-11-23 09:00:00,1" for i in range(5000)), *(["x"] * 5000))
    readings = till.read()
    assert max(len(r.sales) + len(r.rejected) for r in readings) <= driver_module.MAX_ROWS
    assert sum(len(r.sales) for r in readings) == sum(len(r.rejected) for r in readings) == 5000
    assert [r.complete for r in readings].count(True) == 1


def test_one_unreadable_file_does_not_hide_the_others(till: Any) -> None:
    till.write("a.csv", line("R1"))
    (till.folder / "b.csv").write_text("date,price\n", encoding="utf-8")
    till.write("c.csv", line("R3"))
    with pytest.raises(RefusedError, match=r"b\.csv.*'till'.*pos learn") as caught:
        till.read()
    assert sorted(s.receipt_id for r in till.seen for s in r.sales) == ["R1", "R3"]
    assert not any(r.complete for r in till.seen)
    assert caught.value.code == "other_columns"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(13, "Permission denied"), "file_denied"),
        (OSError(116, "Stale file handle"), "file_unreadable"),
    ],
)
def test_trouble_with_a_file_says_which_and_what_to_do(error: OSError, code: str) -> None:
    trouble = driver_module._classed("a.csv", error)
    assert trouble.code == code
    assert "a.csv" in str(trouble)
    assert trouble.remedy


def test_a_missing_folder_is_a_broken_link_and_comes_back(till: Any) -> None:
    till.write("a.csv", line("R1"))
    away = till.folder.rename(till.folder.with_name("away"))
    with pytest.raises(LinkDownError, match="mounted"):
        till.read()
    assert till.driver.wait(0) is False
    away.rename(till.folder)
    assert till.driver.wait(0) is True
    assert till.keys() == ["R1/1=100"]


def test_what_is_no_export_is_left_alone(till: Any) -> None:
    for name in (".a.csv", "~$a.csv", "a.csv.part", "readme.md"):
        till.write(name, line("R1"))
    (till.folder / "folder.csv").mkdir()
    os.mkfifo(till.folder / "pipe.csv")
    assert till.keys() == []


def test_archives_are_read_through_once_they_rest(till: Any) -> None:
    plain = till.write("a.csv", line("R1"), line("R1"))
    (till.folder / "b.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(till.folder / "old.zip", "w") as archive:
        archive.writestr("2026/c.csv", plain.read_bytes().replace(b"R1", b"R2"))
        archive.writestr("notes.md", "nothing")
    assert till.keys() == ["R1/1=100", "R1/2=100"]
    till.clock.timer_s += 10
    readings = till.read()
    assert [(s.receipt_id, s.line_no, s.source_name) for r in readings for s in r.sales] == [
        ("R1", 1, "b.csv.gz/b.csv"),
        ("R1", 2, "b.csv.gz/b.csv"),
        ("R2", 1, "old.zip/c.csv"),
        ("R2", 2, "old.zip/c.csv"),
    ]
    assert readings[-1].complete
    assert till.keys() == []


def _encrypted_zip() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("c.csv", "x")
    data = bytearray(buffer.getvalue())
    data[6] |= 1  # the flag of encryption, in the member and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.csv.gz", b"\x1f\x8b\x08 no", MalformedError),
        ("a.csv.gz", gzip.compress(os.urandom(5000))[:-800], MalformedError),
        ("a.zip", b"PK\x03\x04 no", MalformedError),
        ("a.zip", _encrypted_zip(), RefusedError),
    ],
)
def test_a_damaged_archive_is_named_and_the_rest_is_read(
    make_till: Callable[..., Any], name: str, data: bytes, error: type[Exception]
) -> None:
    till = make_till(settle_s=0)
    (till.folder / name).write_bytes(data)
    till.write("z.csv", line("R1"))
    with pytest.raises(error, match=r"a\.(csv\.gz|zip)"):
        till.read()
    assert [s.receipt_id for r in till.seen for s in r.sales][-1] == "R1"


def test_an_archive_that_unpacks_to_too_much_is_refused(
    make_till: Callable[..., Any], monkeypatch: Any
) -> None:
    monkeypatch.setattr("drivers.posfile.archives.MAX_UNPACKED_BYTES", 100_000)
    till = make_till(settle_s=0)
    (till.folder / "bomb.csv.gz").write_bytes(gzip.compress(b"\0" * 10_000_000))
    with pytest.raises(RefusedError, match="too much"):
        till.read()


def test_wait_answers_to_a_change_and_only_once(till: Any) -> None:
    till.read()
    assert till.driver.wait(0) is False
    till.write("a.csv", line("R1"))
    assert till.driver.wait(0) is True
    assert till.driver.wait(0) is False


def test_a_change_during_a_read_is_not_missed(till: Any) -> None:
    till.write("a.csv", line("R1"))
    for reading in till.driver.read(None):
        till.cursor = reading.cursor
        till.append("a.csv", line("R2") + "\n")
    assert till.driver.wait(0) is True


def test_close_wakes_a_wait(till: Any) -> None:
    till.read()
    woken = threading.Event()

    def wait() -> None:
        assert till.driver.wait(3600) is False
        woken.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    began_s = time.monotonic()
    till.driver.close()
    assert woken.wait(10)
    assert time.monotonic() - began_s < 10
    thread.join(10)


def test_nothing_in_the_folder_is_touched(till: Any) -> None:
    till.write("a.csv", line("R1"), "bad", end="")
    till.folder.chmod(0o555)
    before = {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in till.folder.iterdir()}
    till.read()
    till.clock.timer_s += 10
    till.read()
    till.folder.chmod(0o755)
    assert {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in till.folder.iterdir()} == before
