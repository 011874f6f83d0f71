"""daka-hq feedback: the codes customers scan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloud_receiver.commands.options import DEFAULT_CONFIG, Config, Language, now_of, words_of

app = typer.Typer(no_args_is_help=True, help="The codes customers scan, and what they said.")


@app.command("qr")
def feedback_qr(
    file: Annotated[Path, typer.Argument(help="the sheet to write, an HTML file to print")],
    store: Annotated[str, typer.Option(help="the store")],
    url: Annotated[str, typer.Option(help="address of the pages; default: [boxes] web")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write a store's sheet: a code for the store and one for each of its people."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import feedback_doors
    from cloud_receiver.store.engine import write
    from cloud_receiver.web.code_sheet import sheet
    from sync.errors import DakaError

    words, settings = words_of(lang), load_settings(config)
    base = (url or settings.boxes.web).rstrip("/")
    if not base:
        raise DakaError("say where the pages are: --url https://..., or web in [boxes]")
    with database(settings) as engine, write(engine) as connection:
        doors = feedback_doors.doors_of_store(connection, store, now_of(settings))
    try:
        file.write_text(sheet(base, doors, words.language), encoding="utf-8")
    except OSError as error:
        raise DakaError(f"{file} cannot be written: {error.strerror}") from error
    typer.echo(words.say("codes_written", count=len(doors), file=file))


@app.command("close")
def feedback_close(token: str, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Make a code worthless; print the store's sheet again for a new one."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import feedback_doors
    from cloud_receiver.store.engine import write

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, write(engine) as connection:
        feedback_doors.close(connection, token, now_of(settings))
    typer.echo(words.say("code_closed", token=token))
