"""daka-hq compare: results of another system beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Config,
    First,
    Language,
    Last,
    words_of,
)

if TYPE_CHECKING:
    from cloud_receiver.store.comparison import Disagreement
    from cloud_receiver.words import Words

MAX_SHOWN: Final = 200


def compare(first: First, last: Last, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Compare imported results with ours, day by day; exit code 3 when some differ or cannot be read."""
    from cloud_receiver.exchange import fields
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import comparison
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    dates = (fields.day("--from", first).isoformat(), fields.day("--to", last).isoformat())
    with database(load_settings(config)) as engine, read(engine) as connection:
        found = comparison.compare(connection, *dates)
    for one in found.disagreements[:MAX_SHOWN]:
        typer.echo(_line(one, words))
    counts = {
        "agreed": found.agreed,
        "differ": len(found.disagreements),
        "unjudged": found.unjudged,
    }
    typer.echo(words.say("compared", **counts))
    if found.archived:
        typer.echo(words.say("compared_archived", n=found.archived, why=found.trouble))
    if found.disagreements or found.archived:
        raise typer.Exit(NEEDS_A_LOOK)


def _line(one: Disagreement, words: Words) -> str:
    from cloud_receiver.domain.attendance import LABELS

    column = 0 if words.language == "zh" else 1
    known = {status.value: label[column] for status, label in LABELS.items()}
    late = "" if one.their_late_min is None else str(one.their_late_min)
    return words.say(
        "disagreement",
        employee=one.employee_id,
        date=one.work_date,
        origin=one.origin,
        theirs=known.get(one.theirs, one.theirs),
        their_late=late or "-",
        ours=known.get(one.ours, one.ours),
        our_late=one.our_late_min,
        file=one.file,
        line=one.line,
    )
