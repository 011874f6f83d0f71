"""daka-hq payroll: the period file for payroll, and the log of what was exported."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Author,
    Config,
    Language,
    local_text,
    transaction,
    words_of,
)
from sync.errors import DakaError
from sync.money import yuan_text

if TYPE_CHECKING:
    from cloud_receiver.store.payroll import Export
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="The payroll file of a month, item by item.")
_FORMS = ("csv", "xlsx")


@app.command("export")
def payroll_export(
    period: Annotated[str, typer.Argument(help="the month, as 2026-11")],
    folder: Annotated[Path, typer.Option(help="where the files go")] = Path(),
    close: Annotated[bool, typer.Option("--close", help="close the month first")] = False,
    author: Author = "daka-hq payroll",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write a month's CSV and XLSX; provisional until the month is closed."""
    from cloud_receiver.store import payroll

    words = words_of(lang)
    with transaction(config) as (connection, now_utc_ms, settings):
        if close:
            channels = settings.notify.channels
            made = payroll.close_and_export(
                connection, period, author, now_utc_ms, channels=channels
            )
        else:
            made = payroll.export(connection, period, author, now_utc_ms)
    _say(made, words)
    for form in _FORMS:
        _write(made, form, folder / f"payroll-{period}-{made.export_no}.{form}", words)


@app.command("list")
def payroll_list(
    period: Annotated[str, typer.Option(help="of one month only, as 2026-11")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List every export, the newest first."""
    from cloud_receiver.store import payroll

    words = words_of(lang)
    with transaction(config) as (connection, _, _settings):
        found = payroll.exports(connection, period or None)
    if not found:
        typer.echo(words.say("payroll_none"))
    for one in found:
        state = words.say("payroll_final" if one.is_final else "payroll_provisional")
        typer.echo(words.say(
            "payroll_line", number=one.export_no, period=one.period, state=state,
            author=one.author, at=local_text(one.exported_utc_ms), sha256=one.content_sha256,
        ))  # fmt: skip


@app.command("show")
def payroll_show(
    number: Annotated[int, typer.Argument(help="as `list` shows it")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Show an export's totals and what changed against the one before."""
    from cloud_receiver.store import payroll

    with transaction(config) as (connection, _, _settings):
        made = payroll.export_of(connection, number)
    _say(made, words_of(lang))


def _say(made: Export, words: Words) -> None:
    content = made.content
    typer.echo(words.say(
        "payroll_line", number=made.export_no, period=content.period,
        state=words.say("payroll_final" if content.is_final else "payroll_provisional"),
        author=made.author, at=local_text(made.exported_utc_ms), sha256=made.content_sha256,
    ))  # fmt: skip
    for who, sums in content.totals_fen.items():
        amounts = {str(part): yuan_text(fen) for part, fen in sums.items()}
        typer.echo(
            words.say("payroll_total", employee=who, name=content.names.get(who, who), **amounts)
        )
    for change in made.changes:
        one = change.item
        title, why = (
            text.en if words.language == "en" else text.zh for text in (one.title, one.why)
        )
        typer.echo(words.say(
            "payroll_change", employee=one.employee_id, date=one.work_date, title=title, why=why,
            before=yuan_text(change.before_fen), after=yuan_text(change.after_fen),
        ))  # fmt: skip


def _write(made: Export, form: str, path: Path, words: Words) -> None:
    from cloud_receiver.exchange import payroll_files

    to_bytes = payroll_files.to_csv if form == "csv" else payroll_files.to_xlsx
    content = to_bytes(made, words.language)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise DakaError(f"{path} cannot be written: {error.strerror or error}") from error
    digest = sha256(content).hexdigest()
    typer.echo(words.say("payroll_written", file=path, sha256=digest))
