"""Campaigns, who takes part in them, and teams, from import files."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec
from sqlalchemy import Connection

from cloud_receiver.domain.budgets import Budget
from cloud_receiver.domain.campaigns import Campaign, Targets
from cloud_receiver.domain.scores import PARTS, SHIPPED_SCORING, Scoring
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.lines import Cells, Errand, ImportFile, Known, known, person_of
from cloud_receiver.store import campaigns, membership, teams
from cloud_receiver.store.campaigns import CampaignError
from cloud_receiver.store.membership import Entrant

_EXTRAS: Final = {
    "scene": "scene", "stores": "stores", "weights": "scoring", "budget_yuan": "budget",
    "member_target_yuan": "targets", "store_targets_yuan": "targets",
}  # fmt: skip


def import_campaigns(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Enter campaigns or change those that are open; return how many."""
    named = known(connection)
    stands = {one.campaign_id: one for one in campaigns.every(connection)}
    changed = 0

    def read(_number: int, cells: Cells) -> Campaign:
        entered = campaign_of(cells, named)
        before = stands.get(entered.campaign_id)
        if before is None:
            return entered
        said = {_EXTRAS[name] for name in _EXTRAS if file.has(name)}
        unsaid = set(_EXTRAS.values()) - said  # a column the file does not have says nothing
        return replace(entered, **{name: getattr(before, name) for name in unsaid})

    def enter(number: int, cells: Cells) -> bool:
        one = read(number, cells)
        if stands.get(one.campaign_id) == one:
            return False
        try:
            campaigns.enter(connection, one, errand.author, errand.now_utc_ms)
        except CampaignError as error:
            raise CellError("campaign_id", f"不能录入:{error}", str(error)) from error
        stands[one.campaign_id] = one
        return True

    for is_new in file.read(enter):
        changed += is_new
    return changed


def campaign_of(cells: Cells, named: Known) -> Campaign:
    """Read a campaign from the cells of a line.

    Raises:
        CellError: a cell cannot be used.
    """
    first = fields.day("begins", cells["begins"]).isoformat()
    last = fields.day("ends", cells["ends"]).isoformat()
    if last < first:
        raise CellError("ends", "结束日期早于开始日期", "it ends before it begins")
    budget_fen = fields.fen("budget_yuan", cells["budget_yuan"])
    return Campaign(
        campaign_id=fields.name("campaign_id", cells["campaign_id"]),
        name=fields.name("name", cells["name"]),
        first_date=first,
        last_date=last,
        scene=fields.scene("scene", cells["scene"]) if cells["scene"] else "",
        stores=tuple(_store("stores", text, named) for text in fields.listed(cells["stores"])),
        scoring=_scoring(cells["weights"]),
        budget=Budget(budget_fen) if cells["budget_yuan"] else None,
        targets=_targets(cells, named),
    )


def _store(field: str, text: str, named: Known) -> str:
    return fields.one_of(field, named.stores.get(text, text), named.zones, "门店", "store")


def _scoring(text: str) -> Scoring:
    if not text:
        return SHIPPED_SCORING
    parts = [part.strip() for part in text.split("/")]
    if len(parts) == len(PARTS) and all(part.isdecimal() for part in parts):
        weights = dict(zip(PARTS, map(int, parts), strict=True))
        scoring = msgspec.structs.replace(SHIPPED_SCORING, **weights)
        if not list(scoring.problems()):
            return scoring
    raise CellError(
        "weights",
        f"“{text}”不是权重,例如 30/50/20(考勤/业绩/反馈)",
        f"{text!r} are no weights like 30/50/20 (attendance/sales/feedback)",
    )


def _targets(cells: Cells, named: Known) -> Targets | None:
    field = "store_targets_yuan"
    stores = {}
    for part in fields.listed(cells[field]):
        name, equals, amount = part.partition("=")
        if not equals:
            raise CellError(
                field, f"“{part}”应写成 门店=金额", f"{part!r}: write store=amount, like S001=50000"
            )
        stores[_store(field, name, named)] = fields.fen(field, amount)
    member_fen = fields.fen("member_target_yuan", cells["member_target_yuan"])
    return Targets(member_fen, stores) if member_fen or stores else None


def import_members(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Let people take part in campaigns; return how many came or changed."""
    named = known(connection)
    periods = {one.campaign_id: one for one in campaigns.every(connection)}

    def read(number: int, cells: Cells) -> tuple[int, str, Entrant]:
        campaign_id = fields.one_of(
            "campaign_id", cells["campaign_id"], periods, "活动", "campaign"
        )
        target_fen = fields.fen("own_target_yuan", cells["own_target_yuan"])
        return number, campaign_id, Entrant(
            employee_id=person_of(cells, named),
            joined_date=_date(cells, "joined_date"),
            left_date=_date(cells, "left_date"),
            target_fen=target_fen if cells["own_target_yuan"] else None,
        )  # fmt: skip

    lines: dict[str, dict[str, tuple[int, Entrant]]] = {}
    for number, campaign_id, entrant in file.read(read):
        lines.setdefault(campaign_id, {})[entrant.employee_id] = (number, entrant)
    changed = 0
    for campaign_id, of_campaign in sorted(lines.items()):
        entrants = [entrant for _, entrant in of_campaign.values()]
        count, refused = membership.put(
            connection, campaign_id, entrants, errand.now_utc_ms, author=errand.author
        )
        changed += count
        for who, text in refused.items():
            file.refuse(of_campaign[who][0], CellError("employee_id", text.zh, text.en))
    return changed


def _date(cells: Cells, field: str) -> str | None:
    return fields.day(field, cells[field]).isoformat() if cells[field] else None


def import_teams(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Say which team people are in; return how many were in another one."""
    named = known(connection)
    since: dict[str, str] = {}

    def read(_number: int, cells: Cells) -> tuple[str, str]:
        who, team = person_of(cells, named), fields.name("team", cells["team"])
        if first_date := _date(cells, "since"):
            since[who] = first_date
        return who, "" if team in fields.NOTHING_WORDS else team

    said = dict(file.read(read))
    return teams.put(connection, said, errand.now_utc_ms, author=errand.author, since=since)
