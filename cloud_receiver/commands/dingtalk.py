"""daka-hq dingtalk: what DingTalk has of attendance and planning, and what its payroll gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Author,
    Config,
    First,
    Language,
    Last,
    now_of,
    print_report,
    words_of,
)
from sync.errors import DakaError

if TYPE_CHECKING:
    from cloud_receiver.channels.settings import DingTalkSettings
    from cloud_receiver.dingtalk_errand import Errand
    from cloud_receiver.exchange.importing import Report
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="DingTalk's attendance, planning and payroll.")
Trial = Annotated[bool, typer.Option("--dry-run", help="say what would happen, write nothing")]


@app.command("pull")
def dingtalk_pull(
    first: First,
    last: Last,
    dry_run: Trial = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Fetch attendance of work dates: taps into the journal, results to compare."""
    from cloud_receiver import dingtalk_attendance

    dates = _dates(first, last)
    with _errand(config, dry_run=dry_run) as (errand, _):
        reports = dingtalk_attendance.pull(errand, *dates)
    _say(reports, words_of(lang))


@app.command("day")
def dingtalk_day(
    employee: Annotated[str, typer.Argument(help="whose, by our id")],
    date: Annotated[str, typer.Argument(help="the work date")],
    dry_run: Trial = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Fetch all of one employee-day anew: taps, results, approved absences."""
    from cloud_receiver import dingtalk_planning

    (on, _) = _dates(date, date)
    with _errand(config, dry_run=dry_run) as (errand, _settings):
        reports = dingtalk_planning.pull_day(errand, employee, on)
    _say(reports, words_of(lang))


@app.command("shifts")
def dingtalk_shifts(
    operator: Annotated[str, typer.Option("--as", help="userid of who administers attendance")],
    dry_run: Trial = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Bring the organisation's shifts in, as `daka-hq shift` lists them."""
    from cloud_receiver import dingtalk_planning

    with _errand(config, dry_run=dry_run) as (errand, _):
        report = dingtalk_planning.pull_shifts(errand, operator)
    _say([report], words_of(lang))


@app.command("holidays")
def dingtalk_holidays(
    first: First,
    last: Last,
    dry_run: Trial = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Bring holidays and make-up workdays in, as `daka-hq calendar` shows them."""
    from cloud_receiver import dingtalk_planning

    dates = _dates(first, last)
    with _errand(config, dry_run=dry_run) as (errand, _):
        report = dingtalk_planning.pull_holidays(errand, *dates)
    _say([report], words_of(lang))


@app.command("payroll")
def dingtalk_payroll(
    number: Annotated[int, typer.Argument(help="a final export, as `payroll list` shows it")],
    dry_run: Trial = False,
    author: Author = "daka-hq dingtalk",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write a closed month's sums into DingTalk's payroll; what it has already is not sent again."""
    from cloud_receiver import dingtalk_payroll as writing
    from cloud_receiver.store.engine import read
    from sync.money import yuan_text

    words = words_of(lang)
    with _errand(config, dry_run=dry_run) as (errand, settings):
        if dry_run:
            with read(errand.engine) as connection:
                lines = writing.lines_of(connection, settings, number)
        else:
            lines = writing.hand_over(
                errand.engine, errand.app, settings, number, author, errand.now_utc_ms
            )
    for one in lines:
        amounts = {str(part): yuan_text(fen) for part, fen in one.sums_fen.items()}
        state = words.say(f"payroll_{one.fate}")
        said = {"employee": one.employee_id, "name": one.name, "state": state, "detail": one.detail}
        typer.echo(words.say("payroll_written_line", **said, **amounts).rstrip())
    if any(one.fate is writing.Fate.REFUSED for one in lines):
        raise typer.Exit(NEEDS_A_LOOK)


def _dates(first: str, last: str) -> tuple[str, str]:
    from cloud_receiver.exchange import fields

    return fields.day("--from", first).isoformat(), fields.day("--to", last).isoformat()


@contextmanager
def _errand(config: Path, *, dry_run: bool) -> Iterator[tuple[Errand, DingTalkSettings]]:
    from cloud_receiver.channels.wiring import dingtalk_app
    from cloud_receiver.dingtalk_errand import Errand
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings

    settings = load_settings(config)
    dingtalk = settings.notify.dingtalk
    if dingtalk is None or not dingtalk.app_key:
        raise DakaError(f"{config}: [dingtalk] names no app_key; this needs the app")
    with database(settings) as engine:
        app_ = dingtalk_app(dingtalk, engine, settings.clock)
        folder, now_utc_ms = settings.data_dir / "dingtalk", now_of(settings)
        try:
            yield Errand(
                engine=engine, app=app_, folder=folder, now_utc_ms=now_utc_ms, dry_run=dry_run
            ), dingtalk  # fmt: skip
        finally:
            app_.close()


def _say(reports: Sequence[Report], words: Words) -> None:
    if not reports:
        typer.echo(words.say("dingtalk_nothing"))
    for report in reports:
        print_report(report, words)
    if any(report.errors for report in reports):
        raise typer.Exit(NEEDS_A_LOOK)
