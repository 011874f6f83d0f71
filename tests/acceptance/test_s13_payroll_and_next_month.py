"""S12/S13/S45: amounts computed from attendance and sales reach payroll; corrections come next month."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

import msgspec
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from cloud_receiver.domain.payroll import Part
from cloud_receiver.exchange import payroll_files
from cloud_receiver.store import balances, payroll, tables
from cloud_receiver.store.closing import close_of
from sync.errors import DakaError

MONDAY, NOVEMBER, DECEMBER = "2026-11-23", "2026-11", "2026-12"


@pytest.fixture
def staffed(hq: Any) -> Any:
    """A person who was twenty minutes late and met the target at eleven."""
    hq.bind("1001", "E1")
    hq.bind_seller("P01", "E1")
    hq.roster("E1", MONDAY)
    hq.journal(
        hq.punch("1001", f"{MONDAY}T09:20:00"), hq.punch("1001", f"{MONDAY}T18:02:00"),
        hq.sale("P01", f"{MONDAY}T11:00:00", 10_000),
    )  # fmt: skip
    hq.feed_complete(f"{MONDAY}T23:59")
    hq.at(f"{MONDAY}T23:30")
    return hq


def _export(hq: Any, period: str = NOVEMBER) -> payroll.Export:
    made: payroll.Export = hq.writing(lambda c: payroll.export(c, period, "wang", hq.now_utc_ms))
    return made


def _close(hq: Any, period: str = NOVEMBER) -> payroll.Export:
    made: payroll.Export = hq.writing(
        lambda c: payroll.close_and_export(c, period, "wang", hq.now_utc_ms)
    )
    return made


def test_s12_every_item_names_its_rule_date_and_entries(staffed) -> None:
    (item,) = _export(staffed).content.items
    assert (item.rule_id, item.work_date, item.amount_fen, item.part) == (
        "late_standard", MONDAY, -1000, Part.SUBSIDY,
    )  # fmt: skip
    assert item.entry_ids == (f"late_standard/E1/{MONDAY}#1",)
    assert "迟到分钟 20" in item.why.zh


def test_s13_the_close_hands_over_what_the_final_file_says(staffed) -> None:
    trial = _export(staffed)
    staffed.at("2026-12-01T09:00")
    final = _close(staffed)
    assert (trial.content.is_final, final.content.is_final) == (False, True)
    closed = staffed.reading(lambda c: close_of(c, NOVEMBER))
    (payment,) = closed.payments
    assert final.content.totals_fen == {
        "E1": {Part.BONUS: payment.bonus_fen, Part.SUBSIDY: payment.subsidy_fen}
    }
    company = staffed.reading(lambda c: balances.of_people(c, ["company"]))["company"]
    assert company["payroll_clearing"] == -1000, "handed over, not settled yet"
    assert _export(staffed) == final, "the same again is no new export"
    assert [one.export_no for one in staffed.reading(payroll.exports)] == [
        final.export_no, trial.export_no,
    ]  # fmt: skip


def test_s13_a_difference_says_what_changed_and_why(staffed) -> None:
    _export(staffed)
    staffed.journal(staffed.punch("1001", f"{MONDAY}T08:52:00"))
    staffed.evaluate()
    changes = {one.item.rule_id: one for one in _export(staffed).changes}
    late = changes["late_standard"]
    assert (late.before_fen, late.after_fen, len(late.item.entry_ids)) == (-1000, 0, 2)
    assert "不再适用" in late.item.why.zh


def test_s13_a_late_correction_is_in_the_next_month_s_file(staffed) -> None:
    staffed.at("2026-12-01T09:00")
    november = _close(staffed)
    staffed.journal(staffed.punch("1001", f"{MONDAY}T08:52:00"))
    staffed.evaluate()
    assert _export(staffed) == november, "a closed month stays as it is"
    found = {one.rule_id: one for one in _export(staffed, DECEMBER).content.items}
    late = found["late_standard"]
    assert (late.amount_fen, late.for_period, late.work_date) == (1000, NOVEMBER, MONDAY)
    staffed.at("2027-01-01T09:00")
    assert _close(staffed, DECEMBER).content.is_final


def test_s45_the_files_hold_items_totals_and_the_hash(staffed) -> None:
    staffed.at("2026-12-01T09:00")
    made = _close(staffed)
    text = payroll_files.to_csv(made, "zh").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["行类"], row["金额(分)"], row["金额(元)"]) for row in rows] == [
        ("item", "-1000", "-10.00"), ("total", "0", "0.00"), ("total", "-1000", "-10.00"),
        ("sum", "-1000", "-10.00"), ("sha256", "", ""),
    ]  # fmt: skip
    assert rows[-1]["原因"] == made.content_sha256
    book = load_workbook(io.BytesIO(payroll_files.to_xlsx(made, "en")))
    assert book.sheetnames == ["Items", "Totals", "Changes"]
    assert [cell.value for cell in book["Items"][2]][4:6] == [-1000, -10]


def test_what_is_kept_of_an_export_reads_back_the_same(staffed) -> None:
    made = _export(staffed)
    kept = staffed.reading(lambda c: c.scalar(select(tables.payroll_export.c.document)))
    assert msgspec.json.decode(kept, type=payroll.Content) == made.content
    assert asdict(made.content)["period"] == NOVEMBER


def test_what_cannot_be_exported_is_said(staffed) -> None:
    with pytest.raises(DakaError, match="no month"):
        _export(staffed, "november")
    with pytest.raises(DakaError, match="not over"):
        _close(staffed)
    with pytest.raises(DakaError, match="no payroll export 7"):
        staffed.reading(lambda c: payroll.export_of(c, 7))
    staffed.at("2027-01-01T09:00")
    _close(staffed, DECEMBER)
    with pytest.raises(DakaError, match="together with a later month"):
        _export(staffed, NOVEMBER)
