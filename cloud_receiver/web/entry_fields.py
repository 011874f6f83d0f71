"""What was entered at headquarters as people read it: field by field, with its photo; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cloud_receiver.domain.entries import BEST_RATING_MILLI
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import local_time
from cloud_receiver.web.texts import Texts, Words

STARS: Final = 5
CHOICES: Final[Texts] = {
    "purpose_annual": ("年假", "annual leave"),
    "purpose_sick": ("病假", "sick leave"),
    "purpose_personal": ("事假", "personal leave"),
    "purpose_compensatory": ("调休", "time off in lieu"),
    "purpose_family": ("婚产丧假", "family leave"),
    "purpose_other": ("其他假", "other leave"),
    "purpose_outing": ("外出", "out on business"),
    "purpose_trip": ("出差", "business trip"),
    "part_day": ("全天", "whole days"),
    "part_first_half": ("上半天", "first half"),
    "part_second_half": ("下半天", "second half"),
    "part_hours": ("按小时", "hours"),
    "style_card": ("补卡(计入次数与时限)", "the person's card, with quota"),
    "style_edit": ("改签(由管理者)", "the management's edit"),
}
"""What may be chosen of leave and corrections."""
TEXTS: Final[Texts] = {
    **CHOICES,
    "kind_check_in": ("手机打卡", "Check-in by phone"),
    "kind_arrival": ("主管登记", "Supervisor's record"),
    "kind_correction": ("补卡或改签", "Correction"),
    "kind_withdrawal": ("撤销", "Taken back"),
    "kind_leave": ("请假或外出", "Leave or outing"),
    "kind_swap": ("调班", "Swap"),
    "kind_feedback": ("客户评价", "Customer's rating"),
    "employee_id": ("工号", "Employee id"),
    "kept_place": ("位置", "Position"),
    "place_Normal": ("在门店范围内", "at the store"),
    "place_Outside": ("不在门店范围内", "away from the store"),
    "place_Unknown": ("无法核对", "cannot be checked"),
    "accuracy_m": ("定位精度", "Accuracy"),
    "metres": ("{n} 米", "{n} m"),
    "is_mock": ("虚拟定位", "Made-up position"),
    "yes": ("是", "yes"),
    "taken_at_utc_ms": ("手机时间", "Time of the phone"),
    "photo_sha256": ("到岗照片", "Arrival photo"),
    "photo_of": ("到岗照片(模糊)", "Arrival photo, blurred"),
    "photo_hint": (
        "照片已模糊;点开看清楚,会留下查看记录。",
        "The photo is blurred; opening it clearly leaves a record.",
    ),
    "at_utc_ms": ("时间", "At"),
    "check_type": ("上班还是下班", "Which end"),
    "OnDuty": ("上班", "coming"),
    "OffDuty": ("下班", "going"),
    "shift_no": ("当天第几个班次", "Which shift of the day"),
    "style": ("补卡还是改签", "By whom"),
    "replaces": ("作废的记录", "Strikes out record"),
    "record_id": ("被撤销的记录", "Record taken back"),
    "reason": ("原因", "Reason"),
    "purpose": ("事由", "For"),
    "part": ("多久", "How long"),
    "work_date": ("工作日", "Work date"),
    "first_date": ("从哪天", "From"),
    "last_date": ("到哪天(含)", "Until"),
    "from_utc_ms": ("从", "From"),
    "to_utc_ms": ("到", "To"),
    "other_employee_id": ("和谁换(工号)", "With whom (id)"),
    "other_work_date": ("对方的日期", "The other's date"),
    "channel": ("来自", "Came by"),
    "msg_id": ("那里的编号", "Its id there"),
    "said_utc_ms": ("评价时间", "Said at"),
    "rating_milli": ("评分", "Rating"),
    "stars": ("{n} / 5 星", "{n} of 5 stars"),
    "tags": ("标签", "Tags"),
    "text": ("内容", "Words"),
}
_LEFT_OUT: Final = frozenset(
    {"kind", "client_id", "store_id", "latitude_microdeg", "longitude_microdeg"}
)
"""What tells nobody anything here: the phone's own number, positions, which stand as places, and
the store, which stands at the head of the page."""
_NAMED: Final = {"kept_place": "place_", "check_type": "", "purpose": "purpose_", "part": "part_", "style": "style_"}  # fmt: skip


def kind_text(kind: str, words: Words) -> str | None:
    """Return what a kind of entry is called; None: it is none."""
    return words(f"kind_{kind}") if f"kind_{kind}" in TEXTS else None


def draw_fields(
    entry: Mapping[str, Any], zone: str, words: Words
) -> list[tuple[str, Markup | str]]:
    """Return name and value of every field that says something.

    Args:
        zone: IANA zone of the store; instants are shown in it.
    """
    found: list[tuple[str, Markup | str]] = []
    for name, value in sorted(entry.items(), key=lambda one: one[0] == "photo_sha256"):
        if name in _LEFT_OUT or not value:
            continue
        label = words(name) if name in TEXTS else name
        found.append((label, _value(name, value, entry, zone, words)))
    return found


def _value(
    name: str, value: Any, entry: Mapping[str, Any], zone: str, words: Words
) -> Markup | str:
    if name.endswith("_utc_ms"):
        return local_time(int(value), zone, "%Y-%m-%d %H:%M:%S")
    if name in _NAMED and f"{_NAMED[name]}{value}" in TEXTS:
        return words(f"{_NAMED[name]}{value}")
    if name == "photo_sha256":
        return _photo(str(entry.get("employee_id", "")), str(value), words)
    special: dict[str, Callable[[], str]] = {
        "accuracy_m": lambda: words("metres", n=f"{value:,}"),
        "is_mock": lambda: words("yes"),
        "rating_milli": lambda: words("stars", n=f"{value * STARS / BEST_RATING_MILLI:g}"),
        "tags": lambda: words.language.pick("、", ", ").join(map(str, value)),
    }
    return special[name]() if name in special else str(value)


def _photo(employee_id: str, sha256: str, words: Words) -> Markup:
    address = f"/store/photo/{employee_id}/{sha256}"
    image = el("img", src=address, alt=words("photo_of"), loading="lazy", class_="evidence")
    return el("div", el("a", image, href=f"{address}?clear=1"),
              el("p", words("photo_hint"), class_="small muted"))  # fmt: skip
