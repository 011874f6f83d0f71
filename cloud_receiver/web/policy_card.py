"""The attendance policy for people: each number with its unit, its default, since when and by whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from cloud_receiver.domain.corrections import UNLIMITED
from cloud_receiver.domain.policies import PolicyBook
from cloud_receiver.domain.results import Policy
from cloud_receiver.domain.schedule import Cut
from cloud_receiver.domain.templates import part
from cloud_receiver.domain.workday import Shift
from cloud_receiver.domain.worked_time import Mode, Step
from cloud_receiver.store.policies import PolicyVersion
from cloud_receiver.store.shifts import TemplateVersion
from cloud_receiver.web.markup import Child, Markup, el
from cloud_receiver.web.phrases import author_text, chip, icon, local_minute
from cloud_receiver.web.texts import Language, Texts, Words

SETTINGS: Final = (
    "serious_late_min", "absent_late_min", "allowance.cards_a_month", "allowance.within_days",
    "collapse_s", "same_act_min", "shared_tap_min", "cut", "overtime_min", "overtime_limit_min",
    "rounding.coming", "rounding.going", "rounding.total",
)  # fmt: skip
"""As `daka-hq policy set` names them, in the order people ask for them."""
EXAMPLE: Final = "daka-hq policy set serious_late_min=20 --from 2026-12-01"
SHIFT_EXAMPLE: Final = "daka-hq shift add 早 --hours 09:00-18:00 --set grace_min=5"
TEXTS: Final[Texts] = {
    "title": ("考勤政策", "Attendance policy"),
    "setting": ("项目", "What"),
    "now": ("现在", "Now"),
    "default": ("默认", "Default"),
    "called": ("命令里叫", "In commands"),
    "changed": ("已改", "changed"),
    "standing": ("没有改过,今天按默认值判定。", "Nobody has changed it: today is judged by the defaults."),
    "in_force": (
        "今天按第 {n} 版判定:{day} 起,{who} 于 {at} 登记。",
        "Today is judged by version {n}: from {day} on, said by {who} at {at}.",
    ),
    "how": (
        "在总部服务器上改,从一个日期起生效,那天起的考勤会重新判定,以前的不变:",
        "Change it on headquarters' server, from a date on; days from then on are judged anew, days before stay:",
    ),
    "versions": ("改过的版本", "Versions"),
    "version": ("第 {n} 版 · {day} 起 · {who} · {at}", "version {n} · from {day} · {who} · {at}"),
    "was": ("{name}:{old} → {new}", "{name}: {old} → {new}"),
    "same": ("与之前相同", "as before"),
    "serious_late_min": ("迟到超过多久算严重迟到", "Late by more than this: seriously late"),
    "absent_late_min": ("迟到超过多久算旷工迟到", "Late by more than this: an absence"),
    "allowance.cards_a_month": ("每人每月可补卡", "Cards a person may ask for a month"),
    "allowance.within_days": ("多久以内可补卡", "A card may be asked for within"),
    "collapse_s": ("多久以内的重复打卡算一次", "Touches this close are one"),
    "same_act_min": ("多久以内、不同来源的打卡算同一次", "Touches of several sources this close are one act"),
    "shared_tap_min": ("两班相距多久以内一次打卡两用", "Shifts this close may share one touch"),
    "cut": ("落在两班之间的打卡归谁", "A touch between two shifts goes to"),
    "overtime_min": ("一天加班超过多久提示", "Overtime of a day is pointed out beyond"),
    "overtime_limit_min": ("一天加班的法定上限", "Legal limit of a day's overtime"),
    "rounding.coming": ("计薪工时:上班时间", "Paid time: coming"),
    "rounding.going": ("计薪工时:下班时间", "Paid time: going"),
    "rounding.total": ("计薪工时:合计", "Paid time: the total"),
    "unit_min": ("{n} 分钟", "{n} min"),
    "unit_s": ("{n} 秒", "{n} s"),
    "unit_days": ("{n} 天", "{n} days"),
    "unit_month": ("{n} 次", "{n} times"),
    "unlimited": ("不限", "no limit"),
    "never": ("不设", "not set"),
    "cut_middle": ("离得近的一班", "the nearer one"),
    "cut_earlier_end": ("后一班", "the later one"),
    "round_keep": ("不取整", "not rounded"),
    "round_down": ("向前取整到 {n} 分钟,差 {grace} 分钟以内进到下一格", "down to {n} min, {grace} min short count as full"),
    "round_up": ("向后取整到 {n} 分钟,超出 {grace} 分钟以内不进位", "up to {n} min, {grace} min beyond do not count"),
    "round_closest": ("四舍五入到 {n} 分钟", "to the nearest {n} min"),
    "shifts": ("各班次的允许与打卡时段", "Graces and windows of shifts"),
    "shift": ("班次", "Shift"),
    "hours": ("时间", "Hours"),
    "grace": ("允许迟到 / 早退", "Grace late / early"),
    "coming": ("上班打卡时段", "Window for coming"),
    "going": ("下班打卡时段", "Window for going"),
    "tiers": ("严重迟到 / 旷工迟到", "Seriously late / absent"),
    "since": ("版本", "Version"),
    "own_hours": ("排班里直接写的时间", "hours written into a roster"),
    "by_roster": ("班次没有写明时的默认", "the default where a shift says nothing"),
    "pair": ("{a} / {b}", "{a} / {b}"),
    "before_start": ("上班前 {n} 分钟", "{n} min before the start"),
    "after_start": ("上班后 {n} 分钟", "{n} min after the start"),
    "at_start": ("上班", "the start"),
    "at_end": ("下班", "the end"),
    "before_end": ("下班前 {n} 分钟", "{n} min before the end"),
    "after_end": ("下班后 {n} 分钟", "{n} min after the end"),
    "to": ("{a} 至 {b}", "{a} to {b}"),
    "as_policy": ("同上表", "as above"),
    "kept": ("第 {n} 版 · {who} · {at}", "version {n} · {who} · {at}"),
    "shift_how": (
        "改班次:点右上角“班次”,或导入同一简称的班次,或在总部服务器上:",
        "Change a shift: on the page Shifts, by importing its id again, or on headquarters' server:",
    ),
    "edit": ("班次", "Shifts"),
}  # fmt: skip


def draw_policy(
    versions: Sequence[PolicyVersion], today: str, zone: str, language: Language
) -> Markup:
    """Return the policy in force on a date, beside the defaults, and how it came there."""
    words = Words(TEXTS, language)
    default = Policy()
    book = PolicyBook([one.dated for one in versions], default)
    now = book.on(today)
    begun = [one for one in versions if one.dated.effective_from <= today]
    standing = max(begun, key=lambda one: one.dated, default=None)
    told = words("standing") if standing is None else words(
        "in_force", n=standing.dated.version, day=standing.dated.effective_from,
        **_stamp(standing, zone, language),
    )  # fmt: skip
    rows = [_row(name, now, default, words) for name in SETTINGS]
    columns = ("setting", "now", "default", "called")
    history = [_version(one, versions, zone, words) for one in reversed(versions)]
    listed = el("details", el("summary", words("versions")), el("ul", history)) if history else None
    how = el("p", words("how"), " ", el("code", EXAMPLE), class_="small muted")
    return el(
        "section", el("div", el("h2", words("title")), class_="card-head"),
        el("p", told, class_="card-body"), _table(columns, rows, words),
        el("div", listed, how, class_="card-body stack tight"), class_="card", data_key="policy",
    )  # fmt: skip


def _table(columns: Sequence[str], rows: Sequence[Markup], words: Words) -> Markup:
    head = el("tr", [el("th", words(key), scope="col") for key in columns])
    table = el("table", el("thead", head), el("tbody", rows), class_="cards")
    return el("div", table, class_="scroll")


def _stamp(one: PolicyVersion | TemplateVersion, zone: str, language: Language) -> dict[str, str]:
    at = local_minute(one.created_utc_ms, zone)
    return {"who": author_text(one.author, language), "at": at}


def _row(name: str, now: Policy, default: Policy, words: Words) -> Markup:
    value, usual = _of(now, name), _of(default, name)
    mark = chip(words("changed"), "warn", "edit") if value != usual else None
    return el(
        "tr",
        el("td", words(name), class_="lead"),
        el("td", el("b", value_text(name, value, words)), " ", mark, data_label=words("now")),
        el("td", value_text(name, usual, words), class_="muted", data_label=words("default")),
        el("td", el("code", name), class_="small muted", data_label=words("called")),
    )


def _version(
    one: PolicyVersion, versions: Sequence[PolicyVersion], zone: str, words: Words
) -> Markup:
    dated = one.dated
    earlier = [other.dated for other in versions if other.dated.version < dated.version]
    before = PolicyBook(earlier, Policy()).on(dated.effective_from)
    changes = [
        words("was", name=words(name), old=value_text(name, _of(before, name), words),
              new=value_text(name, _of(dated.policy, name), words))
        for name in SETTINGS if _of(before, name) != _of(dated.policy, name)
    ]  # fmt: skip
    head = words("version", n=dated.version, day=dated.effective_from,
                 **_stamp(one, zone, words.language))  # fmt: skip
    said = [el("div", change) for change in changes or [words("same")]]
    return el("li", el("b", head), said)


def _of(policy: Policy, name: str) -> Any:
    found: Any = policy
    for field in name.split("."):
        found = getattr(found, field)
    return found


def value_text(name: str, value: Any, words: Words) -> str:
    """Return a setting's value for people, with its unit."""
    if value is None:
        return words("never")
    if isinstance(value, Step):
        rounds = value.mode is not Mode.KEEP
        values = {"n": value.interval_min, "grace": value.grace_min} if rounds else {}
        return words(f"round_{value.mode}", **values)
    if isinstance(value, Cut):
        return words(f"cut_{value}")
    if value == UNLIMITED and name.startswith("allowance."):
        return words("unlimited")
    return words(f"unit_{name.rpartition('_')[2]}", n=value)


