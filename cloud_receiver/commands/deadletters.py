"""daka-hq deadletter: messages that could not be read."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Config,
    Language,
    print_lines,
    words_of,
)

app = typer.Typer(no_args_is_help=True, help="Messages that could not be read.")


@app.command("list")
def deadletter_list(
    limit: Annotated[int, typer.Option(help="how many, the newest first", min=1)] = 50,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List dead letters, the newest first."""
    from cloud_receiver.report import letter_lines
    from cloud_receiver.settings import load_settings

    print_lines(letter_lines(load_settings(config), limit, words_of(lang)))


@app.command("show")
def deadletter_show(number: int, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Write the bytes of a dead letter to standard output, as they came."""
    from cloud_receiver.report import letter_bytes
    from cloud_receiver.settings import load_settings

    sys.stdout.buffer.write(letter_bytes(load_settings(config), number, words_of(lang)))
