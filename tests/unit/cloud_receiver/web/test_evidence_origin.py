"""Where a record came from, as the page tells it."""

from __future__ import annotations

from cloud_receiver.domain.entries import HQ_BOX_ID
from cloud_receiver.store.why import RawRecord
from cloud_receiver.web.evidence import draw_record
from cloud_receiver.web.texts import Language

PUNCH = {
    "kind": "punch", "device_serial": "import", "user_id": "E001", "state_code": 255,
    "device_time": "2026-10-08T09:20:00", "verify_code": 0, "clock_offset_ms": None,
    "received_at_utc": "2026-11-25T04:00:00.000Z",
}  # fmt: skip


def _drawn(box_id: str, more: dict[str, object], language: Language = Language.ZH) -> str:
    record = RawRecord(
        record_id="r1", entry_no=1, kind="punch", store_id="S001", box_id=box_id, epoch="e",
        lane="import", seq=7, body=PUNCH | more, received_utc_ms=0, receipted=False,
        effective_utc_ms=0,
    )  # fmt: skip
    return str(draw_record(record, "Asia/Shanghai", language))


def test_an_imported_touch_names_its_file_line_and_author() -> None:
    beside = {"import_file": "考勤报表.xlsx", "import_line": 7, "import_author": "li"}
    text = _drawn(HQ_BOX_ID, beside)
    assert "考勤报表.xlsx 第 7 行" in text
    assert "li" in text
    assert "尚未回执" not in text, "there is no box that waits for a receipt"
    assert "考勤报表.xlsx, line 7" in _drawn(HQ_BOX_ID, beside, Language.EN)


def test_a_boxs_touch_names_its_box() -> None:
    text = _drawn("box-1", {})
    assert "box-1" in text
    assert "尚未回执" in text
