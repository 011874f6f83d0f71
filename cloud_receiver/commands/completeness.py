"""daka-hq completeness: what has been heard of every store, and who is awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Config,
    Language,
    now_of,
    words_of,
)

if TYPE_CHECKING:
    from cloud_receiver.store.completeness import FeedRow
    from cloud_receiver.words import Words

_SIGNS: Final = {
    "complete": "●",
    "partly": "◐",
    "nothing": "○",
    "gap": "!",
    "to_come": "·",
    "no_source": "✕",
}


def completeness(
    days: Annotated[int, typer.Option(help="how many, today included", min=1, max=62)] = 7,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Show stores, sources and days, and who is awaited; exit code 3 when somebody is."""
    from cloud_receiver.domain.workday import local_date, shift_date
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import completeness as heard
    from cloud_receiver.store.engine import read

    words, settings = words_of(lang), load_settings(config)
    now_utc_ms = now_of(settings)
    today = local_date(now_utc_ms, "Asia/Shanghai")
    first = shift_date(today, 1 - days)
    with database(settings) as engine, read(engine) as connection:
        rows = heard.matrix(connection, first, today, now_utc_ms)
        awaited = heard.awaiting(connection)
        forgotten = heard.forgotten(connection, today, now_utc_ms)
    typer.echo(words.say("heard_legend", first=first, last=today, **_SIGNS))
    for row in rows:
        typer.echo(_line(row, words, now_utc_ms))
    for one in awaited:
        count = {"days": one.days, "first": one.first_date}
        typer.echo(words.say("heard_awaiting", store=one.store_id, **count))
    for late in forgotten:
        by = late.by_utc_ms
        age = words.age(now_utc_ms - by)
        told = {"store": late.store_id, "name": late.store_name, "expected": late.expected}
        typer.echo(words.say("heard_forgotten", age=age, **told))
    if awaited or forgotten or any(row.is_awaited for row in rows):
        raise typer.Exit(NEEDS_A_LOOK)


def _line(row: FeedRow, words: Words, now_utc_ms: int) -> str:
    signs = "".join(_SIGNS[cell.heard] for cell in row.cells)
    records = sum(cell.records for cell in row.cells)
    what = f"{row.name} ({row.driver})" if row.source_id else words.say("heard_no_source")
    since = ""
    if row.source_id and row.is_awaited:
        mark = row.complete_utc_ms
        age = words.say("heard_never") if mark is None else words.age(now_utc_ms - mark)
        since = words.say("heard_since", age=age)
    place = {"store": row.store_id, "name": row.store_name}
    return words.say("heard_line", signs=signs, what=what, count=records, since=since, **place)
