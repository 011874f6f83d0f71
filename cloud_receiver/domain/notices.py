"""What is told to whom when the ledger changes, and how several tellings become one message.

A person hears of what changed in sum: what came and went before it was told is not told.
A message carries date, time and its number of the day, for chat services drop a second one
with the same text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.messages import correction
from cloud_receiver.domain.outcomes import Text
from sync.money import yuan_text


class TargetKind(StrEnum):
    """Whom a message is for."""

    PERSON = "person"
    GROUP = "group"


class Target(msgspec.Struct, frozen=True, order=True):
    """One addressee: an employee, or the group of a store or of the whole organisation.

    Attributes:
        id: employee id, store id or the group's name.
    """

    kind: TargetKind
    id: str


class GroupNews(StrEnum):
    """What groups are told; each kind may be left out (`[notify] groups`)."""

    AWARDS = "awards"  # who earned what, to the group of the store
    RULES = "rules"  # a rule that comes into force, to the stores it is about
    ANCHOR = "anchor"  # the end of the ledger, once a day, to be kept elsewhere
    BUDGET = "budget"  # a campaign's budget is nearly used up


EVERY_GROUP_NEWS: Final = frozenset(GroupNews)
DEFAULT_CHANNELS: Final = ("console",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """By which channels people are told, and what of it groups hear."""

    channels: tuple[str, ...] = DEFAULT_CHANNELS
    groups: frozenset[GroupNews] = EVERY_GROUP_NEWS

    def channels_for(self, news: GroupNews) -> tuple[str, ...]:
        """Return the channels a kind of news for groups goes to; none where it is not wanted."""
        return self.channels if news in self.groups else ()


PERSONS_ONLY: Final = frozenset({"dingtalk"})
GROUPS_ONLY: Final = frozenset({"dingtalk-group", "wecom", "feishu"})


def carries(channel: str, kind: TargetKind) -> bool:
    """Tell whether a channel takes messages for such an addressee; most take both."""
    return channel not in (GROUPS_ONLY if kind is TargetKind.PERSON else PERSONS_ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one addressee.

    Attributes:
        notice_id: the first thing it tells about; receivers drop a second one with it.
        language: zh or en: the addressee's own.
        document: the same as JSON for machines, with amounts in fen.
    """

    notice_id: str
    target: Target
    text_zh: str
    text_en: str
    document: str
    language: str = "zh"

    @property
    def text(self) -> str:
        """Return the text in the addressee's language."""
        return self.text_en if self.language == "en" else self.text_zh

    @property
    def employee_id(self) -> str:
        """Return whom it is about; empty for a group."""
        return self.target.id if self.target.kind is TargetKind.PERSON else ""


class _Told(msgspec.Struct, frozen=True):
    """Of an explanation, what a message says; to read all of it for that takes three times as long."""

    rule: Text
    message: Text


