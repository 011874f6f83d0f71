"""daka-hq archive: old months into Parquet files, proved, removed, brought back."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Config,
    Language,
    local_text,
    now_of,
    words_of,
)

if TYPE_CHECKING:
    from cloud_receiver.store.archive_run import Done
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="Old months in Parquet files, away from the database.")


@app.command("run")
def archive_run(
    keep: Annotated[
        bool, typer.Option("--keep", help="write and check only; remove nothing")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Archive every closed month before the horizon: written, read back, then removed."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import archive_run as runs
    from cloud_receiver.store.engine import read

    words, settings = words_of(lang), load_settings(config)
    chosen, now_utc_ms = settings.archive, now_of(settings)
    with database(settings) as engine:
        months = runs.run(engine, chosen.folder, now_utc_ms, chosen.online_months, keep=keep)
        is_idle = True
        for done in months:
            is_idle = False
            typer.echo(_told(words, done))
        with read(engine) as connection:
            horizon = runs.horizon_of(connection, now_utc_ms, chosen.online_months)
    if is_idle:
        told = "archive_nothing" if horizon else "archive_too_early"
        typer.echo(words.say(told, horizon=horizon))


@app.command("list")
def archive_list(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """List the months that are archived and since when the database lacks them."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import archive
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        parts = archive.parts(connection)
        folder = archive.folder_of(connection) if parts else None
    for (kind, month), group in groupby(parts, key=lambda one: (one.kind, one.month)):
        own = list(group)
        assert folder is not None, "there are parts"
        paths = [folder / one.file for one in own]
        size = sum(path.stat().st_size for path in paths if path.exists())
        removed_utc_ms = own[0].removed_utc_ms
        fate = words.say("archive_kept")
        if removed_utc_ms is not None:
            fate = words.say("archive_removed", at=local_text(removed_utc_ms))
        typer.echo(
            words.say(
                "archive_line", month=month, what=words.say(f"archive_what_{kind}"), fate=fate,
                files=len(own), rows=sum(one.rows for one in own), megabytes=f"{size / 1e6:.1f}",
            )
        )  # fmt: skip


@app.command("verify")
def archive_verify(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Read every file and compare with what was written; also after its folder was moved."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import archive_run as runs

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine:
        proof = runs.verify(engine, settings.archive.folder)
    for trouble in proof.troubles:
        typer.echo(words.say("archive_trouble", trouble=trouble), err=True)
    for file in proof.strangers:
        typer.echo(words.say("archive_stranger", file=file))
    if proof.troubles:
        raise typer.Exit(1)
    typer.echo(words.say("archive_holds", files=proof.files, folder=settings.archive.folder))
    if proof.strangers:
        raise typer.Exit(NEEDS_A_LOOK)


@app.command("bring-back")
def archive_bring_back(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Put everything that was removed back into the database; the files stay."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import archive
    from cloud_receiver.store.engine import wait_turn, write

    words = words_of(lang)
    with database(load_settings(config)) as engine, write(engine) as connection:
        wait_turn(connection, archive.TURN)
        rows = archive.bring_back(connection) + archive.bring_bodies_back(connection)
    typer.echo(words.say("archive_back", rows=rows))


def _told(words: Words, done: Done) -> str:
    what = words.say(f"archive_what_{done.kind}")
    if done.is_changed:
        return words.say("archive_changed", month=done.month, what=what)
    fate = words.say("archive_gone" if done.is_removed else "archive_kept")
    return words.say("archive_done", month=done.month, what=what, rows=done.rows, fate=fate)
