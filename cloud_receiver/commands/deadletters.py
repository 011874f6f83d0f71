"""daka-hq deadletter: messages that could not be read."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Config,
    Language,
    machine_utc_ms,
    print_lines,
    words_of,
)
from sync.errors import DakaError

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


@app.command("retry")
def deadletter_retry(
    numbers: Annotated[list[int] | None, typer.Argument(help="which; none: see --code")] = None,
    code: Annotated[str, typer.Option(help="all letters of this reason")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Read dead letters once more, after an upgrade say; what can be read now is filed."""
    from cloud_receiver.main import database
    from cloud_receiver.rereading import numbers_of, reread
    from cloud_receiver.settings import load_settings

    words, settings = words_of(lang), load_settings(config)
    if bool(numbers) == bool(code):
        raise DakaError(words.say("retry_which"))
    is_well = True
    with database(settings) as engine:
        for number in numbers or numbers_of(engine, code):
            done = reread(engine, settings.org, number, machine_utc_ms())
            if done is None:
                raise DakaError(words.say("no_such_letter", number=number))
            is_well = is_well and done.is_read
            said = words.say(
                "retry_read" if done.is_read else "retry_unread",
                number=number,
                new=done.new_records,
                code=done.code,
                detail=done.detail,
            )
            typer.echo(said)
    if not is_well:
        raise typer.Exit(NEEDS_A_LOOK)


@app.command("show")
def deadletter_show(number: int, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Write the bytes of a dead letter to standard output, as they came."""
    from cloud_receiver.report import letter_bytes
    from cloud_receiver.settings import load_settings

    sys.stdout.buffer.write(letter_bytes(load_settings(config), number, words_of(lang)))