_READ_TOLD: Final = msgspec.json.Decoder(_Told)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell: what an outcome was before and is now, or plain news.

    Attributes:
        key: of what it is about; two items with one key become one.
        notice_id: of the entry or event it tells about.
        number: how many entries there were before; 0: it is told for the first time.
        rule: what the matter is called, in a correction.
        message: what is said when it is told for the first time.
        document: the same for machines, without the two amounts.
        is_plain: it is news without an amount and told as it is.
    """

    key: str
    notice_id: str
    number: int
    rule: Text
    message: Text
    work_date: str
    before_fen: int
    after_fen: int
    document: dict[str, Any]
    is_plain: bool = False

    @property
    def text(self) -> Text:
        """Return what the addressee reads."""
        if not self.number:
            return self.message
        return correction(
            self.rule,
            self.work_date,
            before_fen=self.before_fen,
            after_fen=self.after_fen,
            number=self.number,
        )

    def to_document(self) -> dict[str, Any]:
        """Return what machines read."""
        kind = "reward" if self.after_fen > 0 else "deduction"
        told = {
            "kind": "correction" if self.number else kind,
            "before_fen": self.before_fen,
            "after_fen": self.after_fen,
        }
        return told | self.document


@dataclass(frozen=True, slots=True)
class News:
    """Items for one addressee, to be said together."""

    target: Target
    items: tuple[Item, ...]


def news_of(booked: Iterable[Entry], posted: Iterable[Entry]) -> list[News]:
    """Return what each person is told about newly posted entries of outcomes.

    An outcome that only moved to another account changes no amount and is not told.

    Args:
        booked: what stood in the ledger for the same employee-days before.
    """
    before: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in booked:
        before[entry.outcome_key].append(entry)
    changed: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in posted:
        changed[entry.outcome_key].append(entry)
    told: defaultdict[str, list[Item]] = defaultdict(list)
    for key, entries in changed.items():
        if sum(entry.amount_fen for entry in entries) != 0:
            told[entries[-1].employee_id].append(_item(before[key], entries))
    return [
        News(Target(TargetKind.PERSON, employee_id), tuple(items))
        for employee_id, items in told.items()
    ]


def _item(before: Sequence[Entry], entries: Sequence[Entry]) -> Item:
    last = entries[-1]
    before_fen = sum(entry.amount_fen for entry in before)
    explanation = _READ_TOLD.decode(last.explanation)
    return Item(
        key=last.outcome_key,
        notice_id=last.entry_id,
        number=len(before),
        rule=explanation.rule,
        message=explanation.message,
        work_date=last.work_date,
        before_fen=before_fen,
        after_fen=before_fen + sum(entry.amount_fen for entry in entries),
        document={
            "notice_id": last.entry_id,
            "employee_id": last.employee_id,
            "store_id": last.store_id,
            "work_date": last.work_date,
            "rule_id": last.rule_id,
            "rule_version": last.rule_version,
            "row_id": last.row_id,
            "account": last.account,
            "booked_utc_ms": last.booked_utc_ms,
        },
    )


def told_of(entry: Entry) -> News:
    """Return the news of an entry that is no outcome: a withdrawal, a close."""
    item = _item((), (entry,))
    document = item.document | {"kind": entry.kind}
    item = msgspec.structs.replace(item, document=document)
    return News(Target(TargetKind.PERSON, entry.employee_id), (item,))


def announcements(news: Iterable[News], names: Mapping[str, str]) -> list[News]:
    """Return what the groups of stores read: awards, and awards that fell away again.

    Deductions are nobody else's business. An award that was never positive is none.

    Args:
        names: of people, by employee id.
    """
    of_store: defaultdict[str, list[Item]] = defaultdict(list)
    for one in news:
        for item in one.items:
            if max(item.before_fen, item.after_fen) <= 0 or item.document["account"] == "subsidy":
                continue
            name = names.get(one.target.id, one.target.id)
            yuan = yuan_text(item.after_fen)
            of_store[item.document["store_id"]].append(msgspec.structs.replace(
                item,
                rule=Text(f"{name} {item.rule.zh}", f"{name}, {item.rule.en},"),
                message=Text(
                    f"{item.work_date} {name} {item.rule.zh} +{yuan}元",
                    f"{item.work_date} {name}: {item.rule.en} +{yuan} yuan",
                ),
            ))  # fmt: skip
    return [
        News(Target(TargetKind.GROUP, store_id), tuple(items))
        for store_id, items in of_store.items()
    ]


def merged(waiting: Sequence[Item], later: Iterable[Item]) -> tuple[Item, ...]:
    """Return what is to be said instead of saying both; empty: nothing changed after all."""
    said = {item.key: item for item in waiting}
    for item in later:
        first = said.get(item.key)
        if first is not None:
            item = msgspec.structs.replace(
                item, before_fen=first.before_fen, number=first.number, notice_id=first.notice_id
            )
        said[item.key] = item
    changed = (item for item in said.values() if item.is_plain or item.before_fen != item.after_fen)
    return tuple(changed)


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a message is said, on the addressee's clock, and its number of that day."""

    local: str
    number: int


_HEADS: Final = {
    TargetKind.PERSON: Text("您有{n}项变动:", "{n} changes:"),
    TargetKind.GROUP: Text("奖励播报({n}项):", "Awards ({n}):"),
}


def message(news: News, stamp: Stamp, language: str) -> Notice:
    """Return news as one message.

    Args:
        stamp: ``MM-DD HH:MM`` and the number; it makes the text unlike any other of the day.
    """
    items = news.items
    assert items, "a message says something"
    texts = [item.text for item in items]
    zh = _joined(news.target.kind, [text.zh for text in texts], "zh")
    en = _joined(news.target.kind, [text.en for text in texts], "en")
    documents = [item.to_document() for item in items]
    document = documents[0] if len(items) == 1 else {"kind": "several", "items": documents}
    return Notice(
        notice_id=items[0].notice_id,
        target=news.target,
        text_zh=f"{zh}({stamp.local} 第{stamp.number}条)",
        text_en=f"{en} ({stamp.local}, no. {stamp.number})",
        document=msgspec.json.encode(document).decode(),
        language=language,
    )


def _joined(kind: TargetKind, texts: Sequence[str], language: str) -> str:
    if len(texts) == 1 and kind is TargetKind.PERSON:
        return texts[0]
    head = getattr(_HEADS[kind], language).format(n=len(texts))
    return "\n".join([head, *(f"· {text}" for text in texts)])
