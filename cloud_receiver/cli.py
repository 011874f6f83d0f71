"""daka-hq: the commands of headquarters.

Exit codes: 0 all is well, 1 it could not be done (the message says why), 2 wrong usage,
3 done, but something needs a look: lines left out of an import, a box that is offline.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from cloud_receiver.commands import (
    api,
    appeals,
    archives,
    backups,
    blank_files,
    boxes,
    calendars,
    campaigns,
    channels,
    comparisons,
    completeness,
    deadletters,
    dingtalk,
    feedback,
    journals,
    judgements,
    ledger,
    payroll,
    policies,
    retention,
    rosters,
    rules,
    service,
    shifts,
    users,
    webhooks,
)
from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Config,
    Language,
    PasswordFile,
    ask_password,
    machine_utc_ms,
    print_lines,
    print_report,
    words_of,
)
from cloud_receiver.commands.provisioning import add_provisioning
from sync.errors import DakaError, told
from sync.speech import spoken_language

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Headquarters: stores what boxes send, judges attendance, books rewards and penalties.",
)
app.add_typer(users.app, name="user")
app.add_typer(deadletters.app, name="deadletter")
app.add_typer(ledger.app, name="ledger")
app.add_typer(appeals.app, name="appeal")
app.add_typer(journals.app, name="journal")
app.add_typer(payroll.app, name="payroll")
app.add_typer(api.app, name="api")
app.add_typer(api.keys, name="api-key")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(boxes.app, name="box")
app.add_typer(shifts.app, name="shift")
app.add_typer(rosters.app, name="roster")
app.add_typer(calendars.app, name="calendar")
app.command()(judgements.asof)
app.command()(judgements.rebuild)
add_provisioning(app)
app.add_typer(channels.app, name="channel")
app.add_typer(dingtalk.app, name="dingtalk")
app.add_typer(policies.app, name="policy")
app.add_typer(rules.app, name="rule")
app.add_typer(campaigns.app, name="campaign")
app.add_typer(campaigns.team_app, name="team")
app.command("backtest")(rules.backtest)
app.command("completeness")(completeness.completeness)
app.command("template")(blank_files.template)
app.command("compare")(comparisons.compare)
app.add_typer(feedback.app, name="feedback")
app.add_typer(retention.app, name="retention")
app.add_typer(archives.app, name="archive")
app.add_typer(service.app, name="service")
app.command()(backups.backup)
app.command()(backups.restore)


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

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine:
        bring_rules_in(settings, engine)
        typer.echo(words.say("database_ready", url=engine.url.render_as_string()))
        with read(engine) as connection:
            stands = accounts.credentials(connection, login) is not None
        if stands:
            typer.echo(words.say("administrator_stands", login=login))
        else:
            password, is_made_up = ask_password(password_file, login, words)
            accounts.add(engine, login, password, machine_utc_ms(), language=words.language)
            typer.echo(words.say("administrator_made", login=login))
            if is_made_up:
                typer.echo(words.say("password_once", password=password))
    typer.echo(words.say("start_next", command=f"daka-hq run -c {config}"))


@app.command("import")
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            help="stores, employees, badges, sellers, roster, targets, punches, results, contacts, "
            "campaigns, campaign_members, teams, wages, jurisdictions"
        ),
    ],
    file: Path,
    author: Annotated[str, typer.Option(help="who is answerable for it")] = "daka-hq import",
    form: Annotated[
        str, typer.Option("--format", help="whose file it is: daka, dingtalk or frappe")
    ] = "daka",
    complete_through: Annotated[
        str, typer.Option(help="of punches: the last date the file holds all touches of")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what it would do")] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Bring a CSV, XLSX or JSON file in: the organisation, rosters, or history."""
    from cloud_receiver.domain.workday import utc_ms
    from cloud_receiver.exchange.importing import import_file
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine:
        now_utc_ms = utc_ms(settings.clock.now_utc())
        report = import_file(
            engine, kind, file, author, now_utc_ms,
            form=form, complete_through=complete_through, dry_run=dry_run,
            channels=settings.notify.channels,
        )  # fmt: skip
    print_report(report, words)
    if report.errors:
        raise typer.Exit(NEEDS_A_LOOK)


@app.command()
def status(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Tell how the boxes do; works also when headquarters does not run."""
    from cloud_receiver.report import fleet_lines
    from cloud_receiver.settings import load_settings

    lines, is_well = fleet_lines(load_settings(config), words_of(lang))
    print_lines(lines)
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


def main() -> None:
    """Run the command line; errors of the world end in one sentence and exit code 1."""
    try:
        app()
    except DakaError as error:
        typer.echo(f"daka-hq: {told(error, spoken_language(sys.argv[1:], os.environ))}", err=True)
        sys.exit(1)
