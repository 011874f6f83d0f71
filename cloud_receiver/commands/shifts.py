"""daka-hq shift: the shifts rosters are made of."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Author,
    Config,
    Language,
    local_text,
    now_of,
    print_lines,
    words_of,
)

app = typer.Typer(no_args_is_help=True, help="The shifts rosters are made of.")
EXAMPLE: Final = "daka-hq shift add 早 --hours 09:00-18:00 --set grace_min=5"


@app.command("add")
def shift_add(
    shift: Annotated[str, typer.Argument(help="what patterns call it, such as 早")],
    hours: Annotated[str, typer.Option(help="09:00-18:00, 22:00-06:00, 08:00-12:00+13:00-17:00")],
    name: Annotated[str, typer.Option(help="for people; default: the same")] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="grace_min=5, on_before_min=60, late_basis=after_grace ..."),
    ] = None,
    author: Author = "daka-hq",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Add a shift, or a new version of it; rosters that stand do not change."""
    from cloud_receiver.domain.templates import hours_text
    from cloud_receiver.exchange.planning_lines import template_of
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import shifts
    from cloud_receiver.store.engine import write

    words, loaded = words_of(lang), load_settings(config)
    template = template_of(shift, name, hours, " ".join(settings or []))
    with database(loaded) as engine, write(engine) as connection:
        is_new = shifts.put(connection, template, author, now_of(loaded))
    said = "shift_added" if is_new else "shift_same"
    typer.echo(words.say(said, shift=shift, hours=hours_text(template.shifts)))


@app.command("list")
def shift_list(
    history: Annotated[bool, typer.Option(help="every version, with who and when")] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List the shifts in force."""
    from cloud_receiver.domain.templates import hours_text, settings_text
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import shifts
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        usable = set(shifts.in_force(connection))
        listed = shifts.versions(connection) if history else shifts.in_force(connection).values()
    lines = []
    for one in listed:
        template = one.template
        if history or template.shift_id in usable:
            more = " | ".join(dict.fromkeys(map(settings_text, template.shifts)))
            hours = hours_text(template.shifts)
            line = words.say(
                "shift_line", shift=template.shift_id, name=template.name, hours=hours, more=more
            )
            lines.append(line)
            state = "" if one.active else words.say("withdrawn")
            when = local_text(one.created_utc_ms)
            stamp = {"version": one.version, "when": when, "author": one.author, "state": state}
            lines.append(words.say("by_whom", **stamp))
    print_lines(lines or [words.say("no_shifts", example=EXAMPLE)])


@app.command("withdraw")
def shift_withdraw(
    shift: str, author: Author = "daka-hq", config: Config = DEFAULT_CONFIG, lang: Language = ""
) -> None:
    """Use a shift no more; rosters that stand do not change."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import shifts
    from cloud_receiver.store.engine import write

    words, loaded = words_of(lang), load_settings(config)
    with database(loaded) as engine, write(engine) as connection:
        done = shifts.withdraw(connection, shift, author, now_of(loaded))
    typer.echo(words.say("shift_withdrawn" if done else "shift_unknown", shift=shift))
    if not done:
        raise typer.Exit(NEEDS_A_LOOK)
