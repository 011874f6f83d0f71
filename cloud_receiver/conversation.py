"""The robot's half of a conversation: why an amount, an appeal taken in, a rating kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud_receiver.domain.appeals import USUAL_TERMS, AppealError, Terms
from cloud_receiver.domain.because import because
from cloud_receiver.domain.chat import USAGE, Ask, Intent, language_of, understand
from cloud_receiver.domain.entries import EntryError, Feedback
from cloud_receiver.domain.ledger import Kind
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.store import appeals, entries, names, statement
from cloud_receiver.store.statement import Entry, Selection
from sync.money import yuan_text

_MOST_TOLD: Final = 10
_STRANGER: Final = Text(
    "还不知道您是哪位员工:请人事导入钉钉账号(daka-hq import contacts)",
    "nobody has said who you are: let HR import your DingTalk userid (daka-hq import contacts)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message to the robot.

    Attributes:
        employee_id: who wrote it; None: a customer, or somebody not known.
        author: whom to name as its writer.
        store_id: of the group it was written in; empty: none, or not known.
    """

    channel: str
    msg_id: str
    text: str
    employee_id: str | None
    author: str
    store_id: str
    said_utc_ms: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What the robot says; a private one is for the writer alone."""

    text: str
    is_private: bool


def reply(
    connection: Connection,
    heard: Heard,
    channels: Collection[str],
    now_utc_ms: int,
    terms: Terms = USUAL_TERMS,
) -> Reply:
    """Do what a message asks for and return the answer, in its language.

    The same message again does nothing twice: a rating is one entry, an appeal is open already.
    """
    language = language_of(heard.text)
    home = next((one for one in names.people(connection) if one.employee_id == heard.employee_id), None)  # fmt: skip
    today = _today(connection, home.store_id if home else heard.store_id, now_utc_ms)
    ask = understand(heard.text, today)
    if ask.intent is Intent.RATE:
        return Reply(_rated(connection, heard, ask, now_utc_ms, language), is_private=False)
    if ask.intent is Intent.HELP:
        return Reply(_in(USAGE, language), is_private=False)
    if home is None:
        return Reply(_in(_STRANGER, language), is_private=False)
    booked = _booked(connection, home.employee_id, ask)
    if ask.intent is Intent.WHY:
        return Reply(_why(booked, ask, language), is_private=True)
    said = _appealed(connection, home.employee_id, booked, ask, channels, now_utc_ms, terms)
    return Reply(_in(said, language) if said else _why(booked, ask, language), is_private=True)


def _today(connection: Connection, store_id: str, now_utc_ms: int) -> str:
    zones = {one.store_id: one.zone for one in names.stores(connection)}
    zone = ZoneInfo(zones.get(store_id, "Asia/Shanghai"))
    return datetime.fromtimestamp(now_utc_ms / 1000, UTC).astimezone(zone).date().isoformat()


def _in(text: Text, language: str) -> str:
    return text.en if language == "en" else text.zh


def _booked(connection: Connection, employee_id: str, ask: Ask) -> list[Entry]:
    """Return the entries of a day, oldest first; those of a named amount, when there are any."""
    chosen = Selection(employee_id=employee_id, first_date=ask.work_date, last_date=ask.work_date)
    found = statement.entries(connection, chosen, _MOST_TOLD)[::-1]
    outcomes = [one for one in found if one.kind == Kind.OUTCOME]
    named = [one for one in outcomes if abs(one.amount_fen) == ask.amount_fen]
    return named or outcomes


def _why(booked: list[Entry], ask: Ask, language: str) -> str:
    if not booked:
        return _in(
            Text(
                f"{ask.work_date} 没有记入任何奖励或扣减",
                f"{ask.work_date}: no reward or deduction is booked",
            ),
            language,
        )
    lines = []
    for one in booked:
        sentence = _in(because(one.kind, one.rule_version, one.explanation), language)
        sign = "+" if one.amount_fen > 0 else ""
        yuan = f"{sign}{yuan_text(one.amount_fen)}"
        lines.append(f"{one.work_date} {yuan}元:{sentence}" if language == "zh"
                     else f"{one.work_date} {yuan} yuan: {sentence}")  # fmt: skip
    return "\n".join(lines)


def _appealed(
    connection: Connection,
    employee_id: str,
    booked: list[Entry],
    ask: Ask,
    channels: Collection[str],
    now_utc_ms: int,
    terms: Terms,
) -> Text | None:
    """Return what became of an appeal; None: there is nothing to appeal against."""
    deductions = [one for one in booked if one.amount_fen < 0] or booked
    if not deductions:
        return None
    about = deductions[-1]
    try:
        with connection.begin_nested():
            seen = appeals.open_for_entry(
                connection, about.entry_id, employee_id, ask.text or ask.work_date, now_utc_ms,
                terms=terms, channels=channels,
            )  # fmt: skip
    except AppealError as error:
        return Text(f"申诉未能受理:{error.zh}", f"the appeal was not taken in: {error.en}")
    rule, yuan = about.explanation.rule, yuan_text(seen.amount_fen)
    return Text(
        f"申诉已受理,编号 {seen.appeal_id}:{seen.work_date} {rule.zh} {yuan}元",
        f"appeal {seen.appeal_id} taken in: {seen.work_date}, {rule.en}, {yuan} yuan",
    )


def _rated(connection: Connection, heard: Heard, ask: Ask, now_utc_ms: int, language: str) -> str:
    people = [one for one in names.people(connection) if one.active]
    found = [
        one for one in people
        if ask.text.startswith(one.employee_id) or ask.text.startswith(one.name)
    ]  # fmt: skip
    here = [one for one in found if one.store_id == heard.store_id] or found
    if len(here) != 1:
        return _in(_WHOM if found else USAGE, language)
    about = here[0]
    if about.employee_id == heard.employee_id:
        return _in(Text("不能评价自己", "nobody rates themselves"), language)
    called = about.employee_id if ask.text.startswith(about.employee_id) else about.name
    rating = Feedback(
        channel=heard.channel,
        msg_id=heard.msg_id,
        store_id=about.store_id,
        employee_id=about.employee_id,
        said_utc_ms=heard.said_utc_ms,
        rating_milli=ask.rating_milli,
        text=ask.text.removeprefix(called).strip()[:2000],
    )
    try:
        entries.enter(connection, rating, heard.author, now_utc_ms)
    except EntryError as error:
        return error.en if language == "en" else error.zh
    return _in(
        Text(
            f"已记录对 {about.name} 的评价,谢谢", f"your rating of {about.name} is kept, thank you"
        ),
        language,
    )


_WHOM: Final = Text(
    "有几位同名员工,请写工号,例如:评价 E001 5星",
    "several people have this name; write the employee id: rate E001 5 stars",
)
