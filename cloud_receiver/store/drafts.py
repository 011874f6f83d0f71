"""The way of a rule into force: draft, lint, examples, back-test, a second person, a first date.

Whoever wrote a draft cannot approve it. Nothing counts for the past unless the approver
approved the past as well; then the days judged already are decided again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec
import polars as pl
from sqlalchemy import Connection, insert, select, update

from cloud_receiver.domain import backtest, day_texts
from cloud_receiver.domain.backtest import Comparison
from cloud_receiver.domain.documents import Rule, parse_rule
from cloud_receiver.domain.facts import CATALOGUE
from cloud_receiver.domain.lint import is_publishable, lint
from cloud_receiver.domain.notices import DEFAULT_CHANNELS, Item, News, Target, TargetKind
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.remarks import Remark, Severity
from cloud_receiver.domain.rules import Rulebook, require_sound
from cloud_receiver.store import archive, campaigns, day_facts, lawbook, rulebook, tables
from cloud_receiver.store.notices import tell
from sync.errors import ToldError

_READ_REMARKS: Final = msgspec.json.Decoder(list[Remark])


class DraftState(StrEnum):
    """Where a draft stands; the values are what the database stores."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STATE_NAMES: Final = {
    DraftState.DRAFT: "草稿",
    DraftState.PROPOSED: "等待批准",
    DraftState.PUBLISHED: "公布",
    DraftState.WITHDRAWN: "作废",
}


class DraftError(ToldError):
    """A draft cannot go on; the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule on its way into force.

    Attributes:
        remarks: what lint said when it was saved.
        comparison: its back-test; None: not run yet.
        version: of the rule, once it is published.
    """

    draft_no: int
    rule: Rule
    state: DraftState
    author: str
    remarks: tuple[Remark, ...]
    comparison: Comparison | None
    version: int | None
    updated_utc_ms: int


def save(connection: Connection, rule: Rule, author: str, now_utc_ms: int) -> Draft:
    """Keep a draft with what lint says about it; return it with its number."""
    remarks = examined(connection, rule, rulebook.today(now_utc_ms))
    row = {
        "rule_id": rule.id,
        "document": rule.to_json(),
        "state": DraftState.DRAFT.value,
        "author": author,
        "findings": msgspec.json.encode(remarks).decode(),
        "created_utc_ms": now_utc_ms,
        "updated_utc_ms": now_utc_ms,
    }
    made = connection.execute(
        insert(tables.rule_draft).returning(tables.rule_draft.c.draft_no), row
    )
    return of_number(connection, made.scalar_one())


def examined(connection: Connection, rule: Rule, today: str) -> list[Remark]:
    """Return what lint says of a rule beside the rules there are, by the laws of its stores."""
    stores = lawbook.lawful_stores(connection, rule.effective_from or today)
    return lint(rule, rules_now(connection), today, stores)


def of_number(connection: Connection, draft_no: int) -> Draft:
    """Return a draft.

    Raises:
        DraftError: there is none with this number.
    """
    query = select(tables.rule_draft).where(tables.rule_draft.c.draft_no == draft_no)
    row = connection.execute(query).first()
    if row is None:
        raise DraftError(
            f"没有草稿 {draft_no}", f"there is no draft {draft_no}; see daka-hq rule list"
        )
    return _draft(row)


def every(connection: Connection, limit: int = 100) -> list[Draft]:
    """Return drafts, the newest first."""
    query = select(tables.rule_draft).order_by(tables.rule_draft.c.draft_no.desc()).limit(limit)
    return [_draft(row) for row in connection.execute(query)]


def _draft(row: Any) -> Draft:
    return Draft(
        draft_no=row.draft_no,
        rule=parse_rule(row.document),
        state=DraftState(row.state),
        author=row.author,
        remarks=tuple(_READ_REMARKS.decode(row.findings)),
        comparison=msgspec.json.decode(row.backtest, type=Comparison) if row.backtest else None,
        version=row.version,
        updated_utc_ms=row.updated_utc_ms,
    )


