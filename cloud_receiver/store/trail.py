"""Who did what at headquarters, gathered from where each act is kept; reads only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, Subquery, case, func, literal, select, union_all

from cloud_receiver.domain.workday import FIRST_DATE
from cloud_receiver.store.assignments import Kind
from cloud_receiver.store.tables import (
    assignment,
    badge,
    box_command,
    calendar_day,
    campaign_member_version,
    campaign_version,
    decision,
    employee_version,
    entry,
    period_close,
    policy_version,
    roster,
    rule_version,
    seller,
    shift_template,
    store_version,
)


class Act(StrEnum):
    """The kinds of acts."""

    DECISION = "decision"
    UNDONE = "undone"
    ENTRY = "entry"
    RULE = "rule"
    ROSTER = "roster"
    CLOSE = "close"
    POLICY = "policy"
    SHIFT = "shift"
    CALENDAR = "calendar"
    BADGE = "badge"
    SELLER = "seller"
    STORE = "store"
    PERSON = "person"
    HOME = "home"
    EMPLOYED = "employed"
    TEAM = "team"
    CAMPAIGN = "campaign"
    JOINED = "joined"
    LEFT = "left"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Deed:
    """One act.

    Attributes:
        detail: the choice, kind of entry, version or action; of people who move, where to.
        subject: what it was done to, the first of several.
        number: how many at once.
        first_date: from when on it holds, where it is said and not always.
    """

    at_utc_ms: int
    act: Act
    author: str
    detail: str
    subject: str
    number: int
    first_date: str = ""


def deeds(
    connection: Connection, limit: int, *, author: str | None = None, act: Act | None = None
) -> list[Deed]:
    """Return acts, the newest first."""
    of_kinds = (query.subquery() for kind, query in _queries().items() if act in (None, kind))
    # the newest of each kind, then of these the newest: no kind is read to its end for the others
    newest = [_newest(kind, limit, author).subquery() for kind in of_kinds]
    found = union_all(*(select(some) for some in newest)).subquery()
    query = _newest(found, limit, None)
    return [
        Deed(int(row[0]), Act(row[1]), row[2], row[3], row[4], int(row[5]), row[6])
        for row in connection.execute(query)
    ]


def _newest(some: Subquery, limit: int, author: str | None) -> Select[Any]:
    query = select(some).order_by(some.c.at_utc_ms.desc(), some.c.subject).limit(limit)
    return query if author is None else query.where(some.c.author == author)


def _queries() -> dict[Act, Select[Any]]:
    d, e, v, r, c = decision.c, entry.c, rule_version.c, roster.c, period_close.c
    p, s, k, b = policy_version.c, shift_template.c, calendar_day.c, box_command.c
    one = literal(1)
    i, j = badge.c, seller.c
    return {
        Act.DECISION: _columns(d.decided_utc_ms, Act.DECISION, d.author, d.choice, d.matter, one),
        Act.UNDONE: _columns(
            d.undone_utc_ms, Act.UNDONE, d.undone_by, d.choice, d.matter, one
        ).where(d.undone_utc_ms.is_not(None)),
        Act.ENTRY: _columns(
            e.entered_utc_ms, Act.ENTRY, e.author, e.kind,
            func.coalesce(e.employee_id, "") + " " + e.first_date, one,
        ),
        Act.RULE: _columns(v.created_utc_ms, Act.RULE, v.author, v.effective_from, v.rule_id, one),
        Act.ROSTER: _columns(
            r.created_utc_ms, Act.ROSTER, r.author, func.min(r.work_date), r.store_id, func.count()
        ).group_by(r.created_utc_ms, r.author, r.store_id),
        Act.CLOSE: _columns(c.closed_utc_ms, Act.CLOSE, c.author, literal(""), c.period, one),
        Act.POLICY: _columns(
            p.created_utc_ms, Act.POLICY, p.author, literal(""), p.effective_from, one
        ),
        Act.SHIFT: _columns(s.created_utc_ms, Act.SHIFT, s.author, s.name, s.shift_id, one),
        Act.CALENDAR: _columns(k.created_utc_ms, Act.CALENDAR, k.author, k.kind, k.work_date, one),
        Act.BADGE: _columns(
            i.created_utc_ms, Act.BADGE, i.author, i.employee_id, i.user_id, one
        ).where(i.author != ""),
        Act.SELLER: _columns(
            j.created_utc_ms, Act.SELLER, j.author, j.employee_id, j.seller_code, one
        ).where(j.author != ""),
        Act.COMMAND: _columns(b.asked_utc_ms, Act.COMMAND, b.author, b.action, b.box_id, one),
        **_organisation_queries(),
    }  # fmt: skip


def _organisation_queries() -> dict[Act, Select[Any]]:
    """Return what is said of stores, people, teams and campaigns: many at once are one act."""
    s, e, c = store_version.c, employee_version.c, campaign_version.c
    many = func.count()
    return {
        Act.STORE: _columns(
            s.created_utc_ms, Act.STORE, s.author, func.min(s.scene), func.min(s.store_id), many
        ).where(s.author != "").group_by(s.created_utc_ms, s.author),
        Act.PERSON: _columns(
            e.created_utc_ms, Act.PERSON, e.author, literal(""), func.min(e.employee_id), many,
        ).where(e.author != "").group_by(e.created_utc_ms, e.author),
        # who begins is said with them
        Act.EMPLOYED: _moves(Act.EMPLOYED, Kind.EMPLOYED).where(
            assignment.c.first_date != FIRST_DATE
        ),
        # where people are first is said with them
        Act.HOME: _moves(Act.HOME, Kind.HOME).where(assignment.c.first_date != FIRST_DATE),
        Act.TEAM: _moves(Act.TEAM, Kind.TEAM),
        Act.CAMPAIGN: _columns(
            c.created_utc_ms, Act.CAMPAIGN, c.author, c.campaign_id, c.name, literal(1),
        ).where(c.author != ""),
        Act.JOINED: _members(Act.JOINED, campaign_member_version.c.joined_date).where(
            campaign_member_version.c.left_date.is_(None)
        ),
        Act.LEFT: _members(Act.LEFT, campaign_member_version.c.left_date).where(
            campaign_member_version.c.left_date.is_not(None)
        ),
    }  # fmt: skip


def _moves(act: Act, kind: Kind) -> Select[Any]:
    a = assignment.c
    since = case((a.first_date == FIRST_DATE, ""), else_=a.first_date)
    return _columns(
        a.created_utc_ms, act, a.author, a.value, func.min(a.employee_id), func.count(), since
    ).where(a.kind == kind.value, a.author != "").group_by(
        a.created_utc_ms, a.author, a.value, a.first_date
    )  # fmt: skip


def _members(act: Act, since: Any) -> Select[Any]:
    m = campaign_member_version.c
    return _columns(
        m.created_utc_ms, act, m.author, m.campaign_id, func.min(m.employee_id), func.count(), since
    ).where(m.author != "").group_by(m.created_utc_ms, m.author, m.campaign_id, since)  # fmt: skip


def _columns(
    at: Any, act: Act, author: Any, detail: Any, subject: Any, number: Any, first_date: Any = None
) -> Select[Any]:
    return select(
        at.label("at_utc_ms"), literal(act.value).label("act"), author.label("author"),
        detail.label("detail"), subject.label("subject"), number.label("number"),
        (literal("") if first_date is None else first_date).label("first_date"),
    )  # fmt: skip
