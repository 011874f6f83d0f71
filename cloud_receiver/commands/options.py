"""What several commands share: their options, the language, passwords."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud_receiver.words import Words
from sync.errors import DakaError
from sync.speech import LANGUAGES, environment_language

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloud_receiver.domain.labour import LabourNote
    from cloud_receiver.exchange.importing import Report
    from cloud_receiver.settings import Settings

NEEDS_A_LOOK: Final = 3
MAX_WARNINGS: Final = 20
DEFAULT_CONFIG: Final = Path("/etc/daka/hq.toml")

Config = Annotated[
    Path, typer.Option("--config", "-c", help="the settings file", show_default=True)
]
Language = Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")]
Author = Annotated[str, typer.Option(help="who is answerable for it")]
First = Annotated[str, typer.Option("--from", help="the first date")]
Last = Annotated[str, typer.Option("--to", help="the last date, included")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="take the password from this file instead of asking")
]


def print_warnings(warnings: Sequence[LabourNote], words: Words) -> None:
    """Print what rosters ask more of than the law does, the first `MAX_WARNINGS`."""
    for one in warnings[:MAX_WARNINGS]:
        text = getattr(one.text, words.language)
        said = words.say("labour_warning", employee=one.employee_id, month=one.month, text=text)
        typer.echo(said, err=True)
    if len(warnings) > MAX_WARNINGS:
        typer.echo(words.say("labour_more", count=len(warnings) - MAX_WARNINGS), err=True)


def print_report(report: Report, words: Words) -> None:
    """Print what an import did: the lines it left out and why, then the counts."""
    for error in report.errors:
        text = error.zh if words.language == "zh" else error.en
        place = {"source": error.source, "line": error.line, "field": error.field}
        typer.echo(words.say("line_error", **place, text=text), err=True)
    print_warnings(report.warnings, words)
    counts = {"lines": report.lines, "changed": report.changed, "errors": len(report.errors)}
    told = words.say("imported", source=report.source, **counts)
    typer.echo(told + (words.say("trial") if report.is_dry_run else ""))


def print_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output."""
    for line in lines:
        typer.echo(line)


def ask_password(file: Path | None, login: str, words: Words) -> tuple[str, bool]:
    """Return a password and whether it was made up here."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n"), False
        except (OSError, UnicodeDecodeError) as error:
            raise DakaError(f"--password-file {file} cannot be read: {error}") from error
    if sys.stdin.isatty():
        question = words.say("ask_password", login=login)
        return typer.prompt(question, hide_input=True, confirmation_prompt=True), False
    return secrets.token_urlsafe(12), True


def machine_utc_ms() -> int:
    """Return the machine's own time, whatever clock a demonstration plays by."""
    from cloud_receiver.domain.workday import utc_ms
    from sync.clock import SystemClock

    return utc_ms(SystemClock.of_this_boot().now_utc())


@contextmanager
def transaction(config: Path) -> Iterator[tuple[Connection, int, Settings]]:
    """Give a connection in a transaction that commits, the clock's time and the settings."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store.engine import write

    settings = load_settings(config)
    with database(settings) as engine, write(engine) as connection:
        yield connection, now_of(settings), settings


def now_of(settings: Settings) -> int:
    """Return headquarters' instant, by the clock its settings name."""
    from cloud_receiver.domain.workday import utc_ms

    return utc_ms(settings.clock.now_utc())


def local_text(at_utc_ms: int) -> str:
    """Return an instant in this machine's time zone, to the minute."""
    return datetime.fromtimestamp(at_utc_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def words_of(lang: str) -> Words:
    """Return the phrases of a language: the one asked for, else that of the environment.

    Raises:
        DakaError: there is no such language.
    """
    chosen = lang or environment_language(os.environ)
    if chosen not in LANGUAGES:
        raise DakaError(f"--lang {chosen}: it must be one of {', '.join(LANGUAGES)}")
    return Words(chosen)
