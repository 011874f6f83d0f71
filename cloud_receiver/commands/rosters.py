"""daka-hq roster: who works when, by pattern and by copy; what changed, by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Author,
    Config,
    First,
    Language,
    Last,
    local_text,
    now_of,
    print_lines,
    print_warnings,
    words_of,
)
from sync.errors import DakaError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloud_receiver.domain.rota import Stretch
    from cloud_receiver.store.enrolment import RosterEntry
    from cloud_receiver.store.scheduling import Change
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="Who works when.")
MAX_SHOWN = 40
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what it would do")]
People = Annotated[
    str, typer.Option("--employees", help="ids, commas between; default: the store's")
]
Where = Annotated[str, typer.Option("--store", help="a store's id")]


@app.command("pattern")
def roster_pattern(
    pattern: Annotated[str, typer.Argument(help="早*5 休*2, or 单周: 早*5 休*2 / 双周: 晚*5 休*2")],
    first: First,
    last: Last,
    employees: People = "",
    store: Where = "",
    begins: Annotated[str, typer.Option(help="first day of the cycle; default: --from")] = "",
    calendar: Annotated[str, typer.Option(help="ignore, holidays-off or workdays")] = "ignore",
    stagger: Annotated[int, typer.Option(help="days each person is ahead of the last")] = 0,
    target: Annotated[str, typer.Option(help="yuan a worked day; default: as it stands")] = "",
    subsidy: Annotated[str, typer.Option(help="yuan a worked day; default: as it stands")] = "",
    author: Author = "daka-hq",
    dry_run: DryRun = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Lay a pattern of shifts over dates."""
    from cloud_receiver.domain.rota import CalendarUse, parse_pattern
    from cloud_receiver.exchange import fields
    from cloud_receiver.store import scheduling

    if calendar not in set(CalendarUse):
        raise DakaError(f"--calendar {calendar}: it must be one of {', '.join(CalendarUse)}")
    read = parse_pattern(pattern)
    stretch = _stretch(first, last)

    def make(connection: Connection) -> list[RosterEntry]:
        people = _ids(employees) or _people_of(connection, store)
        order = scheduling.PatternOrder(
            pattern=read,
            stretch=stretch,
            employee_ids=people,
            store_id=store or None,
            begins=_date("--begins", begins) if begins else None,
            use=CalendarUse(calendar),
            stagger_days=stagger,
            target_fen=fields.fen("--target", target) if target else None,
            subsidy_fen=fields.fen("--subsidy", subsidy) if subsidy else None,
        )
        return scheduling.by_pattern(connection, order)

    _lay(make, author, config, lang, dry_run=dry_run)


