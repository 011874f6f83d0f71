"""daka-hq journal: proof that what boxes sent stands as it was filed."""

from __future__ import annotations

from typing import Annotated

import typer

from cloud_receiver.commands.options import DEFAULT_CONFIG, Config, Language, words_of

app = typer.Typer(no_args_is_help=True, help="The journal: proof of what boxes sent.")


@app.callback()
def journal() -> None:
    """Keep `verify` a command of its own."""


@app.command("verify")
def journal_verify(
    expect: Annotated[str, typer.Option(help="a digest that was kept elsewhere")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Digest every row again and compare with what was kept when it was filed."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import journal_digests
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        troubles = list(journal_digests.verify(connection))
        newest = journal_digests.newest(connection)
        is_known = not expect or journal_digests.is_kept(connection, expect)
    for trouble in troubles:
        typer.echo(words.say("journal_trouble", trouble=trouble), err=True)
    if not is_known:
        typer.echo(words.say("journal_unknown", sha256=expect), err=True)
    if troubles or not is_known:
        raise typer.Exit(1)
    typer.echo(words.say("journal_holds", last=newest.last_no, sha256=newest.sha256 or "-"))
