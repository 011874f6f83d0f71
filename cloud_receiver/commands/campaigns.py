"""daka-hq campaign and team: who sells together, how they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Author,
    Config,
    Language,
    now_of,
    print_lines,
    transaction,
    words_of,
)
from sync.errors import DakaError
from sync.money import yuan_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloud_receiver.domain.campaigns import Campaign, Member, Standing
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="Campaigns: their members, targets and standings.")
team_app = typer.Typer(no_args_is_help=True, help="Which team people are in.")
Since = Annotated[
    str, typer.Option(help="from which work date on; today's when empty, for who is in one already")
]
Id = Annotated[str, typer.Argument(help="the campaign's id")]


@contextmanager
def _reading(config: Path) -> Iterator[Connection]:
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store.engine import read

    with database(load_settings(config)) as engine, read(engine) as connection:
        yield connection


@app.command("add")
def campaign_add(
    campaign: Id,
    name: str,
    first: Annotated[str, typer.Argument(help="its first date")],
    last: Annotated[str, typer.Argument(help="its last date, included")],
    scene: Annotated[str, typer.Option(help="of the stores that take part")] = "",
    stores: Annotated[str, typer.Option(help="only these, separated by commas")] = "",
    weights: Annotated[str, typer.Option(help="attendance/sales/feedback")] = "30/50/20",
    target: Annotated[str, typer.Option(help="of each member, in yuan, for all of it")] = "",
    store_targets: Annotated[str, typer.Option(help="of stores: S001=50000,S002=30000")] = "",
    budget: Annotated[str, typer.Option(help="what it may cost, in yuan")] = "",
    author: Author = "daka-hq",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Enter a campaign, or change one that is not closed."""
    from cloud_receiver.exchange.campaign_lines import campaign_of
    from cloud_receiver.exchange.lines import known
    from cloud_receiver.store import campaigns

    words = words_of(lang)
    cells = {
        "campaign_id": campaign, "name": name, "begins": first, "ends": last, "scene": scene,
        "stores": stores, "weights": weights, "member_target_yuan": target,
        "store_targets_yuan": store_targets, "budget_yuan": budget,
    }  # fmt: skip
    with transaction(config) as (connection, now_utc_ms, _):
        one = campaign_of(cells, known(connection))
        campaigns.enter(connection, one, author, now_utc_ms)
    typer.echo(words.say("campaign_entered", campaign=campaign))


