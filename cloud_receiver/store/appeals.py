"""Appeals in the database: events added, the entry frozen, the outcome of a decision booked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, insert, select, update

from cloud_receiver.domain import appeals
from cloud_receiver.domain.accounts import PersonAccount
from cloud_receiver.domain.appeals import (
    STATE_NAMES,
    USUAL_TERMS,
    Appeal,
    AppealError,
    Disputed,
    Event,
    State,
    Step,
    Terms,
)
from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.notices import DEFAULT_CHANNELS, Item, News, Target, TargetKind
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.periods import period_of
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.store import balances, change_feed
from cloud_receiver.store.ledger import book_again, entries_about, first_open, lock, outcomes_of
from cloud_receiver.store.notices import tell
from cloud_receiver.store.rulings import events_of, is_binding
from cloud_receiver.store.tables import appeal, appeal_event, ledger
from sync.money import yuan_text


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealView:
    """An appeal as people see it; amounts in fen, signed for the employee."""

    appeal_id: str
    outcome_key: str
    employee_id: str
    store_id: str
    work_date: str
    amount_fen: int
    state: State
    opened_utc_ms: int
    due_utc_ms: int
    is_overdue: bool
    events: tuple[Event, ...]


def open_for_entry(
    connection: Connection,
    entry_id: str,
    author: str,
    text: str,
    now_utc_ms: int,
    *,
    terms: Terms = USUAL_TERMS,
    channels: Collection[str] = DEFAULT_CHANNELS,
) -> AppealView:
    """Open an appeal about an entry, from a message or a page.

    Raises:
        AppealError: there is no such entry of a rule, one is open already, or it is too late.
    """
    key = connection.scalar(select(ledger.c.outcome_key).where(ledger.c.entry_id == entry_id))
    if key is None:
        raise AppealError(f"没有这一笔:{entry_id}", f"there is no entry {entry_id!r}")
    return open_appeal(connection, key, author, text, now_utc_ms, terms=terms, channels=channels)


def open_appeal(
    connection: Connection,
    outcome_key: str,
    author: str,
    text: str,
    now_utc_ms: int,
    *,
    terms: Terms = USUAL_TERMS,
    channels: Collection[str] = DEFAULT_CHANNELS,
) -> AppealView:
    """Open an appeal about what a rule said of a day, booked or not, and freeze its amount.

    Raises:
        AppealError: no rule said so, one is open already, or it is too late.
    """
    lock(connection)
    open_one = select(appeal.c.appeal_id).where(
        appeal.c.outcome_key == outcome_key, appeal.c.state == State.OPEN
    )
    if found := connection.scalar(open_one):
        raise AppealError(
            f"这一笔已有申诉在处理:{found}", f"appeal {found} about {outcome_key} is open already"
        )
    disputed, row = _disputed(connection, outcome_key)
    event = appeals.open_appeal(disputed, author, text, now_utc_ms, terms)
    appeal_id = uuid4().hex[:12]
    connection.execute(insert(appeal), [row | {
        "appeal_id": appeal_id, "state": State.OPEN.value, "opened_utc_ms": now_utc_ms,
        "due_utc_ms": Appeal((event,)).due_utc_ms(terms), "is_binding": True,
    }])  # fmt: skip
    _add_event(connection, appeal_id, event)
    return _settle(connection, appeal_id, now_utc_ms, channels)


def _disputed(connection: Connection, key: str) -> tuple[Disputed, dict[str, Any]]:
    entries = entries_about(connection, key)
    parts = key.split("/")
    said = None
    if len(parts) == 3:
        said = outcomes_of(connection, [(parts[1], parts[2])]).get(key)
    if said is None and not any(entry.kind in (None, "outcome") for entry in entries):
        raise AppealError(
            f"{key} 不是规则给出的奖惩,不能申诉",
            f"no rule said anything under {key!r}; appeal against an award or deduction",
        )
    if said is not None:
        who, store_id, work_date, account = (
            said.employee_id,
            said.store_id,
            said.work_date,
            said.account.value,
        )
    else:
        first = entries[0]
        who, store_id, work_date, account = (
            first.employee_id,
            first.store_id,
            first.work_date,
            first.account,
        )
    amount_fen = sum(entry.amount_fen for entry in entries)
    row = {
        "outcome_key": key, "employee_id": who, "store_id": store_id, "work_date": work_date,
        "account": account, "amount_fen": amount_fen,
    }  # fmt: skip
    first_utc_ms = entries[0].booked_utc_ms if entries else 2**62
    disputed = Disputed(
        outcome_key=key,
        employee_id=who,
        account=account,
        amount_fen=amount_fen,
        first_booked_utc_ms=first_utc_ms,
        is_settled=_is_settled(connection, entries, who, account, amount_fen),
    )
    return disputed, row


def _is_settled(
    connection: Connection, entries: Sequence[Entry], who: str, account: str, amount_fen: int
) -> bool:
    """Tell whether the amount was closed or withdrawn already, so that nothing can be held."""
    begins = first_open(connection)
    if any((entry.period or period_of(entry.work_date)) < begins for entry in entries):
        return True
    if account != PersonAccount.INSTANT:
        return False
    own = balances.of_people(connection, [who]).get(who, {})
    return own.get(PersonAccount.INSTANT, 0) < amount_fen


def add_evidence(
    connection: Connection,
    appeal_id: str,
    author: str,
    text: str,
    attachments: Sequence[str],
    now_utc_ms: int,
) -> AppealView:
    """Add to an open appeal.

    Raises:
        AppealError: there is no such appeal, or it is open no more.
    """
    return _step(connection, appeal_id, now_utc_ms, (), lambda one, _row: appeals.add_evidence(
        one, author, text, attachments, now_utc_ms))  # fmt: skip


def withdraw(
    connection: Connection,
    appeal_id: str,
    author: str,
    text: str,
    now_utc_ms: int,
    *,
    channels: Collection[str] = DEFAULT_CHANNELS,
) -> AppealView:
    """Let the employee take the appeal back; what was frozen is booked as it was.

    Raises:
        AppealError: there is no such appeal, it is open no more, or another's.
    """
    return _step(connection, appeal_id, now_utc_ms, channels, lambda one, row: appeals.withdraw(
        one, row.employee_id, author, text, now_utc_ms))  # fmt: skip


def decide(
    connection: Connection,
    appeal_id: str,
    decision: State,
    author: str,
    text: str,
    now_utc_ms: int,
    *,
    amount_fen: int | None = None,
    channels: Collection[str] = DEFAULT_CHANNELS,
) -> AppealView:
    """Let a person decide, with reasons, and book what that means.

    Raises:
        AppealError: see `domain.appeals.decide`.
    """

    def event_of(one: Appeal, row: Any) -> Event:
        disputed = Disputed(
            outcome_key=row.outcome_key, employee_id=row.employee_id, account=row.account,
            amount_fen=row.amount_fen, first_booked_utc_ms=0, is_settled=False,
        )  # fmt: skip
        return appeals.decide(one, disputed, decision, author, text, now_utc_ms, amount_fen)

    return _step(connection, appeal_id, now_utc_ms, channels, event_of)


def _step(
    connection: Connection,
    appeal_id: str,
    now_utc_ms: int,
    channels: Collection[str],
    event_of: Callable[[Appeal, Any], Event],
) -> AppealView:
    lock(connection)
    row = connection.execute(select(appeal).where(appeal.c.appeal_id == appeal_id)).one_or_none()
    if row is None:
        raise AppealError(f"没有申诉 {appeal_id}", f"there is no appeal {appeal_id!r}")
    event = event_of(Appeal(events_of(connection, [appeal_id])[appeal_id]), row)
    _add_event(connection, appeal_id, event)
    if event.step is Step.EVIDENCE:
        return view(connection, appeal_id, now_utc_ms)
    state = Appeal((event,)).state
    settled = {"state": state.value, "is_binding": is_binding(state)}
    connection.execute(update(appeal).where(appeal.c.appeal_id == appeal_id).values(**settled))
    return _settle(connection, appeal_id, now_utc_ms, channels)


def _add_event(connection: Connection, appeal_id: str, event: Event) -> None:
    document = msgspec.json.encode(event).decode()
    row = {"appeal_id": appeal_id, "seq": event.seq, "document": document}
    connection.execute(insert(appeal_event), [row])


def _settle(
    connection: Connection, appeal_id: str, now_utc_ms: int, channels: Collection[str]
) -> AppealView:
    """Book what the appeal's new state means and tell the person."""
    seen = view(connection, appeal_id, now_utc_ms)
    day = (seen.employee_id, seen.work_date)
    book_again(connection, [day], now_utc_ms, channels=())
    _tell_systems(connection, seen, now_utc_ms)
    tell(connection, [_news(seen)], tuple(channels), now_utc_ms, groups=False)
    return seen


