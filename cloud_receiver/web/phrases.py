"""Numbers, times and facts as people read them, in both languages; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud_receiver.domain.attendance import LABELS
from cloud_receiver.domain.facts import CATALOGUE, FactValue
from cloud_receiver.store.names import Person
from cloud_receiver.store.rulebook import SHIPPED
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.texts import Language, Texts, Words
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "yuan": ("{n} 元", "{n} yuan"),
    "minutes": ("{n} 分钟", "{n} min"),
    "days": ("{n} 天", "{n} days"),
    "pieces": ("{n} 件", "{n} units"),
    "just_now": ("刚刚", "just now"),
    "seconds_ago": ("{n} 秒前", "{n} s ago"),
    "minutes_ago": ("{n} 分钟前", "{n} min ago"),
    "hours_ago": ("{n} 小时前", "{n} h ago"),
    "days_ago": ("{n} 天前", "{n} days ago"),
    "never": ("从未", "never"),
    "weekdays": ("周一 周二 周三 周四 周五 周六 周日", "Mon Tue Wed Thu Fri Sat Sun"),
    "instant": ("即时奖金", "Instant bonus"),
    "pending": ("待发放奖金", "Bonus to be paid"),
    "subsidy": ("补贴扣减", "Subsidy not granted"),
    "carry_forward": ("结转", "Carried forward"),
    "deferred": ("结转(法定上限)", "Deferred by law"),
    "held": ("冻结(申诉中)", "Held during appeal"),
    "paid": ("已发放", "Paid"),
    "shipped": ("随系统提供", "shipped"),
}
STATUSES: Final[dict[Language, dict[str, str]]] = {
    language: {status.value: language.pick(*labels) for status, labels in LABELS.items()}
    for language in Language
}
"""What the values of the fact ``status`` are called."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def at_utc(utc_ms: int) -> datetime:
    """Return stored milliseconds as an aware instant."""
    return _EPOCH + timedelta(milliseconds=utc_ms)


def local_time(utc_ms: int, zone: str, form: str = "%H:%M") -> str:
    """Return an instant as wall time of a store's zone."""
    return at_utc(utc_ms).astimezone(ZoneInfo(zone)).strftime(form)


def local_minute(utc_ms: int, zone: str) -> str:
    """Return an instant as date and minute in a store's zone."""
    return local_time(utc_ms, zone, "%Y-%m-%d %H:%M")


def signed_yuan(fen: int) -> str:
    """Return an amount with its sign and two decimals.

    >>> signed_yuan(5000), signed_yuan(-1000), signed_yuan(0)
    ('+50.00', '-10.00', '0.00')
    """
    return ("+" if fen > 0 else "") + yuan_text(fen)


def money(fen: int, tag: str = "span", data_label: str | None = None) -> Markup:
    """Return an amount coloured by which way it goes."""
    tone = "good" if fen > 0 else "bad" if fen < 0 else "muted"
    return el(tag, signed_yuan(fen), class_=f"amount num {tone}", data_label=data_label)


def icon(name: str, tone: str = "") -> Markup:
    """Return a picture that stands beside words and is not read aloud."""
    return el("i", name, class_=f"icon {tone}".strip(), aria_hidden="true", translate="no")


def chip(text: str, tone: str, picture: str) -> Markup:
    """Return a status: a word, its colour and its picture, never the colour alone."""
    return el("span", icon(picture), text, class_=f"chip {tone}".strip())


def leaving(person: Person, language: Language) -> Markup | None:
    """Return that somebody left, or will leave, and the first date no longer here, if it is said."""
    on = person.left_date or ""
    if person.active:
        text = language.pick(f"离职于 {on}", f"leaves on {on}")
        return chip(text, "wait", "logout") if on else None
    text = language.pick(f"离职于 {on}", f"left on {on}") if on else language.pick("已离职", "left")
    return chip(text, "", "logout")


def date_text(day: str, language: Language) -> str:
    """Return a work date with its weekday.

    >>> date_text("2026-11-23", Language.ZH), date_text("2026-11-23", Language.EN)
    ('11月23日 周一', 'Mon 23 Nov')
    """
    parsed = datetime.fromisoformat(day)
    weekday = Words(TEXTS, language)("weekdays").split()[parsed.weekday()]
    zh = f"{parsed.month}月{parsed.day}日 {weekday}"
    return language.pick(zh, f"{weekday} {parsed.day} {_MONTHS[parsed.month - 1]}")


