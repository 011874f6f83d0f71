"""Customers' ratings of people by day, and what their words are about.

A rating counts on the calendar date of its store on which it was given.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, select

from cloud_receiver.domain import entries
from cloud_receiver.domain.employee_day import Feedback
from cloud_receiver.domain.feedback_tags import Tagged, TagRule, classify, parse_tag_rules
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.store import feedback_texts, tables
from cloud_receiver.store.engine import insert_ignore
from cloud_receiver.store.feedback_texts import Said
from cloud_receiver.store.questions import Among, Question
from sync.places import config_dir

_MILLI_OF_POINTS: Final = 100_000 // entries.BEST_RATING_MILLI
_KIND: Final = "feedback"


def of_days(
    connection: Connection,
    people: Collection[str],
    first: str,
    last: str,
    known_by_utc_ms: int | None = None,
) -> dict[DayKey, Feedback]:
    """Return what was said about people between two dates, both included.

    Args:
        known_by_utc_ms: only what headquarters knew then; None: all it knows.
    """
    asked = {"people": list(people), "first": first, "last": last, "known_by": known_by_utc_ms}
    rows = _query(known_by_utc_ms is not None).ask(connection, **asked)
    found = {}
    for key, some in groupby(rows, key=lambda one: (one[0], one[1])):
        rated = [
            (rating_milli, record_id)
            for _, _, record_id, body in some
            if (rating_milli := _rating_milli(body)) is not None
        ]
        total_milli = sum(rating_milli for rating_milli, _ in rated) * _MILLI_OF_POINTS
        found[key] = Feedback(len(rated), total_milli, tuple(one for _, one in rated))
    return found


@lru_cache(maxsize=2)
def _query(is_dated: bool) -> Question:
    """Return the question for ratings that stand, now or as it was known."""
    told, row = tables.entry.c, tables.journal.c
    query = (
        select(told.employee_id, told.first_date, told.record_id, row.body)
        .join(tables.journal, row.record_id == told.record_id)
        .where(
            told.kind == _KIND,
            Among(told.employee_id, "people"),
            told.first_date.between(bindparam("first"), bindparam("last")),
        )
        .order_by(told.employee_id, told.first_date, told.record_id)
    )
    stands = told.withdrawn_utc_ms.is_(None)
    if not is_dated:
        return Question(query.where(stands))
    known_by: BindParameter[int] = bindparam("known_by")
    stood = stands | (told.withdrawn_utc_ms > known_by)
    return Question(query.where(stood, told.entered_utc_ms <= known_by))


def _rating_milli(body: str) -> int | None:
    entry = entries.from_body(body).entry
    assert isinstance(entry, entries.Feedback), "the journal keeps what was entered"
    return entry.rating_milli


# ---- what it is about -----------------------------------------------------------------------


@lru_cache(maxsize=4)
def _rules(folder: str) -> tuple[TagRule, ...]:
    found: list[TagRule] = []
    for path in sorted(Path(folder).glob("*.toml")):
        found += parse_tag_rules(path.read_text(encoding="utf-8"), path.name)
    return tuple(found)


def tag_rules() -> tuple[TagRule, ...]:
    """Return the declared keyword rules of ``config/feedback``.

    Raises:
        DakaError: a file cannot be used.
    """
    return _rules(str(config_dir() / "feedback"))


def tags_of(text: str) -> list[str]:
    """Return the tags a text earns."""
    return [one.tag for one in classify(text, tag_rules())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A customer's feedback as people read it.

    Attributes:
        rating_milli: thousandths of the best; None: none was given.
        picked: tags the customer chose, or that came with it.
        text: what was said; empty when nothing was, or it was deleted after its time.
        tagged: tags the keyword rules gave, with what they quote.
        human: tags a person gave; an empty one says that none fits.
    """

    record_id: str
    store_id: str
    employee_id: str
    said_utc_ms: int
    channel: str
    rating_milli: int | None
    text: str
    picked: tuple[str, ...]
    tagged: tuple[Tagged, ...]
    human: tuple[str, ...]

    @property
    def is_unmatched(self) -> bool:
        """Tell whether somebody has to read it: there are words and nothing says what about."""
        return bool(self.text) and not (self.picked or self.tagged or self.human)


def heard(
    connection: Connection, store_ids: Collection[str] | None, limit: int = 200
) -> list[Heard]:
    """Return feedback of stores that was not withdrawn, newest first; None: of all stores."""
    told, row = tables.entry.c, tables.journal.c
    query = (
        select(row.record_id, row.body)
        .join(tables.entry, told.record_id == row.record_id)
        .where(told.kind == _KIND, told.withdrawn_utc_ms.is_(None))
    )
    if store_ids is not None:
        query = query.where(row.store_id.in_(store_ids))
    rows = connection.execute(query.order_by(told.entry_no.desc()).limit(limit)).all()
    ids = [one.record_id for one in rows]
    human, words = _human(connection, ids), feedback_texts.of(connection, ids)
    return [
        _heard(one.record_id, one.body, words.get(one.record_id), human.get(one.record_id, ()))
        for one in rows
    ]


def tag(
    connection: Connection, record_id: str, tags: Collection[str], author: str, now_utc_ms: int
) -> None:
    """Note what a person says a feedback is about; nothing chosen says that no tag fits."""
    rows = [
        {"record_id": record_id, "tag": one, "author": author, "at_utc_ms": now_utc_ms}
        for one in (sorted(tags) or [""])
    ]
    insert_ignore(connection, tables.feedback_tag, rows)


def _human(connection: Connection, record_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    row = tables.feedback_tag.c
    query = select(row.record_id, row.tag).where(row.record_id.in_(record_ids))
    found: dict[str, tuple[str, ...]] = {}
    for record_id, name in connection.execute(query.order_by(row.tag)):
        found[record_id] = (*found.get(record_id, ()), name)
    return found


def _heard(record_id: str, body: str, words: Said | None, human: tuple[str, ...]) -> Heard:
    entered = entries.from_body(body)
    said = entered.entry
    assert isinstance(said, entries.Feedback), "the journal keeps what was entered"
    text = said.text or (words.text if words else None) or ""
    tagged = [
        *classify(text, tag_rules()),
        *(Tagged(tag, "") for tag in (words.tags if words else ())),
    ]
    return Heard(
        record_id=record_id,
        store_id=said.store_id,
        employee_id=said.employee_id,
        said_utc_ms=said.said_utc_ms,
        channel=said.channel,
        rating_milli=said.rating_milli,
        text=text,
        picked=said.tags,
        tagged=tuple(tagged),
        human=human,
    )
