"""daka-hq retention: what is deleted after its time, and the report of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Config,
    Language,
    local_text,
    now_of,
    words_of,
)

if TYPE_CHECKING:
    from cloud_receiver.store.retention import Swept
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="What is deleted after its time, and the report.")


@app.command("run")
def retention_run(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Delete now what is due; the service does this daily."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import retention
    from cloud_receiver.store.engine import write

    words, settings = words_of(lang), load_settings(config)
    is_full = True
    with database(settings) as engine:
        while is_full:
            with write(engine) as connection:
                swept = retention.run(connection, now_of(settings))
            typer.echo(_line(words, swept))
            is_full = swept.is_full


@app.command("report")
def retention_report(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Show how long each is kept, and what runs deleted, newest first."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import retention
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        terms, runs = retention.terms(connection), retention.report(connection)
    typer.echo(words.say("retention_terms", **asdict(terms)))
    for swept in runs:
        typer.echo(_line(words, swept))


@app.command("set")
def retention_set(
    days: Annotated[list[str], typer.Argument(help="photo_days=30 position_days=90 ...")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Keep less long; what people agreed to is the most."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import retention
    from cloud_receiver.store.engine import write

    words = words_of(lang)
    with database(load_settings(config)) as engine, write(engine) as connection:
        terms = retention.set_terms(connection, dict(one.partition("=")[::2] for one in days))
    typer.echo(words.say("retention_terms", **asdict(terms)))


def _line(words: Words, swept: Swept) -> str:
    return words.say("retention_line", at=local_text(swept.at_utc_ms), **asdict(swept))
