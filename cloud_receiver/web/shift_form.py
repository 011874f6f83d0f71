"""The form a shift is written in: its hours, and every setting with its unit and default. Pure.

Parts of a split day that differ in a setting are written ``5|10``, as files of shifts do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Final

from cloud_receiver.domain.templates import BETWEEN_PARTS, ShiftTemplate, hours_text
from cloud_receiver.domain.workday import HoursBasis, LateBasis, Shift
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.planning_lines import template_of
from cloud_receiver.web.form_sheet import FormSheet, save_or_close
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.texts import Texts, Words

TEXTS: Final[Texts] = {
    "shift_id": ("简称", "Short name"),
    "shift_id_hint": ("排班时写的名字,如 早、晚、夜", "What rosters call it, such as early, late, night"),
    "name": ("名称(可不填)", "Name (may be empty)"),
    "hours": ("时间", "Hours"),
    "hours_hint": (
        "如 09:00-18:00;一天两段 08:00-12:00+17:00-21:00;下班不晚于上班的,算第二天",
        "Such as 09:00-18:00; two stretches 08:00-12:00+17:00-21:00; an end not after its start is the next day",
    ),
    "often": ("打卡与允许", "Cards and grace"),
    "often_hint": (
        "单位都是分钟;不填按灰色的默认值。两段不同时用 | 隔开,如 5|10。",
        "All in minutes; empty is the default in grey. Where stretches differ, write 5|10.",
    ),
    "flexible": ("弹性与晚走晚到", "Flexible hours"),
    "graded": ("严重迟到、旷工、半天", "Serious lateness, absence, half a day"),
    "counted": ("工时与休息", "Worked time and breaks"),
    "grace_min": ("允许迟到", "Grace for coming late"),
    "early_grace_min": ("允许早退", "Grace for leaving early"),
    "on_before_min": ("上班卡:上班前", "On-duty card: before the start"),
    "on_after_min": ("上班卡:上班后", "On-duty card: after the start"),
    "off_before_min": ("下班卡:下班前", "Off-duty card: before the end"),
    "off_after_min": ("下班卡:下班后", "Off-duty card: after the end"),
    "flex_late_min": ("可晚到晚走", "May come and leave later by"),
    "flex_early_min": ("可早到早走", "May come and leave earlier by"),
    "late_back_after_min": ("前一天晚走满", "Stayed this long the day before"),
    "late_back_min": ("次日可晚到", "then may come later by"),
    "serious_late_min": ("严重迟到,超过", "Seriously late beyond"),
    "absent_late_min": ("旷工迟到,超过", "Absent when later than"),
    "absent_below_min": ("在岗不足算旷工", "Absent when worked less than"),
    "half_day_below_min": ("在岗不足算半天", "Half a day when worked less than"),
    "break_min": ("不计工时的休息", "Unpaid break"),
    "break_after_min": ("做满多久才扣休息", "taken off after working"),
    "settle_min": ("窗口关闭后多久定案", "Final after the last window by"),
    "late_basis": ("迟到从何时算起", "Lateness counts from"),
    "choice_schedule": ("上班时间", "the start"),
    "choice_after_grace": ("允许迟到之后", "the end of the grace"),
    "hours_basis": ("工时怎么算", "Worked time is"),
    "choice_first_last": ("首次到末次打卡", "from first to last touch"),
    "choice_pairs": ("按进出成对累计", "the sum of pairs of touches"),
    "until_end": ("到下班为止", "until the end"),
    "from_start": ("从上班起", "from the start"),
    "of_policy": ("按考勤制度", "as the policy says"),
    "night": ("次日", "next day"),
    "minutes": ("{n} 分钟", "{n} min"),
    "mixed": ("各段不同", "differs by stretch"),
}  # fmt: skip
_GROUPS: Final = (
    (
        "often",
        ("grace_min", "early_grace_min", "on_before_min", "on_after_min", "off_before_min",
         "off_after_min"),
    ),
    ("flexible", ("flex_late_min", "flex_early_min", "late_back_after_min", "late_back_min")),
    (
        "graded",
        ("serious_late_min", "absent_late_min", "absent_below_min", "half_day_below_min"),
    ),
    ("counted", ("break_min", "break_after_min", "settle_min", "late_basis", "hours")),
)  # fmt: skip
SETTINGS: Final = tuple(name for _, names in _GROUPS for name in names)
"""Every setting of `Shift` but where and when it is."""
_CHOICES: Final = {"late_basis": LateBasis, "hours": HoursBasis}
_NAMES: Final = {"hours": "hours_basis"}
"""Of fields whose name the form needs for something else."""
_UNSET: Final = {"on_after_min": "until_end", "off_before_min": "from_start"}
_DEFAULTS: Final = {one.name: one.default for one in fields_of(Shift)}


def field_of(setting: str) -> str:
    """Return what a form calls a setting."""
    return _NAMES.get(setting, setting)


def asked_of(template: ShiftTemplate) -> dict[str, str]:
    """Return what the form of a template holds."""
    hours = " + ".join(hours_text((one,)).removesuffix("+1") for one in template.shifts)
    name = "" if template.name == template.shift_id else template.name
    asked = {"shift_id": template.shift_id, "name": name, "hours": hours}
    for setting in SETTINGS:
        told = [_typed(setting, shift) for shift in template.shifts]
        asked[field_of(setting)] = told[0] if len(set(told)) == 1 else BETWEEN_PARTS.join(told)
    return asked


def _typed(setting: str, shift: Shift) -> str:
    value = getattr(shift, setting)
    return "" if value == _DEFAULTS[setting] or value is None else str(value)


def template_in(form: Mapping[str, str]) -> ShiftTemplate:
    """Return the shift a form describes.

    Raises:
        ToldError: it is none, with the field that is wrong.
    """
    told = {
        setting: [one.strip() for one in form.get(field_of(setting), "").split(BETWEEN_PARTS)]
        for setting in SETTINGS
    }
    parts: list[list[str]] = [[] for _ in range(max(map(len, told.values())))]
    for setting, values in told.items():
        if len(values) not in (1, len(parts)):
            zh, en = (
                f"共 {len(parts)} 段,这里写了 {len(values)} 个",
                f"write 1 or {len(parts)} of them",
            )
            raise fields.CellError(field_of(setting), zh, en)
        for part, value in zip(
            parts, values * (len(parts) if len(values) == 1 else 1), strict=False
        ):
            if value:
                part.append(f"{setting}={_checked(setting, value)}")
    settings = BETWEEN_PARTS.join(" ".join(one) for one in parts)
    name = form.get("name", "").strip()[:200]
    return template_of(form.get("shift_id", "").strip(), name, form.get("hours", ""), settings)


def _checked(setting: str, value: str) -> str:
    if setting in _CHOICES:
        return value
    return str(fields.minutes(field_of(setting), value))


def hours_in_words(template: ShiftTemplate, words: Words) -> str:
    """Return the hours of a template for people: ``22:00–06:00 次日``."""
    next_day = ("", f" {words('night')}")
    return " + ".join(f"{one.start}–{one.end}{next_day[one.end_day]}" for one in template.shifts)


def special(template: ShiftTemplate, words: Words) -> list[str]:
    """Return what is special about a template, in words: ``允许迟到 5 分钟``."""
    asked, told = asked_of(template), []
    for setting in SETTINGS:
        value = asked[field_of(setting)]
        if not value:
            continue
        if setting in _CHOICES and BETWEEN_PARTS not in value:
            shown = words(f"choice_{value}")
        elif setting in _CHOICES:
            shown = words("mixed")
        else:
            shown = words("minutes", n=" | ".join(one or "0" for one in value.split(BETWEEN_PARTS)))
        told.append(f"{words(field_of(setting))} {shown}")
    return told


def draw_form(
    asked: Mapping[str, str], wrong: Mapping[str, str], words: Words, *, is_new: bool
) -> Markup:
    """Return the form of a shift.

    Args:
        asked: what its fields hold.
        wrong: what cannot be used and why, by the names of fields.
    """
    sheet = FormSheet(asked, wrong, words)
    top = [
        sheet.box("shift_id", maxlength="40", readonly=not is_new,
                  placeholder=words("shift_id_hint") if is_new else None),
        sheet.box("name"),
        sheet.box("hours", placeholder="09:00-18:00"),
    ]  # fmt: skip
    groups = [_group(key, names, sheet) for key, names in _GROUPS]
    hint = el("p", words("hours_hint"), class_="small muted")
    return el("form", el("div", top, class_="inline-form"), hint, groups, save_or_close(words.language),
              class_="stack card-body shift-form", data_submit="put", novalidate=True)  # fmt: skip


def _group(key: str, settings: Sequence[str], sheet: FormSheet) -> Markup:
    words = sheet.words
    boxes = [
        _choice(setting, sheet) if setting in _CHOICES else _minutes(setting, sheet)
        for setting in settings
    ]
    hint = el("p", words("often_hint"), class_="small muted") if key == "often" else None
    is_open = key == "often" or any(
        sheet.shown.get(field_of(one), "") not in ("", _DEFAULTS[one])
        or field_of(one) in sheet.wrong
        for one in settings
    )
    grid = el("div", boxes, class_="inline-form")
    return el("details", el("summary", words(key)), hint, grid, open=is_open, class_="shift-group")


def _minutes(setting: str, sheet: FormSheet) -> Markup:
    default, words = _DEFAULTS[setting], sheet.words
    grey = words("minutes", n=default)
    if default is None:
        grey = words(_UNSET.get(setting, "of_policy"))
    return sheet.box(field_of(setting), inputmode="numeric", placeholder=grey)


def _choice(setting: str, sheet: FormSheet) -> Markup:
    name, words = field_of(setting), sheet.words
    options = [(one.value, words(f"choice_{one}")) for one in _CHOICES[setting]]
    chosen = sheet.shown.get(name, "")
    if BETWEEN_PARTS in chosen:
        options.append((chosen, words("mixed")))
    return sheet.choice(name, options)