def rules_now(connection: Connection) -> list[Rule]:
    """Return the newest version of every rule of the database."""
    return list({rule.id: rule for rule in all_versions(connection)}.values())


def all_versions(connection: Connection) -> list[Rule]:
    """Return every version of every rule of the database, the oldest first."""
    query = select(tables.rule_version.c.document).order_by(tables.rule_version.c.version)
    return [parse_rule(document) for document in connection.scalars(query)]


def back_test(
    connection: Connection,
    rule: Rule,
    first_date: str,
    last_date: str,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Comparison:
    """Let a rule speak on the days that are stored and compare; nothing is booked.

    Args:
        first_date, last_date: work dates, both included.

    Raises:
        RuleError: one of its examples does not hold.
    """
    in_force = all_versions(connection)
    always = msgspec.structs.replace(rule, effective_from="0000-01-01", effective_to=None)
    names = backtest.facts_needed(Rulebook(in_force), Rulebook([always]))
    days = history(connection, names, first_date, last_date)
    scorings = {
        one.campaign_id: backtest.Terms(one.scoring, campaigns.targets_of(connection, one))
        for one in campaigns.every(connection)
        if one.first_date <= last_date and first_date <= one.last_date
    }
    return backtest.compare(require_sound(rule), in_force, days, scorings, progress)


def history(
    connection: Connection, names: Sequence[str], first_date: str, last_date: str
) -> pl.DataFrame:
    """Return days, the archive's too, as a frame in order of person and date, without nulls.

    Raises:
        ArchiveError: a file of the archive is not there or not what was written.
        UnreadableDayError: what is stored of a day is not what a judge writes.
    """
    fact = tables.day_fact.c
    query = (
        select(fact.employee_id, fact.work_date, fact.facts)
        .where(fact.work_date.between(first_date, last_date))
        .order_by(fact.employee_id, fact.work_date)
    )
    columns: dict[str, list[Any]] = {name: [] for name in names}
    with connection.execute(query, execution_options={"yield_per": 5_000}) as rows:
        for who, date, text in rows:
            facts = day_texts.read_facts(text)
            if facts is None:
                raise day_texts.UnreadableDayError(who, date)
            for name, column in columns.items():
                column.append(facts.get(name, CATALOGUE[name].default))
    days = pl.DataFrame(columns, schema=backtest.empty_days(names).schema)
    removed = archive.facts(connection, names, first_date, last_date)
    if removed.is_empty():
        return days
    return pl.concat([days, removed]).sort("employee_id", "work_date")


def propose(
    connection: Connection, draft_no: int, comparison: Comparison, now_utc_ms: int
) -> Draft:
    """Put a draft with its back-test before a second person.

    Raises:
        DraftError: lint forbids it, or it is no longer a draft.
        RuleError: one of its examples does not hold.
    """
    draft = of_number(connection, draft_no)
    if draft.state is not DraftState.DRAFT:
        raise DraftError(
            f"草稿 {draft_no} 已{STATE_NAMES[draft.state]}",
            f"draft {draft_no} is {draft.state} already",
        )
    require_sound(draft.rule)
    if draft.rule.effective_from is None:
        raise DraftError(
            f"草稿 {draft_no}:请填写生效日期",
            f"draft {draft_no}: give it a first date (effective_from)",
        )
    if not is_publishable(draft.remarks, past_approved=True):
        errors = [one for one in draft.remarks if one.severity is Severity.ERROR]
        raise DraftError(
            f"草稿 {draft_no} 不能提交:{';'.join(one.zh for one in errors)}",
            f"draft {draft_no} cannot be proposed: {'; '.join(one.en for one in errors)}",
        )
    _update(
        connection, draft_no, now_utc_ms, state=DraftState.PROPOSED, backtest=comparison.to_json()
    )
    return of_number(connection, draft_no)


def withdraw(connection: Connection, draft_no: int, now_utc_ms: int) -> None:
    """Give a draft up; it stays readable.

    Raises:
        DraftError: it is published already.
    """
    if of_number(connection, draft_no).state is DraftState.PUBLISHED:
        raise DraftError(
            f"草稿 {draft_no} 已公布;要改请另出一版",
            f"draft {draft_no} is published; publish another version instead",
        )
    _update(connection, draft_no, now_utc_ms, state=DraftState.WITHDRAWN)


def approve(
    connection: Connection,
    draft_no: int,
    approver: str,
    now_utc_ms: int,
    *,
    retroactive: bool = False,
    channels: Sequence[str] = DEFAULT_CHANNELS,
) -> Rule:
    """Approve a proposed draft: it becomes a version and everybody it concerns is told.

    Args:
        retroactive: the approver approves that it counts for days gone by.

    Raises:
        DraftError: the approver wrote it, it is not proposed, or it counts for the past.
    """
    draft = of_number(connection, draft_no)
    if draft.state is not DraftState.PROPOSED:
        raise DraftError(
            f"草稿 {draft_no} 现在是“{STATE_NAMES[draft.state]}”,要先试算并提交",
            f"draft {draft_no} is {draft.state}; propose it with its back-test first",
        )
    if approver == draft.author:
        raise DraftError(
            f"草稿 {draft_no} 是 {approver} 写的,要由另一个人批准",
            f"draft {draft_no}: {approver} wrote it; a second person approves",
        )
    rule, today = draft.rule, rulebook.today(now_utc_ms)
    assert rule.effective_from is not None, "a proposed draft has a first date"
    is_past = rule.effective_from <= today
    if is_past and not retroactive:
        raise DraftError(
            f"草稿 {draft_no} 从 {rule.effective_from} 起生效,这一天已经开始;"
            "请把生效日期改到明天以后",
            f"draft {draft_no} counts from {rule.effective_from}, which has begun; set a first "
            "date from tomorrow on, or approve the past too (--retroactive)",
        )
    approval = {
        "draft_no": draft_no,
        "approver": approver,
        "is_retroactive": retroactive,
        "approved_utc_ms": now_utc_ms,
    }
    connection.execute(insert(tables.rule_approval), approval)
    published = rulebook.publish(connection, rule, draft.author, now_utc_ms, approver=approver)
    _update(connection, draft_no, now_utc_ms, state=DraftState.PUBLISHED, version=published.version)
    if is_past:
        day_facts.decide_again(connection, rule.effective_from, rule.effective_to, now_utc_ms)
    tell(connection, list(_announcement(connection, published)), channels, now_utc_ms, groups=False)
    return published


def _update(connection: Connection, draft_no: int, now_utc_ms: int, **values: Any) -> None:
    this = tables.rule_draft.c.draft_no == draft_no
    values = {name: getattr(value, "value", value) for name, value in values.items()}
    changed = update(tables.rule_draft).where(this)
    connection.execute(changed.values(updated_utc_ms=now_utc_ms, **values))


def _announcement(connection: Connection, rule: Rule) -> list[News]:
    """Return one message to the group of each store a rule holds in: rules are made known."""
    store = tables.store.c
    stores = connection.execute(select(store.store_id, store.scene).order_by(store.store_id)).all()
    scope = rule.scope
    concerned = [
        row.store_id
        for row in stores
        if (not scope.stores or row.store_id in scope.stores)
        and (not scope.scenes or row.scene in scope.scenes)
    ]
    lines_zh = ";".join(row.text.zh for row in rule.rows)
    lines_en = "; ".join(row.text.en for row in rule.rows)
    since = rule.effective_from or ""
    message = Text(
        zh=f"{since} 起生效:“{rule.name.zh}”第{rule.version}版。{lines_zh}",
        en=f'in force from {since}: "{rule.name.en}", version {rule.version}. {lines_en}',
    )
    key = f"rule/{rule.id}/{rule.version}"
    item = Item(
        key=key, notice_id=key, number=0, rule=rule.name, message=message, work_date=since,
        before_fen=0, after_fen=0,
        document={"kind": "rule", "rule_id": rule.id, "rule_version": rule.version},
        is_plain=True,
    )  # fmt: skip
    return [News(Target(TargetKind.GROUP, store_id), (item,)) for store_id in concerned]