@app.command("list")
def campaign_list(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """List all campaigns, the newest period first."""
    from cloud_receiver.store import campaigns

    words = words_of(lang)
    with _reading(config) as connection:
        lines = [_line(connection, one, words) for one in campaigns.every(connection)]
    print_lines(lines)


def _line(connection: Connection, one: Campaign, words: Words) -> str:
    from cloud_receiver.store import campaigns

    is_closed = campaigns.closed_utc_ms(connection, one.campaign_id) is not None
    return words.say(
        "campaign_line", campaign=one.campaign_id, name=one.name, first=one.first_date,
        last=one.last_date, people=len(campaigns.members(connection, one.campaign_id)),
        state=words.say("campaign_closed" if is_closed else "campaign_open"),
    )  # fmt: skip


@app.command("show")
def campaign_show(campaign: Id, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Show a campaign: where, how it scores, targets, budget, members."""
    from cloud_receiver.store import budgets, campaigns

    words = words_of(lang)
    with _reading(config) as connection:
        one = campaigns.of_id(connection, campaign)
        line = _line(connection, one, words)
        members = campaigns.members(connection, campaign)
        targets = campaigns.targets_of(connection, one)
        spent_fen = budgets.spent_fen(connection, one)
    print_lines([line, *_terms(one, spent_fen, words)])
    print_lines(_member_line(member, targets, words) for member in members)


def _terms(one: Campaign, spent_fen: int, words: Words) -> Iterator[str]:
    stores = ", ".join(one.stores) or words.say("campaign_everywhere")
    yield words.say("campaign_scope", scene=one.scene, stores=stores)
    scoring = one.scoring
    yield words.say(
        "campaign_weights",
        attendance=scoring.attendance, sales=scoring.sales, feedback=scoring.feedback,
    )  # fmt: skip
    if one.budget is not None:
        left = yuan_text(one.budget.amount_fen - spent_fen)
        yield words.say("campaign_budget", amount=yuan_text(one.budget.amount_fen), left=left)
    if one.targets is not None:
        if one.targets.member_fen:
            amount = yuan_text(one.targets.member_fen)
            yield words.say("campaign_member_target", amount=amount)
        for store, fen in sorted(one.targets.stores.items()):
            yield words.say("campaign_store_target", store=store, amount=yuan_text(fen))


def _member_line(member: Member, targets: dict[str, int], words: Words) -> str:
    fen = targets.get(member.employee_id)
    return words.say(
        "campaign_member",
        employee=member.employee_id,
        joined=member.joined_date,
        left=words.say("member_left", date=member.left_date) if member.left_date else "",
        ranked="" if member.is_ranked else words.say("member_unranked"),
        target=words.say("member_target", amount=yuan_text(fen)) if fen else "",
    )


@app.command("standings")
def campaign_standings(campaign: Id, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Show how members stand after the days known now."""
    from cloud_receiver.store import campaign_standings, campaigns

    words = words_of(lang)
    with _reading(config) as connection:
        one = campaigns.of_id(connection, campaign)
        found = campaign_standings.standing_now(connection, one)
        is_closed = campaigns.closed_utc_ms(connection, campaign) is not None
    if not found:
        typer.echo(words.say("standing_none"))
        return
    if not is_closed:
        typer.echo(words.say("standing_provisional"))
    ordered = sorted(found.values(), key=lambda one: (not one.place, one.place, one.employee_id))
    print_lines(_standing_line(one, words) for one in ordered)


def _standing_line(one: Standing, words: Words) -> str:
    points = {
        part: f"{int(one.facts[f'period_{part}_milli']) / 1000:.1f}"
        for part in ("score", "attendance", "sales", "feedback")
    }
    return words.say(
        "standing_line",
        place=one.place or "-",
        employee=one.employee_id,
        sold=yuan_text(int(one.facts["period_sales_fen"])),
        target=yuan_text(int(one.facts["period_target_fen"])),
        **points,
    )


@app.command("join")
def campaign_join(
    campaign: Id,
    employees: Annotated[list[str], typer.Argument(help="employee ids")],
    since: Annotated[str, typer.Option(help="from which date; default: its first")] = "",
    target: Annotated[str, typer.Option(help="of each of these, in yuan")] = "",
    author: Author = "daka-hq",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Let people take part, or give members a target of their own."""
    from cloud_receiver.exchange import fields
    from cloud_receiver.store import membership, names
    from cloud_receiver.store.membership import Entrant

    words = words_of(lang)
    with transaction(config) as (connection, now_utc_ms, _):
        for who in employees:
            if not names.has_employee(connection, who):
                raise DakaError(words.say("no_such_employee", employee=who))
        entrants = [
            Entrant(
                employee_id=who,
                joined_date=fields.day("--since", since).isoformat() if since else None,
                target_fen=fields.fen("--target", target) if target else None,
            )
            for who in employees
        ]
        count, refused = membership.put(connection, campaign, entrants, now_utc_ms, author=author)
        if refused:  # all or none: a person typed them together
            told = [
                f"{who}: {text.zh if words.language == 'zh' else text.en}"
                for who, text in sorted(refused.items())
            ]
            raise DakaError("; ".join(told))
    typer.echo(words.say("campaign_joined", count=count))


@app.command("leave")
def campaign_leave(
    campaign: Id,
    employee: str,
    date: Annotated[str, typer.Argument(help="the first date no longer there")],
    author: Author = "daka-hq",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Note from which date on somebody no longer takes part."""
    from cloud_receiver.exchange import fields
    from cloud_receiver.store import membership

    words = words_of(lang)
    with transaction(config) as (connection, now_utc_ms, _):
        left = fields.day("date", date).isoformat()
        membership.leave(connection, campaign, employee, left, now_utc_ms, author=author)
    typer.echo(words.say("campaign_left", employee=employee, date=left))


@team_app.command("set")
def team_set(
    team: str,
    employees: Annotated[list[str], typer.Argument(help="employee ids")],
    since: Since = "",
    author: Author = "daka-hq",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Put people into a team; each is in one at a time."""
    from cloud_receiver.exchange import fields

    _put_into(lambda: fields.name("team", team), employees, since, author, config, lang)


@team_app.command("leave")
def team_leave(
    employees: Annotated[list[str], typer.Argument(help="employee ids")],
    since: Since = "",
    author: Author = "daka-hq",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Note that people are in no team any more."""
    _put_into(lambda: "", employees, since, author, config, lang)


def _put_into(
    team: Callable[[], str],
    employees: list[str],
    since: str,
    author: str,
    config: Path,
    lang: str,
) -> None:
    from cloud_receiver.exchange import fields
    from cloud_receiver.store import names, teams

    words = words_of(lang)
    with transaction(config) as (connection, now_utc_ms, _):
        for who in employees:
            if not names.has_employee(connection, who):
                raise DakaError(words.say("no_such_employee", employee=who))
        dates = {}
        if since:
            dates = dict.fromkeys(employees, fields.day("since", since).isoformat())
        said = dict.fromkeys(employees, team())
        count = teams.put(connection, said, now_utc_ms, author=author, since=dates)
    typer.echo(words.say("teams_changed", count=count))


@team_app.command("list")
def team_list(
    on: Annotated[str, typer.Option(help="on this date instead of today")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List the teams and who is in them, today or on a date."""
    from cloud_receiver.domain.workday import local_date
    from cloud_receiver.exchange import fields
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import teams
    from cloud_receiver.store.engine import read

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, read(engine) as connection:
        today = local_date(now_of(settings), "Asia/Shanghai")
        date = fields.day("on", on).isoformat() if on else today
        found = teams.every(connection, date)
    print_lines(
        words.say("team_line", team=team, people=", ".join(people))
        for team, people in found.items()
    )