@app.command("copy")
def roster_copy(
    first: First,
    last: Last,
    onto: Annotated[str, typer.Option(help="the first date that gets a copy")],
    until: Annotated[str, typer.Option(help="the last; default: as long as the source")] = "",
    employees: People = "",
    store: Where = "",
    to_employees: Annotated[str, typer.Option(help="who gets it; default: the same")] = "",
    to_store: Annotated[str, typer.Option(help="where it is worked; default: as it was")] = "",
    author: Author = "daka-hq",
    dry_run: DryRun = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Copy a week, a person's or a store's roster; a short source is repeated."""
    from cloud_receiver.domain.rota import Stretch
    from cloud_receiver.domain.workday import shift_date
    from cloud_receiver.store import scheduling

    source = _stretch(first, last)
    begin = _date("--onto", onto)
    end = _date("--until", until) if until else shift_date(begin, len(source) - 1)
    target = Stretch(begin, end)
    order = scheduling.CopyOrder(
        source=source,
        target=target,
        employee_ids=_ids(employees),
        store_id=store or None,
        to_employees=_ids(to_employees),
        to_store_id=to_store or None,
    )
    _lay(lambda connection: scheduling.by_copy(connection, order), author, config, lang,
         dry_run=dry_run)  # fmt: skip


@app.command("clear")
def roster_clear(
    first: First,
    last: Last,
    employees: People = "",
    store: Where = "",
    author: Author = "daka-hq",
    dry_run: DryRun = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Take back what is planned: no shift and no rest day either; who and when is kept."""
    from cloud_receiver.store import scheduling

    stretch = _stretch(first, last)

    def make(connection: Connection) -> list[RosterEntry]:
        people = _ids(employees) or _people_of(connection, store)
        return scheduling.cleared(connection, people, stretch)

    _lay(make, author, config, lang, dry_run=dry_run)


@app.command("refresh")
def roster_refresh(
    shift: str,
    first: First,
    last: Last,
    author: Author = "daka-hq",
    dry_run: DryRun = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Take the newest version of a shift over into rosters."""
    from cloud_receiver.store import scheduling

    stretch = _stretch(first, last)
    _lay(lambda connection: scheduling.with_newest(connection, shift, stretch), author, config,
         lang, dry_run=dry_run)  # fmt: skip


def _lay(
    make: Callable[[Connection], list[RosterEntry]],
    author: str,
    config: Path,
    lang: str,
    *,
    dry_run: bool,
) -> None:
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import enrolment, labour, scheduling
    from cloud_receiver.store.engine import write

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, write(engine) as connection:
        entries = make(connection)
        changes = scheduling.preview(connection, entries)
        for employee, date in scheduling.overlapping(connection, changes):
            raise DakaError(words.say("roster_overlap", employee=employee, date=date))
        warnings = labour.of_entries(connection, [change.entry for change in changes])
        if not dry_run:
            enrolment.add_roster(connection, entries, author, now_of(settings))
    print_lines(change_lines(changes[:MAX_SHOWN], words))
    if len(changes) > MAX_SHOWN:
        typer.echo(words.say("roster_more", count=len(changes) - MAX_SHOWN))
    print_warnings(warnings, words)
    told = words.say("roster_laid", days=len(entries), changed=len(changes))
    typer.echo(told + (words.say("trial") if dry_run else ""))


def change_lines(changes: Sequence[Change], words: Words) -> list[str]:
    """Return a line for each day that is to change."""
    from cloud_receiver.domain.templates import hours_text

    rest, none = words.say("roster_rest"), words.say("roster_none")
    return [
        words.say(
            "roster_change",
            employee=change.entry.employee_id,
            date=change.entry.work_date,
            before=(hours_text(change.before.shifts) or rest) if change.before else none,
            after=(hours_text(change.entry.shifts) or rest) if change.entry.is_planned else none,
        )
        for change in changes
    ]


@app.command("show")
def roster_show(
    first: First,
    last: Last,
    store: Where = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Show who works when, one line a person."""
    from cloud_receiver.domain.templates import hours_text
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import roster_history
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    stretch = _stretch(first, last)
    with database(load_settings(config)) as engine, read(engine) as connection:
        rows = roster_history.grid(connection, stretch.first, stretch.last, store or None)
    for row in rows:
        cells = [
            f"{date[5:]} {hours_text(row.days[date].shifts) or words.say('roster_rest')}"
            if date in row.days
            else f"{date[5:]} {words.say('roster_none')}"
            for date in stretch
        ]
        typer.echo(f"{row.employee_id} {row.name}: {', '.join(cells)}")


@app.command("history")
def roster_history_(
    employee: str, first: First, last: Last, config: Config = DEFAULT_CONFIG, lang: Language = ""
) -> None:
    """Show every version of a person's days: who, when and what changed."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import roster_history
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    dates = (_date("--from", first), _date("--to", last))
    with database(load_settings(config)) as engine, read(engine) as connection:
        versions = roster_history.history(connection, employee, *dates)
    for one in versions:
        typer.echo(one.work_date)
        stamp = {"when": local_text(one.created_utc_ms), "author": one.author, "state": ""}
        typer.echo(words.say("by_whom", version=one.version, **stamp))
        for each in one.differences:
            part = words.say(f"part_{each.part}")
            texts = {"before": each.before or "–", "after": each.after or "–"}
            typer.echo(words.say("difference", part=part, **texts))
    if not versions:
        typer.echo(words.say("no_versions"))


def _stretch(first: str, last: str) -> Stretch:
    from cloud_receiver.domain.rota import Stretch

    return Stretch(_date("--from", first), _date("--to", last))


def _date(option: str, text: str) -> str:
    from cloud_receiver.exchange import fields

    return fields.day(option, text).isoformat()


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))


def _people_of(connection: Connection, store: str) -> tuple[str, ...]:
    """Return the active people whose home is a store."""
    from cloud_receiver.store import names

    people = names.people(connection)
    found = tuple(one.employee_id for one in people if one.store_id == store and one.active)
    if not found:
        raise DakaError("name the people with --employees, or a store that has some with --store")
    return found
