"""daka-agent: the commands of the store box.

Exit codes: 0 all is well, 1 it could not be done (the message says why), 2 wrong usage,
3 something needs a look, 4-7 a device could not be read (see `agent.tools.commands`).
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from agent.tools.commands import add_tools
from agent.words import words_for
from sync.errors import DakaError, told
from sync.speech import spoken_language

NEEDS_A_LOOK: Final = 3
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Reads terminals and tills of a store and brings every record to headquarters.",
)

Config = Annotated[
    Path, typer.Option("--config", "-c", help="the settings file", show_default=True)
]
Language = Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")]
DEFAULT_CONFIG: Final = Path("/etc/daka/agent.toml")


@app.command()
def run(config: Config = DEFAULT_CONFIG) -> None:
    """Run until stopped; the service does this."""
    command = [sys.executable, "-P", "-m", "agent.daemon", str(config), version("daka")]
    os.execv(sys.executable, command)  # noqa: S606 - the same process goes on, without typer


@app.command()
def status(
    config: Config = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    lang: Language = "",
) -> None:
    """Tell in plain words how the box does; works also when the agent does not run."""
    from agent.settings import load_settings
    from agent.status import lines_of, status_of

    settings = load_settings(config)
    found = status_of(settings)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        for line in lines_of(found, settings, words_for(lang)):
            typer.echo(line)
    if not found.is_well:
        raise typer.Exit(NEEDS_A_LOOK)


@app.command()
def export_quarantine(
    to: Annotated[Path, typer.Option(help="a folder; made if need be")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write what could not be read into files: the raw bytes, and a JSON that says why."""
    from agent.quarantine import export
    from agent.settings import load_settings

    count = export(load_settings(config).box.outbox, to)
    typer.echo(words_for(lang).say("exported", count=count, folder=to))


@app.command()
def doctor(
    config: Config = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    lang: Language = "",
) -> None:
    """Examine the whole chain, from the disk and each device to headquarters' database.

    Each line says pass, fail or skip, and what to do. Works beside a running agent.
    """
    from agent.tools.doctor import run as examine

    raise typer.Exit(examine(config, lang, as_json=as_json))


@app.command()
def diagnose(
    to: Annotated[Path, typer.Option(help="the bundle to write, a .tar.gz; never over a file")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Pack what helps to help: settings without secrets, health, recent log, versions."""
    from agent.diagnosis import write_bundle
    from agent.settings import load_settings

    write_bundle(load_settings(config), version("daka"), to)
    typer.echo(words_for(lang).say("bundled", path=to))


add_tools(app)


def main() -> None:
    """Run the command line; errors of the world end in one sentence and exit code 1."""
    try:
        app()
    except DakaError as error:
        typer.echo(
            f"daka-agent: {told(error, spoken_language(sys.argv[1:], os.environ))}", err=True
        )
        sys.exit(1)
