"""A raw record as people see it: what the device said, verbatim, and how it came here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cloud_receiver.domain.entries import HQ_BOX_ID
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store.why import RawRecord
from cloud_receiver.web import entry_fields
from cloud_receiver.web.entry_fields import draw_fields, kind_text
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import chip, icon, local_time, money, span
from cloud_receiver.web.texts import Language, Texts, Words
from sync.clock import parse_utc

TEXTS: Final[Texts] = {
    "punch": ("打卡记录", "Punch"),
    "other": ("记录", "Record"),
    "author": ("登记人", "Entered by"),
    "entered": ("登记时间", "Entered at"),
    "device_time": ("打卡机时间(原样)", "Device time, verbatim"),
    "effective": ("校正后时间", "Corrected time"),
    "not_believed": ("时钟不可信,未用于考勤", "clock not believed, not used"),
    "offset": ("打卡机时钟偏差", "Clock offset of the device"),
    "ahead": ("快 {span}", "{span} fast"),
    "behind": ("慢 {span}", "{span} slow"),
    "exact": ("准确", "exact"),
    "not_measured": ("未测量", "not measured"),
    "device_serial": ("打卡机序列号", "Terminal"),
    "user_id": ("打卡机用户号", "User id on it"),
    "codes": ("状态码 / 验证码", "State / verify code"),
    "sold_at": ("成交时间(原样)", "Till time, verbatim"),
    "receipt": ("小票 / 行", "Receipt / line"),
    "seller_code": ("销售员代码", "Seller code"),
    "amount": ("金额", "Amount"),
    "box": ("门店盒子", "Store box"),
    "lane": ("通道 / 序号", "Lane / number"),
    "way": ("盒子 · 通道 / 序号 · 流水号", "Box · lane / number · journal"),
    "mark": ("回执", "Receipt mark"),
    "read_at": ("盒子读取", "Read by the box"),
    "received": ("总部收到", "Received here"),
    "journal": ("流水号", "Journal no."),
    "record_id": ("记录标识", "Record id"),
    "import_from": ("导入自", "Imported from"),
    "import_line": ("{file} 第 {line} 行", "{file}, line {line}"),
    "import_by": ("导入人", "Imported by"),
    "of_hq": ("总部录入", "Entered at headquarters"),
    "receipted": ("总部已回执", "Receipted"),
    "no_receipt": ("尚未回执", "Not receipted yet"),
}
_PICTURES: Final = {
    "punch": "fingerprint", "check_in": "smartphone", "arrival": "how_to_reg", "leave": "beach_access",
    "swap": "swap_horiz", "feedback": "reviews", "withdrawal": "undo",
}  # fmt: skip
_MOMENT: Final = "%Y-%m-%d %H:%M:%S"
Pair = tuple[str, Markup | str]


def draw_record(record: RawRecord, zone: str, language: Language) -> Markup:
    """Return one raw record with its way here; times of headquarters are in `zone`."""
    words = Words(TEXTS, language)
    said = _punch(record, zone, words) if record.kind == "punch" else _plain(record, zone, words)
    is_punch = record.kind == "punch"
    picture = _PICTURES.get(record.kind, "description")
    named = kind_text(record.kind, Words(entry_fields.TEXTS, language))
    title = words("punch") if is_punch else named or words("other")
    head = el("div", icon(picture, "wait"), el("h3", title), _mark(record, words), class_="row")
    return el(
        "article",
        head,
        _pairs(said, "pairs strong"),
        _pairs(_way(record, zone, words), "pairs small"),
        class_="raw",
        data_key=record.record_id,
    )


def draw_sales(records: Sequence[RawRecord], zone: str, language: Language) -> Markup:
    """Return till lines as a table, each with its way here."""
    words = Words(TEXTS, language)
    columns = ("sold_at", "amount", "receipt", "seller_code", "way", "received", "mark")
    numeric = {"amount", "received"}
    head = [el("th", words(key), scope="col", class_="num" if key in numeric else None)
            for key in columns]  # fmt: skip
    rows = [_sale(record, zone, words) for record in records]
    table = el("table", el("thead", el("tr", head)), el("tbody", rows), class_="cards")
    return el("div", table, class_="scroll")


def _sale(record: RawRecord, zone: str, words: Words) -> Markup:
    body = record.body
    came = f"{record.box_id} · {record.lane} / {record.seq} · #{record.entry_no}"
    source = el("div", body["source_name"], class_="muted small")
    return el(
        "tr",
        el("td", el("b", body["sold_at"].replace("T", " ")), class_="lead nowrap"),
        el("td", money(body["amount_fen"]), class_="num beside", data_label=words("amount")),
        el(
            "td",
            el("div", f"{body['receipt_id']} / {body['line_no']}", source),
            data_label=words("receipt"),
        ),
        el("td", body["seller_code"], data_label=words("seller_code")),
        el("td", came, class_="nowrap small", data_label=words("way")),
        el(
            "td",
            local_time(record.received_utc_ms, zone, "%m-%d %H:%M:%S"),
            class_="num",
            data_label=words("received"),
        ),
        el("td", _mark(record, words), data_label=words("mark")),
        title=record.record_id,
        data_key=record.record_id,
    )


def _mark(record: RawRecord, words: Words) -> Markup:
    if record.box_id == HQ_BOX_ID:  # there is no box to tell
        return chip(words("of_hq"), "good", "verified")
    if record.receipted:
        return chip(words("receipted"), "good", "verified")
    return chip(words("no_receipt"), "wait", "hourglass_empty")


def _pairs(pairs: Sequence[Pair], classes: str) -> Markup:
    return el(
        "dl", [el("div", el("dt", name), el("dd", value)) for name, value in pairs], class_=classes
    )


def _punch(record: RawRecord, zone: str, words: Words) -> list[Pair]:
    body = record.body
    at = record.effective_utc_ms
    return [
        (words("device_time"), el("b", body["device_time"].replace("T", " "))),
        (words("offset"), offset_text(body["clock_offset_ms"], words.language)),
        (
            words("effective"),
            words("not_believed") if at is None else local_time(at, zone, _MOMENT),
        ),
        (words("device_serial"), body["device_serial"]),
        (words("user_id"), body["user_id"]),
        (words("codes"), f"{body['state_code']} / {body['verify_code']}"),
    ]


def _plain(record: RawRecord, zone: str, words: Words) -> list[Pair]:
    """Return what a record says; of an entry of headquarters, who entered it too."""
    entry: dict[str, Any] = record.body.get("entry", record.body)
    said = draw_fields(entry, zone, Words(entry_fields.TEXTS, words.language))
    if "author" not in record.body:
        return said
    entered = local_time(record.body["entered_utc_ms"], zone, _MOMENT)
    return [(words("author"), record.body["author"]), (words("entered"), entered), *said]


def _way(record: RawRecord, zone: str, words: Words) -> list[Pair]:
    body = record.body
    came = [
        (words("box"), record.box_id),
        (words("lane"), f"{record.lane} / {record.seq}"),
        (words("read_at"), _wall_time(body.get("received_at_utc"), zone)),
    ]
    if record.box_id == HQ_BOX_ID:  # it came no way: it was entered here
        came = []
    if "import_file" in body:
        line = words("import_line", file=body["import_file"], line=body["import_line"])
        came = [(words("import_from"), line), (words("import_by"), body["import_author"])]
    return [
        *came,
        (words("received"), local_time(record.received_utc_ms, zone, _MOMENT)),
        (words("journal"), f"#{record.entry_no}"),
        (words("record_id"), el("span", record.record_id, class_="mono")),
    ]


def _wall_time(utc: str | None, zone: str) -> str:
    """Return when a box says it was, as the store's clock has it."""
    return local_time(utc_ms(parse_utc(utc)), zone, _MOMENT) if utc else "–"


def offset_text(offset_ms: int | None, language: Language) -> str:
    """Return how far a device's clock is off, in words."""
    words = Words(TEXTS, language)
    if offset_ms is None:
        return words("not_measured")
    if abs(offset_ms) < 500:
        return words("exact")
    return words("ahead" if offset_ms > 0 else "behind", span=span(offset_ms / 1000, language))
