"""daka-hq template: an empty workbook to fill in and import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloud_receiver.commands.options import DEFAULT_CONFIG, Config, Language, words_of
from sync.errors import DakaError


def template(
    kind: Annotated[str, typer.Argument(help="roster, employees, stores, badges, sellers ...")],
    xlsx: Annotated[Path, typer.Option(help="the workbook to write")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write an empty workbook with drop-downs of what is known, and a help sheet."""
    from cloud_receiver.exchange import blank_files
    from cloud_receiver.exchange.headings import ImportKind
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store.engine import read

    if kind not in set(ImportKind):
        raise DakaError(f"there is no template for {kind!r}; there are: {', '.join(ImportKind)}")
    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        offered = blank_files.choices(connection, words.language)
    blank_files.write_blank(ImportKind(kind), xlsx, offered, words.language)
    typer.echo(words.say("template_written", path=xlsx))
