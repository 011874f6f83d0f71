"""What the schedule page says, in both languages."""

from __future__ import annotations

from typing import Final

from cloud_receiver.web.texts import Texts

SCHEDULE: Final[Texts] = {
    "title": ("排班", "Schedule"),
    "lead": (
        "每次改动都是新版本,谁在何时改的都查得到。",
        "Every change is a new version, with who made it and when.",
    ),
    "previous": ("上一周", "Week before"),
    "next": ("下一周", "Week after"),
    "this_week": ("本周", "This week"),
    "store": ("门店", "Store"),
    "filters": ("筛选", "Filters"),
    "person": ("员工", "Person"),
    "rest": ("休", "off"),
    "holiday": ("假", "holiday"),
    "makeup": ("班", "make-up"),
    "night": ("次日", "next day"),
    "copy": ("复制到下一周", "Copy to the week after"),
    "pattern": ("按循环排班", "Lay a pattern"),
    "pattern_hint": (
        "例如“早*5 休*2”,或“单周: 早*5 休*2 / 双周: 晚*5 休*2”。可用班次:",
        "Such as “early*5 rest*2”, or “odd: … / even: …”. Shifts: ",
    ),
    "calendar": ("{day}:改日历", "{day}: change the calendar"),
    "settings": ("(窗口、允许迟到等设置有变)", "(windows, grace or other settings change)"),
    "shifts": ("班次", "Shifts"),
    "no_shifts": ("还没有班次,先建立早、晚等班次", "There are no shifts yet: write early, late and others down first"),
    "cycle": ("循环", "Pattern"),
    "from": ("从", "From"),
    "to": ("到", "To"),
    "stagger": ("每人错开几天", "Days each is ahead"),
    "look": ("先看结果", "Look first"),
    "would": ("将改变 {n} 天", "{n} days would change"),
    "same": ("没有任何变化", "nothing would change"),
    "lay": ("就这样排", "Lay it"),
    "drop": ("不要了", "Drop it"),
    "laid": ("已排好,改变 {n} 天", "Laid: {n} days changed"),
    "overlap": ("{who} {day} 的班次重叠", "shifts of {who} overlap on {day}"),
    "before": ("原来", "before"),
    "after": ("将变为", "will be"),
    "none": ("无排班", "no roster"),
    "no_plan": ("不排班(撤回已排的)", "nothing planned (taken back)"),
    "more": ("还有 {n} 天", "{n} more days"),
    "target": ("目标 {n}", "target {n}"),
    "no_store_title": ("还没有门店", "There are no stores yet"),
    "no_store": (
        "先导入门店和员工,再来排班。",
        "Import stores and employees first, then the roster.",
    ),
    "import_stores": ("导入门店", "Import stores"),
    "empty_title": ("这一周还没有排班", "No roster in this week"),
    "empty": (
        "点格子逐天排,或在下方导入排班表、按循环排班。",
        "Click a cell, or import a roster or lay a pattern below.",
    ),
    "click": (
        "点格子改班,点日期改日历。",
        "Click a cell to change a shift, a date to change the calendar.",
    ),
    "cell": ("{who} {day}:{hours},点击修改", "{who} {day}: {hours}; click to change"),
    "edit": ("修改 {who} {day}", "Change {who} {day}"),
    "shift": ("班次", "Shift"),
    "keep": ("照旧 {hours}", "as it is, {hours}"),
    "own": ("自定时间", "other hours"),
    "start": ("上班", "Start"),
    "end": ("下班", "End"),
    "version": ("第 {n} 版 · {author} · {at}", "version {n} · {author} · {at}"),
    "saved": ("{who} {day}:{before} → {after},已保存", "{who} {day}: {before} → {after}, kept"),
    "undo": ("撤销", "Undo"),
    "undone": ("已撤销:{who} {day} 恢复为 {after}", "Undone: {who} {day} is {after} again"),
}  # fmt: skip
