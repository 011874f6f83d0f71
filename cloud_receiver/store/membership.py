"""Who takes part in a campaign: joining, leaving, own targets.

Joining freezes whether a member is ranked and which store's target is shared; who leaves
keeps the place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, insert, update

from cloud_receiver.domain.campaigns import Campaign, Member, is_ranked
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.store import campaigns, organisation, tables, versions
from cloud_receiver.store.campaigns import CampaignError

_SAID: Final = ("employee_id", "joined_date", "left_date", "target_fen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """What is said about somebody's taking part.

    Attributes:
        joined_date: None: the campaign's first date, or as it stands.
        left_date: first date no longer there; None: not said.
        target_fen: the member's own for the whole campaign; None: not said.
    """

    employee_id: str
    joined_date: str | None = None
    left_date: str | None = None
    target_fen: int | None = None


def join(
    connection: Connection, campaign_id: str, people: Collection[str], joined: str,
    now_utc_ms: int, *, author: str = "",
) -> int:  # fmt: skip
    """Let people take part from a date on.

    Who is a member already stays as he is. Returns how many are new.

    Raises:
        CampaignError: there is no such campaign, or somebody takes part in another one then.
    """
    known = {member.employee_id for member in campaigns.members(connection, campaign_id)}
    new = [
        Entrant(employee_id=who, joined_date=joined)
        for who in sorted(set(people))
        if who not in known
    ]
    return _all_of(*put(connection, campaign_id, new, now_utc_ms, author=author))


def leave(
    connection: Connection, campaign_id: str, employee_id: str, left: str,
    now_utc_ms: int, *, author: str = "",
) -> None:  # fmt: skip
    """Note from which date on somebody no longer takes part; the place is kept.

    Raises:
        CampaignError: there is no such campaign or member, or the date is before the joining.
    """
    members = campaigns.members(connection, campaign_id)
    if employee_id not in {member.employee_id for member in members}:
        raise CampaignError(
            f"{employee_id} 没有参加这个活动",
            f"{employee_id} takes no part in campaign {campaign_id}",
        )
    one = Entrant(employee_id=employee_id, left_date=left)
    _all_of(*put(connection, campaign_id, [one], now_utc_ms, author=author))


def _all_of(changed: int, refused: Mapping[str, Text]) -> int:
    for who, text in sorted(refused.items()):
        raise CampaignError(f"{who}:{text.zh}", f"{who}: {text.en}")
    return changed


def put(
    connection: Connection, campaign_id: str, entrants: Iterable[Entrant], now_utc_ms: int,
    *, author: str = "",
) -> tuple[int, dict[str, Text]]:  # fmt: skip
    """Let people in and change members; what was said twice changes nothing.

    Args:
        author: who says so; empty: nobody in particular.

    Returns how many came or changed, and why others were refused, by employee.

    Raises:
        CampaignError: there is no such campaign.
    """
    one = campaigns.of_id(connection, campaign_id)
    is_closed = campaigns.closed_utc_ms(connection, campaign_id) is not None
    said = {entrant.employee_id: entrant for entrant in entrants}
    known = {member.employee_id: member for member in campaigns.members(connection, campaign_id)}
    others = campaigns.of_people(connection, said.keys() - known.keys())
    homes = organisation.home_stores(connection, said.keys() - known.keys())
    refused: dict[str, Text] = {}
    new, changed = [], {}
    for who, entrant in sorted(said.items()):
        member = known.get(who)
        busy = [there for there, _ in others.get(who, ()) if _overlap(there, one)]
        trouble = _trouble(one, entrant, member, busy, is_closed=is_closed)
        if trouble is not None:
            refused[who] = trouble
        elif member is None:
            new.append(_row(one, entrant, homes.get(who, "")))
        elif values := _changes(entrant, member):
            changed[who] = values
    table = tables.campaign_member
    if new:
        connection.execute(insert(table), new)
    for who, values in changed.items():
        this = (table.c.campaign_id == campaign_id) & (table.c.employee_id == who)
        connection.execute(update(table).where(this).values(values))
    touched = [*(row["employee_id"] for row in new), *changed]
    if touched:
        said_now = [
            {name: getattr(member, name) for name in _SAID} | {"campaign_id": campaign_id}
            for member in campaigns.members(connection, campaign_id)
            if member.employee_id in touched
        ]
        versions.add(connection, tables.campaign_member_version, said_now, author, now_utc_ms)
        campaigns.mark(connection, one, touched, now_utc_ms)
    return len(touched), refused


def _overlap(there: Campaign, one: Campaign) -> bool:
    return there.first_date <= one.last_date and one.first_date <= there.last_date


def _trouble(
    one: Campaign,
    entrant: Entrant,
    member: Member | None,
    busy: Collection[Campaign],
    *,
    is_closed: bool,
) -> Text | None:
    joined = entrant.joined_date or (member.joined_date if member else one.first_date)
    if member is not None and joined != member.joined_date:
        return Text(
            f"已自{member.joined_date}起参加,参加日期不能更改",
            f"takes part since {member.joined_date}, which is frozen",
        )
    if busy:
        names = ", ".join(sorted(there.campaign_id for there in busy))
        return Text(f"同一时期已参加活动{names}", f"takes part in {names} at that time")
    if joined > one.last_date:
        return Text("参加日期晚于活动结束", "joins after the campaign is over")
    if entrant.left_date is not None and entrant.left_date <= joined:
        return Text("退出日期应晚于参加日期", "leaves before there was a day to take part")
    frozen = entrant.target_fen is not None and is_closed
    if frozen and (member is None or (member.target_fen or 0) != entrant.target_fen):
        return Text("活动已结束,目标不能更改", "the campaign is closed; its targets stand")
    return None


def _row(one: Campaign, entrant: Entrant, home: str) -> dict[str, Any]:
    joined = entrant.joined_date or one.first_date
    return {
        "campaign_id": one.campaign_id,
        "employee_id": entrant.employee_id,
        "joined_date": joined,
        "left_date": entrant.left_date,
        "is_ranked": is_ranked(one, joined),
        "store_id": home,
        "target_fen": entrant.target_fen or None,
    }


def _changes(entrant: Entrant, member: Member) -> dict[str, Any]:
    said = {"left_date": entrant.left_date, "target_fen": entrant.target_fen}
    return {
        name: value or None  # a target of nothing takes the own one away
        for name, value in said.items()
        if value is not None and (value or None) != getattr(member, name)
    }