def draw_shifts(shifts: Sequence[TemplateVersion], zone: str, language: Language) -> Markup:
    """Return what each shift allows and when its touches count."""
    words = Words(TEXTS, language)
    rows = [
        _shift(one.template.name, shift, words("kept", n=one.version, **_stamp(one, zone, language)), words)
        for one in shifts for shift in one.template.shifts
    ]  # fmt: skip
    plain = part("-", "09:00", "18:00")
    rows.append(_shift(words("own_hours"), plain, words("by_roster"), words, hours="—"))
    columns = ("shift", "hours", "grace", "coming", "going", "tiers", "since")
    way = el("a", icon("edit"), words("edit"), href="/schedule/shifts", class_="button")
    head = el("div", el("h2", words("shifts")), way, class_="card-head")
    how = el(
        "p", words("shift_how"), " ", el("code", SHIFT_EXAMPLE), class_="card-body small muted"
    )
    return el("section", head, _table(columns, rows, words), how, class_="card",
              data_key="shifts")  # fmt: skip


def _shift(name: str, shift: Shift, since: str, words: Words, hours: str = "") -> Markup:
    def pair(a: str, b: str) -> str:
        return words("pair", a=a, b=b)

    def late(limit_min: int | None) -> str:
        return words("as_policy") if limit_min is None else words("unit_min", n=limit_min)

    coming, going = _windows(shift, words)
    grace = [words("unit_min", n=n) for n in (shift.grace_min, shift.early_grace_min)]
    cells: list[tuple[str, Child]] = [
        ("hours", hours or f"{shift.start}–{shift.end}"),
        ("grace", pair(*grace)),
        ("coming", coming),
        ("going", going),
        ("tiers", pair(late(shift.serious_late_min), late(shift.absent_late_min))),
        ("since", since),
    ]
    listed = [el("td", text, data_label=words(key)) for key, text in cells]
    return el("tr", el("td", name, class_="lead"), listed)


def _windows(shift: Shift, words: Words) -> Iterator[str]:
    """Yield from when to when touches count for coming, then for going."""
    after = shift.on_after_min
    until = words("at_end") if after is None else words("after_start", n=after)
    yield words("to", a=words("before_start", n=shift.on_before_min), b=until)
    before = shift.off_before_min
    since = words("at_start") if before is None else words("before_end", n=before)
    yield words("to", a=since, b=words("after_end", n=shift.off_after_min))
