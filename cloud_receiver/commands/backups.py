"""daka-hq backup and restore."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Config,
    Language,
    machine_utc_ms,
    words_of,
)


def backup(
    to: Annotated[Path, typer.Argument(help="a folder that does not exist yet")],
    authority: Annotated[
        bool, typer.Option("--authority", help="with the key that lets boxes in: keep it locked up")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write a checked copy of headquarters into a folder; it may run meanwhile."""
    from cloud_receiver.backups import back_up
    from cloud_receiver.settings import load_settings

    words, settings = words_of(lang), load_settings(config)
    holding = back_up(settings, to, _now_utc(), authority=authority).holding
    counts = {"records": holding.journal_rows, "entries": holding.ledger_rows}
    typer.echo(words.say("backup_made", folder=to, **counts))
    if not authority and settings.authority_dir.exists():
        typer.echo(words.say("backup_without_authority", folder=settings.authority_dir))


def restore(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="a folder that backup wrote")],
    replace: Annotated[
        bool, typer.Option("--replace", help="set the database that is there aside")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Make a backup the database; headquarters must not run. Boxes send again what came since."""
    from cloud_receiver import backups
    from cloud_receiver.settings import load_settings

    words = words_of(lang)
    done = backups.restore(load_settings(config), source, _now_utc(), replace=replace)
    holding = done.description.holding
    counts = {"records": holding.journal_rows, "entries": holding.ledger_rows}
    typer.echo(words.say("restored", at=done.description.made_at_utc, **counts))
    if done.aside:
        typer.echo(words.say("restore_aside", aside=done.aside))
    typer.echo(words.say("restore_next"))


def _now_utc() -> datetime:
    return datetime.fromtimestamp(machine_utc_ms() / 1000, UTC)