def _tell_systems(connection: Connection, seen: AppealView, now_utc_ms: int) -> None:
    is_open = seen.state is State.OPEN
    kind = ChangeKind.APPEAL_OPENED if is_open else ChangeKind.APPEAL_CHANGED
    document = {
        "appeal_id": seen.appeal_id, "outcome_key": seen.outcome_key, "state": seen.state.value,
        "employee_id": seen.employee_id, "work_date": seen.work_date,
        "amount_fen": seen.amount_fen,
    }  # fmt: skip
    change_feed.tell(connection, kind, [(seen.appeal_id, document)], now_utc_ms)


def _news(seen: AppealView) -> News:
    last = seen.events[-1]
    name = STATE_NAMES[seen.state]
    yuan = yuan_text(seen.amount_fen)
    if seen.state is State.OPEN:
        text = Text(
            f"{seen.work_date} 申诉已受理({yuan}元),处理期间"
            + ("金额冻结,不扣不发" if last.freezes else "原结果已结算,裁定后多退少补"),
            f"{seen.work_date}: your appeal over {yuan} yuan was received;"
            + (" the amount is frozen" if last.freezes else " it is settled already, a decision is booked"),
        )  # fmt: skip
    else:
        text = Text(
            f"{seen.work_date} 申诉结果:{name.zh}。{last.text}",
            f"{seen.work_date}: your appeal was {name.en}. {last.text}",
        )
    item = Item(
        key=f"appeal/{seen.appeal_id}/{last.seq}",
        notice_id=f"appeal/{seen.appeal_id}#{last.seq}",
        number=0,
        rule=text,
        message=text,
        work_date=seen.work_date,
        before_fen=0,
        after_fen=1,  # news, not money: there is something to say
        document={
            "kind": "appeal", "appeal_id": seen.appeal_id, "state": seen.state.value,
            "outcome_key": seen.outcome_key, "employee_id": seen.employee_id,
            "store_id": seen.store_id, "before_fen": seen.amount_fen, "after_fen": seen.amount_fen,
        },
    )  # fmt: skip
    return News(Target(TargetKind.PERSON, seen.employee_id), (item,))


