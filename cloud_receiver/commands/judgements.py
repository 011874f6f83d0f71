"""daka-hq asof and rebuild: what was known when, and everything derived computed anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Config,
    Language,
    print_lines,
    words_of,
)
from sync.errors import DakaError

if TYPE_CHECKING:
    from cloud_receiver.domain.employee_day import Assessment
    from cloud_receiver.words import Words

_PROGRESS_S = 2


def asof(
    employee: Annotated[str, typer.Argument(help="employee id")],
    date: Annotated[str, typer.Argument(help="work date, YYYY-MM-DD")],
    at: Annotated[str, typer.Option(help="local time of the store, YYYY-MM-DDTHH:MM[:SS]")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Tell how a day stood with what headquarters knew at an instant; changes nothing."""
    from datetime import date as calendar_date

    from cloud_receiver.domain.workday import local_text, local_to_utc_ms
    from cloud_receiver.judgement import Terms, as_known, awaited_since
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import feed_history, organisation
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        home = organisation.home_stores(connection, [employee]).get(employee)
        if home is None:
            raise DakaError(words.say("no_such_employee", employee=employee))
        zone = organisation.zone_of(organisation.sites(connection), home)
        try:
            calendar_date.fromisoformat(date)
            at_utc_ms = local_to_utc_ms(at, zone)
        except ValueError as error:
            raise DakaError(words.say("no_such_time", text=f"{date}, {at}")) from error
        day = as_known(connection, (employee, date), at_utc_ms, Terms())
        complete_utc_ms = awaited_since(connection, day, at_utc_ms)
        kept_since = (
            ("as_of_before", organisation.history_began_utc_ms(connection)),
            ("as_of_feeds", feed_history.began_utc_ms(connection)),
        )
    print_lines(_told(day, zone, at, words))
    if day.awaited and complete_utc_ms:
        since = local_text(complete_utc_ms, zone).replace("T", " ")
        typer.echo(words.say("as_of_awaited", store=day.awaited.store_id, since=since))
    elif day.awaited:
        typer.echo(words.say("as_of_awaited_still", store=day.awaited.store_id))
    for name, began_utc_ms in kept_since:
        if at_utc_ms < began_utc_ms:
            since = local_text(began_utc_ms, zone).replace("T", " ")
            typer.echo(words.say(name, since=since))


def _told(day: Assessment, zone: str, at: str, words: Words) -> Iterator[str]:
    from cloud_receiver.domain import findings
    from cloud_receiver.domain.attendance import LABELS, DayStatus
    from cloud_receiver.domain.workday import local_text

    number = 0 if words.language == "zh" else 1
    facts = day.facts
    status = LABELS[DayStatus(str(facts["status"]))][number]
    final = words.say("final" if facts["final"] else "not_final")
    yield words.say("stood", who=facts["employee_id"], date=facts["work_date"], at=at,
                    status=status, final=final, late=facts["late_min"],
                    early=facts["early_min"], worked=facts["worked_min"])  # fmt: skip
    for point in day.evidence["points"]:
        at_utc_ms = point["at_utc_ms"]
        moment = "–"
        if at_utc_ms is not None:
            moment = local_text(at_utc_ms, zone).replace("T", " ")
        label = LABELS[DayStatus(point["status"])][number]
        yield f"  {point['check_type']:7} {moment:19} {label} {point['record_id'] or ''}".rstrip()
    for finding in day.evidence["findings"]:
        label = findings.LABELS[findings.FindingCode(finding["code"])][number]
        yield f"  {label}: {' '.join(finding['records'])}"
    team, campaign = (str(facts[name]) or "–" for name in ("team", "campaign_id"))
    yield words.say("as_of_then", store=facts["store_id"] or "–", scene=facts["scene"] or "–",
                    team=team, campaign=campaign)  # fmt: skip


def rebuild(
    config: Config = DEFAULT_CONFIG,
    days: Annotated[
        bool, typer.Option("--days", help="only judge the days anew; take the journal as read")
    ] = False,
    lang: Language = "",
) -> None:
    """Compute all that is derived from the journal anew; what comes out the same stays."""
    from time import monotonic

    from cloud_receiver.domain.workday import utc_ms
    from cloud_receiver.judgement import Terms
    from cloud_receiver.main import database
    from cloud_receiver.rebuild import rebuild as rebuild_all
    from cloud_receiver.settings import load_settings
    from sync.memory import collect_rarely

    words, settings = words_of(lang), load_settings(config)
    collect_rarely()
    with database(settings) as engine:
        now_utc_ms = utc_ms(settings.clock.now_utc())
        terms = Terms(channels=settings.notify.channels, groups=settings.notify.groups)
        begun_s, told_s = monotonic(), 0.0

        def tell(records: int, judged: int) -> None:
            nonlocal told_s
            if monotonic() - begun_s - told_s >= _PROGRESS_S:
                told_s = monotonic() - begun_s
                said = words.say("rebuilding", records=records, days=judged, seconds=int(told_s))
                typer.echo(said, err=True)

        done = rebuild_all(engine, now_utc_ms, terms, of_journal=not days, on_progress=tell)
        told = {"records": done.records, "days": done.days, "amiss": done.amiss}
        typer.echo(words.say("rebuilt", **told, sums=done.sums))
