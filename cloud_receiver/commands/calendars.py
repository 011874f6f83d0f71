"""daka-hq calendar: holidays and make-up workdays, and headquarters' own word on dates."""

from __future__ import annotations

from typing import Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Author,
    Config,
    First,
    Language,
    Last,
    now_of,
    words_of,
)
from sync.errors import DakaError

app = typer.Typer(no_args_is_help=True, help="Holidays and make-up workdays.")
WEEKDAYS = (("一", "Mon"), ("二", "Tue"), ("三", "Wed"), ("四", "Thu"), ("五", "Fri"), ("六", "Sat"),
            ("日", "Sun"))  # fmt: skip
Where = Annotated[str, typer.Option("--store", help="a store's id; default: every store")]


@app.command("show")
def calendar_show(
    first: First,
    last: Last,
    store: Where = "",
    everything: Annotated[bool, typer.Option("--all", help="ordinary days too")] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Show the days that are not ordinary, and what is not certain about them."""
    from datetime import date

    from cloud_receiver.domain.calendar import DOUBTS, LABELS, DayKind
    from cloud_receiver.domain.rota import Stretch
    from cloud_receiver.exchange import fields
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import calendar
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    column = 0 if words.language == "zh" else 1
    stretch = Stretch(fields.day("--from", first).isoformat(), fields.day("--to", last).isoformat())
    with database(load_settings(config)) as engine, read(engine) as connection:
        days = calendar.calendar(connection, stretch.first, stretch.last)
    for one in (days.day(store, on) for on in stretch):
        is_plain = one.kind in (DayKind.WORKDAY, DayKind.WEEKEND) and not one.is_own
        if is_plain and not everything:
            continue
        typer.echo(
            words.say(
                "calendar_line",
                date=one.date,
                weekday=WEEKDAYS[date.fromisoformat(one.date).weekday()][column],
                kind=LABELS[one.kind][column],
                name=one.name_zh if column == 0 else one.name_en,
                own=words.say("calendar_own") if one.is_own else "",
                doubt=f" ({DOUBTS[one.doubt][column]})" if one.doubt else "",
            ).rstrip()
        )


@app.command("set")
def calendar_set(
    first: Annotated[str, typer.Argument(help="a date")],
    kind: Annotated[str, typer.Argument(help="workday, weekend, holiday, makeup_workday, nation")],
    to: Annotated[str, typer.Option(help="the last date, for several; default: only one")] = "",
    store: Where = "",
    name: Annotated[str, typer.Option(help="what people call the day")] = "",
    author: Author = "daka-hq",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Say what dates are, in a store or everywhere; `nation` takes it back."""
    from cloud_receiver.domain.calendar import DayKind
    from cloud_receiver.domain.rota import Stretch
    from cloud_receiver.exchange import fields
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import calendar, organisation
    from cloud_receiver.store.calendar import Said
    from cloud_receiver.store.engine import write

    if kind not in (*DayKind, "nation"):
        raise DakaError(f"{kind}: it must be one of {', '.join(DayKind)}, nation")
    words, settings = words_of(lang), load_settings(config)
    on = fields.day("date", first).isoformat()
    stretch = Stretch(on, fields.day("--to", to).isoformat() if to else on)
    said = None if kind == "nation" else DayKind(kind)
    with database(settings) as engine, write(engine) as connection:
        if store and store not in organisation.sites(connection):
            raise DakaError(f"--store {store}: there is no such store; import the stores first")
        dates = [Said(store_id=store, work_date=day, kind=said, name=name) for day in stretch]
        count = calendar.say(connection, dates, author, now_of(settings))
    typer.echo(words.say("calendar_said", count=count))
    typer.echo(words.say("calendar_later"))
