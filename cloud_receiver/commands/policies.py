"""daka-hq policy: by what rules days are judged, and from when."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Author,
    Config,
    Language,
    local_text,
    now_of,
    words_of,
)
from sync.errors import DakaError

app = typer.Typer(no_args_is_help=True, help="By what rules days are judged, and from when.")


@app.command("show")
def policy_show(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Show every version: from when, who, when, and its settings."""
    import msgspec

    from cloud_receiver.domain.attendance import Policy
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import policies
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    with database(load_settings(config)) as engine, read(engine) as connection:
        versions = policies.versions(connection)
    typer.echo(words.say("policy_default"))
    typer.echo(f"    {json.dumps(msgspec.to_builtins(Policy()), ensure_ascii=False)}")
    for one in versions:
        when = local_text(one.created_utc_ms)
        stamp = {"version": one.dated.version, "when": when, "author": one.author, "state": ""}
        typer.echo(words.say("policy_from", date=one.dated.effective_from))
        typer.echo(words.say("by_whom", **stamp))
        typer.echo(f"    {json.dumps(msgspec.to_builtins(one.dated.policy), ensure_ascii=False)}")


@app.command("set")
def policy_set(
    settings: Annotated[list[str], typer.Argument(help="serious_late_min=15 collapse_s=60 ...")],
    first: Annotated[str, typer.Option("--from", help="the first work date it is about")],
    author: Author = "daka-hq",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Change settings from a work date on; days from then on are judged anew."""
    from cloud_receiver.domain.attendance import Policy
    from cloud_receiver.domain.policies import with_settings
    from cloud_receiver.exchange import fields
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import policies
    from cloud_receiver.store.engine import write

    words, loaded = words_of(lang), load_settings(config)
    effective_from = fields.day("--from", first).isoformat()
    changed = dict(_setting(text) for text in settings)
    with database(loaded) as engine, write(engine) as connection:
        before = policies.book(connection, Policy()).on(effective_from)
        policy = with_settings(before, changed)
        is_new = policies.put(connection, policy, effective_from, author, now_of(loaded))
    typer.echo(words.say("policy_kept" if is_new else "policy_same", date=effective_from))


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise DakaError(f"{text}: write a setting as name=value")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value
