"""daka-hq box: settings and commands for boxes, sources out of service, gaps in feeds."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Author,
    Config,
    Language,
    words_of,
)

app = typer.Typer(no_args_is_help=True, help="The boxes in the stores.")
command_app = typer.Typer(no_args_is_help=True, help="Ask a box for something, now.")
app.add_typer(command_app, name="command")

Expires = Annotated[float, typer.Option(help="minutes after which it is not begun any more")]
Wait = Annotated[float, typer.Option(help="seconds to wait for the answer; 0: do not")]
AUTHOR: Final = "daka-hq box"
_UNSET: Final = "default"
_LOOK_EVERY_S: Final = 0.2


@app.command("settings")
def settings_(
    box: str,
    change: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE", help="poll_s=30, poll_s=default ...")
    ] = None,
    author: Author = AUTHOR,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Show a box's remote settings, or wish for others; the box says whether it took them."""
    from cloud_receiver.domain.workday import utc_ms
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import control
    from cloud_receiver.store.engine import read, write

    words, hq = words_of(lang), load_settings(config)
    changes = dict(_change_of(text) for text in change or ())
    with database(hq) as engine:
        if changes:
            with write(engine) as connection:
                now_utc_ms = utc_ms(hq.clock.now_utc())
                desired = control.wish(connection, box, changes, author, now_utc_ms)
            typer.echo(words.say("wished", version=desired.version, box=box))
        with read(engine) as connection:
            row = control.setting_of(connection, box)
    if row is None:
        typer.echo(words.say("nothing_wished", box=box))
        return
    typer.echo(words.say("wish", version=row["version"], settings=row["settings"]))
    if row["reported_version"] is None:
        typer.echo(words.say("not_reported"))
        return
    told = {"version": row["reported_version"], "settings": row["reported_settings"]}
    typer.echo(words.say("in_force", **told))
    if row["reported_reason"]:
        typer.echo(words.say("wish_refused", reason=row["reported_reason"]))
        raise typer.Exit(NEEDS_A_LOOK)


def _change_of(text: str) -> tuple[str, int | None]:
    name, found, value = text.partition("=")
    if not (found and name):
        raise typer.BadParameter(f"{text!r}: write NAME=VALUE")
    if value == _UNSET:
        return name, None
    if not value.lstrip("-").isdecimal():
        raise typer.BadParameter(f"{text!r}: the value must be a whole number or 'default'")
    return name, int(value)


