"""daka-hq: the commands of headquarters.

Exit codes: 0 all is well, 1 it could not be done (the message says why), 2 wrong usage,
3 done, but something needs a look: lines left out of an import, a box that is offline.
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from cloud_receiver.words import LANGUAGES, Words, language_of
from sync.errors import DakaError

NEEDS_A_LOOK: Final = 3
DEFAULT_CONFIG: Final = Path("/etc/daka/hq.toml")
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Headquarters: stores what boxes send, judges attendance, books rewards and penalties.",
)
user = typer.Typer(no_args_is_help=True, help="The people who may log in.")
deadletter = typer.Typer(no_args_is_help=True, help="Messages that could not be read.")
app.add_typer(user, name="user")
app.add_typer(deadletter, name="deadletter")

Config = Annotated[
    Path, typer.Option("--config", "-c", help="the settings file", show_default=True)
]
Language = Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="take the password from this file instead of asking")
]


@app.command()
def run(config: Config = DEFAULT_CONFIG) -> None:
    """Run all of headquarters until stopped; the service does this."""
    _run(config, ("ingest", "evaluate", "notify", "web"))


@app.command()
def ingest(config: Config = DEFAULT_CONFIG) -> None:
    """Run the receiver alone: from the broker into the journal."""
    _run(config, ("ingest",))


@app.command()
def evaluate(config: Config = DEFAULT_CONFIG) -> None:
    """Run the evaluator alone: from the journal into the ledger."""
    _run(config, ("evaluate",))


@app.command()
def notify(config: Config = DEFAULT_CONFIG) -> None:
    """Run the couriers alone: from the ledger to people."""
    _run(config, ("notify",))


@app.command()
def web(config: Config = DEFAULT_CONFIG) -> None:
    """Run the pages alone."""
    _run(config, ("web",))


def _run(config: Path, parts: Iterable[str]) -> None:
    from cloud_receiver import main as headquarters
    from cloud_receiver.settings import load_settings

    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    raise typer.Exit(
        headquarters.run(load_settings(config), [headquarters.Part(part) for part in parts])
    )


@app.command()
def init(
    login: Annotated[str, typer.Option(help="the first administrator")] = "admin",
    password_file: PasswordFile = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Make the database and the first administrator; harmless when they are there.

    The password is asked for at a terminal, else made up and printed once.
    """
    from cloud_receiver.main import bring_rules_in, database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts
    from cloud_receiver.store.engine import read

    words, settings = _words(lang), load_settings(config)
    with database(settings) as engine:
        bring_rules_in(settings, engine)
        typer.echo(words.say("database_ready", url=engine.url.render_as_string()))
        with read(engine) as connection:
            stands = accounts.password_hash(connection, login) is not None
        if stands:
            typer.echo(words.say("administrator_stands", login=login))
        else:
            password, is_made_up = _password(password_file, login, words)
            accounts.add(engine, login, password, _machine_utc_ms(), language=words.language)
            typer.echo(words.say("administrator_made", login=login))
            if is_made_up:
                typer.echo(words.say("password_once", password=password))
    typer.echo(words.say("start_next", command=f"daka-hq run -c {config}"))


@user.command("add")
def user_add(
    login: str,
    password_file: PasswordFile = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Let somebody log in."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts

    words, settings = _words(lang), load_settings(config)
    with database(settings) as engine:
        password, is_made_up = _password(password_file, login, words)
        accounts.add(engine, login, password, _machine_utc_ms(), language=words.language)
    typer.echo(words.say("administrator_made", login=login))
    if is_made_up:
        typer.echo(words.say("password_once", password=password))


@user.command("password")
def user_password(
    login: str,
    password_file: PasswordFile = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Change a password and unlock the account."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts

    words, settings = _words(lang), load_settings(config)
    with database(settings) as engine:
        password, is_made_up = _password(password_file, login, words)
        accounts.change_password(engine, login, password)
    typer.echo(words.say("password_changed", login=login))
    if is_made_up:
        typer.echo(words.say("password_once", password=password))


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help="stores, employees, badges, sellers, roster ...")],
    file: Path,
    author: Annotated[str, typer.Option(help="who is answerable for it")] = "daka-hq import",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what it would do")] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Bring a CSV or XLSX file of the organisation in."""
    from cloud_receiver.domain.workday import utc_ms
    from cloud_receiver.exchange.importing import import_file
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings

    words, settings = _words(lang), load_settings(config)
    with database(settings) as engine:
        now_utc_ms = utc_ms(settings.clock.now_utc())
        report = import_file(engine, kind, file, author, now_utc_ms, dry_run=dry_run)
    for error in report.errors:
        text = error.zh if words.language == "zh" else error.en
        place = {"source": error.source, "line": error.line, "field": error.field}
        typer.echo(words.say("line_error", **place, text=text), err=True)
    counts = {"lines": report.lines, "changed": report.changed, "errors": len(report.errors)}
    told = words.say("imported", source=report.source, **counts)
    typer.echo(told + (words.say("trial") if report.is_dry_run else ""))
    if report.errors:
        raise typer.Exit(NEEDS_A_LOOK)


@deadletter.command("list")
def deadletter_list(
    limit: Annotated[int, typer.Option(help="how many, the newest first", min=1)] = 50,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List dead letters, the newest first."""
    from cloud_receiver.report import letter_lines
    from cloud_receiver.settings import load_settings

    _print(letter_lines(load_settings(config), limit, _words(lang)))


@deadletter.command("show")
def deadletter_show(number: int, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Write the bytes of a dead letter to standard output, as they came."""
    from cloud_receiver.report import letter_bytes
    from cloud_receiver.settings import load_settings

    sys.stdout.buffer.write(letter_bytes(load_settings(config), number, _words(lang)))


@app.command()
def status(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Tell how the boxes do; works also when headquarters does not run."""
    from cloud_receiver.report import fleet_lines
    from cloud_receiver.settings import load_settings

    lines, is_well = fleet_lines(load_settings(config), _words(lang))
    _print(lines)
    if not is_well:
        raise typer.Exit(NEEDS_A_LOOK)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="its data; kept for the next start")] = Path(
        "var/demo"
    ),
    speed: Annotated[float, typer.Option(help="simulated seconds a second", min=1)] = 720,
    port: Annotated[int, typer.Option(help="of the pages, if it is free")] = 8080,
    embedded_broker: Annotated[bool, typer.Option(help="even if Mosquitto is installed")] = False,
) -> None:
    """Run stores, terminals, tills and headquarters on this machine, until Ctrl-C."""
    from cloud_receiver.demo import show

    show.run(folder, speed, port, embedded_broker=embedded_broker)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _password(file: Path | None, login: str, words: Words) -> tuple[str, bool]:
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


def _machine_utc_ms() -> int:
    from cloud_receiver.domain.workday import utc_ms
    from sync.clock import SystemClock

    return utc_ms(SystemClock.of_this_boot().now_utc())


def _words(lang: str) -> Words:
    chosen = lang or language_of(os.environ.get("LC_ALL") or os.environ.get("LANG", ""))
    if chosen not in LANGUAGES:
        raise DakaError(f"--lang {chosen}: it must be one of {', '.join(LANGUAGES)}")
    return Words(chosen)


def main() -> None:
    """Run the command line; errors of the world end in one sentence and exit code 1."""
    try:
        app()
    except DakaError as error:
        typer.echo(f"daka-hq: {error}", err=True)
        sys.exit(1)