def plain_date(day: str, language: Language, *, with_year: bool = True) -> str:
    """Return a date without its weekday.

    >>> plain_date("2026-11-30", Language.ZH), plain_date("2026-11-30", Language.EN)
    ('2026年11月30日', '30 Nov 2026')
    """
    parsed = datetime.fromisoformat(day)
    named = _MONTHS[parsed.month - 1]
    zh, en = f"{parsed.month}月{parsed.day}日", f"{parsed.day} {named}"
    if not with_year:
        return language.pick(zh, en)
    return language.pick(f"{parsed.year}年{zh}", f"{en} {parsed.year}")


def month_text(period: str, language: Language) -> str:
    """Return a month ``YYYY-MM`` as people write it.

    >>> month_text("2026-11", Language.ZH), month_text("2026-11", Language.EN)
    ('2026年11月', 'Nov 2026')
    """
    year, number = int(period[:4]), int(period[5:])
    return language.pick(f"{year}年{number}月", f"{_MONTHS[number - 1]} {year}")


_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]


def ago(utc_ms: int | None, now: datetime, language: Language) -> str:
    """Return how long ago something was, in the one unit that matters."""
    words = Words(TEXTS, language)
    if utc_ms is None:
        return words("never")
    passed_s = int((now - at_utc(utc_ms)).total_seconds())
    for limit_s, unit_s, key in (
        (5, 1, "just_now"),
        (60, 1, "seconds_ago"),
        (3600, 60, "minutes_ago"),
        (48 * 3600, 3600, "hours_ago"),
    ):
        if passed_s < limit_s:
            return words(key, n=passed_s // unit_s)
    return words("days_ago", n=passed_s // 86_400)


def span(seconds: float, language: Language) -> str:
    """Return a length of time: 65 s is ``1 min 5 s``.

    >>> span(0.4, Language.EN), span(-65, Language.ZH), span(7260, Language.EN)
    ('0.4 s', '1 分 5 秒', '2 h 1 min')
    """
    seconds = abs(seconds)
    if seconds < 10 and seconds != int(seconds):
        return language.pick(f"{seconds:.1f} 秒", f"{seconds:.1f} s")
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    names = language.pick("小时 分 秒", "h min s").split()
    parts = [f"{n} {name}" for n, name in zip((hours, minutes, left), names, strict=True) if n]
    return " ".join(parts[:2]) or f"0 {names[2]}"


def fact_label(name: str, language: Language) -> str:
    """Return a fact's name for people."""
    fact = CATALOGUE.get(name)
    return language.pick(fact.zh, fact.en) if fact else name


def fact_text(name: str, value: FactValue, language: Language, statuses: Mapping[str, str]) -> str:
    """Return a fact's value with its unit.

    Args:
        statuses: what the values of the fact ``status`` are called.

    >>> fact_text("late_min", 20, Language.ZH, {}), fact_text("achievement_bp", 12_050, Language.EN, {})
    ('20 分钟', '120.5%')
    """
    words = Words(TEXTS, language)
    if isinstance(value, bool):
        return words("yes" if value else "no")
    if isinstance(value, str):
        return statuses.get(value, value) if name == "status" else value or "—"
    unit = CATALOGUE[name].unit if name in CATALOGUE else ""
    if unit == "fen":
        return words("yuan", n=yuan_text(value))
    if unit == "bp":
        return f"{value / 100:g}%"
    if unit == "milli":
        return words("pieces", n=f"{value / 1000:g}")
    named = {"min": "minutes", "days": "days"}.get(unit)
    return words(named, n=value) if named else str(value)


def author_text(author: str, language: Language) -> str:
    """Return who did something: a log-in, or the product itself."""
    return Words(TEXTS, language)("shipped") if author == SHIPPED else author


def account_text(account: str, language: Language) -> str:
    """Return an account's name for people."""
    return Words(TEXTS, language)(account) if account in TEXTS else account