@command_app.command()
def reread(
    box: str,
    device: Annotated[str, typer.Option(help="its name in the box's settings file")],
    since: Annotated[str, typer.Option(help="a date, 2026-11-01; default: everything")] = "",
    expires_min: Expires = 60,
    wait_s: Wait = 0,
    author: Author = AUTHOR,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Have a device read once more from a date; what the box has already adds nothing."""
    asked = {"device": device, "since": since}
    _ask(config, box, "reread", asked, author, expires_min, wait_s, lang)


@command_app.command()
def replay(
    box: str,
    lane: Annotated[str, typer.Option(help="punch, sale or bulk")],
    first: Annotated[int, typer.Option(help="the first number", min=1)],
    last: Annotated[int, typer.Option(help="the last number", min=1)],
    expires_min: Expires = 60,
    wait_s: Wait = 0,
    author: Author = AUTHOR,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Have records sent once more that the box still keeps."""
    asked = {"lane": lane, "first": first, "last": last}
    _ask(config, box, "replay", asked, author, expires_min, wait_s, lang)


@command_app.command()
def diagnose(
    box: str,
    expires_min: Expires = 60,
    wait_s: Wait = 0,
    author: Author = AUTHOR,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Have a box tell how it does: settings without secrets, health, recent log, versions."""
    _ask(config, box, "diagnose", {}, author, expires_min, wait_s, lang)


@command_app.command("list")
def list_(
    box: Annotated[str | None, typer.Argument(help="default: all")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List commands and how they ended, the newest first."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import control
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        rows = control.commands(connection, box, limit)
    for row in rows:
        typer.echo(words.say("command_line", **_shown(row, words)))


@command_app.command()
def show(command_id: str, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Print what a command brought, as JSON."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import control
    from cloud_receiver.store.engine import read
    from sync.errors import DakaError

    with database(load_settings(config)) as engine, read(engine) as connection:
        row = control.command_of(connection, command_id)
    if row is None:
        raise DakaError(words_of(lang).say("no_such_command", command=command_id))
    result = json.loads(row["result"] or "{}")
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2))


def _ask(
    config: Path,
    box: str,
    action: str,
    arguments: dict[str, Any],
    author: str,
    expires_min: float,
    wait_s: float,
    lang: str,
) -> None:
    from cloud_receiver.domain.workday import utc_ms
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import control
    from cloud_receiver.store.engine import read, write

    words, hq = words_of(lang), load_settings(config)
    with database(hq) as engine:
        now_utc_ms = utc_ms(hq.clock.now_utc())
        expires_utc_ms = now_utc_ms + int(expires_min * 60_000)
        with write(engine) as connection:
            command_id = control.ask(
                connection, box, action, arguments, author, now_utc_ms, expires_utc_ms
            )
        typer.echo(words.say("asked", command=command_id, box=box))
        deadline_s = time.monotonic() + wait_s
        row = None
        while (row is None or row["outcome"] is None) and time.monotonic() < deadline_s:
            time.sleep(_LOOK_EVERY_S)
            with read(engine) as connection:
                row = control.command_of(connection, command_id)
    if row is not None:
        typer.echo(words.say("command_line", **_shown(row, words)))
        if row["outcome"] != "done":
            raise typer.Exit(NEEDS_A_LOOK)


def _shown(row: Any, words: Any) -> dict[str, Any]:
    outcome = words.say(f"outcome_{row['outcome'] or 'open'}")
    return {
        "command": row["command_id"],
        "box": row["box_id"],
        "action": row["action"],
        "arguments": row["arguments"],
        "outcome": outcome,
        "detail": row["detail"] or "",
    }


@app.command("retire-source")
def retire_source(
    box: str,
    source: Annotated[str, typer.Argument(help="its serial number or id, as daka-hq status says")],
    undo: Annotated[bool, typer.Option("--undo", help="put it back into service")] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Take a terminal out of service: its store no longer waits for it."""
    from cloud_receiver.domain.workday import utc_ms
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import fleet
    from cloud_receiver.store.engine import write

    words, hq = words_of(lang), load_settings(config)
    now_utc_ms = utc_ms(hq.clock.now_utc())
    with database(hq) as engine, write(engine) as connection:
        store = fleet.retire(connection, box, source, now_utc_ms, undo=undo)
    typer.echo(words.say("back_in_service" if undo else "retired", source=source, store=store))


@app.command()
def gaps(
    closed: Annotated[bool, typer.Option("--closed", help="those too that were closed")] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List stretches in which touches may be lost: what seems missing there is not final."""
    from cloud_receiver.main import database
    from cloud_receiver.report import instant
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import feed_gaps
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        rows = feed_gaps.listed(connection, closed=closed)
    for row in rows:
        stretch = {"first": instant(row["from_utc_ms"]), "last": instant(row["to_utc_ms"])}
        place = {"gap": row["record_id"], "store": row["store_id"], "source": row["source_id"]}
        typer.echo(words.say("gap", **place, **stretch, who=row["closed_by"] or "-"))
    if not rows:
        typer.echo(words.say("no_gaps"))


@app.command("close-gap")
def close_gap(
    gap: Annotated[str, typer.Argument(help="its id, see: daka-hq box gaps")],
    author: Author = AUTHOR,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Vouch that nothing is missing in a gap: what seems missing is final from now on."""
    from cloud_receiver.domain.workday import utc_ms
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import feed_gaps
    from cloud_receiver.store.engine import write
    from sync.errors import DakaError

    words, hq = words_of(lang), load_settings(config)
    with database(hq) as engine, write(engine) as connection:
        if not feed_gaps.close(connection, gap, author, utc_ms(hq.clock.now_utc())):
            raise DakaError(words.say("no_such_gap", gap=gap))
    typer.echo(words.say("gap_closed", gap=gap))