def view(connection: Connection, appeal_id: str, now_utc_ms: int) -> AppealView:
    """Return one appeal.

    Raises:
        AppealError: there is none.
    """
    found = _views(connection, now_utc_ms, appeal.c.appeal_id == appeal_id)
    if not found:
        raise AppealError(f"没有申诉 {appeal_id}", f"there is no appeal {appeal_id!r}")
    return found[0]


def views(
    connection: Connection,
    now_utc_ms: int,
    *,
    state: State | None = None,
    employee_id: str | None = None,
) -> list[AppealView]:
    """Return appeals, those that must be decided first before the others."""
    conditions = []
    if state is not None:
        conditions.append(appeal.c.state == state)
    if employee_id is not None:
        conditions.append(appeal.c.employee_id == employee_id)
    return _views(connection, now_utc_ms, *conditions)


def about(connection: Connection, outcome_key: str) -> list[AppealView]:
    """Return the appeals about one outcome; none of them is called overdue."""
    return _views(connection, 0, appeal.c.outcome_key == outcome_key)


def _views(connection: Connection, now_utc_ms: int, *conditions: Any) -> list[AppealView]:
    query = select(appeal).where(*conditions).order_by(appeal.c.due_utc_ms, appeal.c.appeal_id)
    rows = list(connection.execute(query))
    events = events_of(connection, [row.appeal_id for row in rows])
    return [
        AppealView(
            appeal_id=row.appeal_id,
            outcome_key=row.outcome_key,
            employee_id=row.employee_id,
            store_id=row.store_id,
            work_date=row.work_date,
            amount_fen=row.amount_fen,
            state=State(row.state),
            opened_utc_ms=row.opened_utc_ms,
            due_utc_ms=row.due_utc_ms,
            is_overdue=row.state == State.OPEN and now_utc_ms > row.due_utc_ms,
            events=events[row.appeal_id],
        )
        for row in rows
    ]
