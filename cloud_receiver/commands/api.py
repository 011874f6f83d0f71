"""daka-hq api, daka-hq api-key: the API's document, and the keys of machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Author,
    Config,
    Language,
    local_text,
    transaction,
    words_of,
)
from cloud_receiver.domain.scopes import Scope
from sync.errors import DakaError

app = typer.Typer(no_args_is_help=True, help="The API for machines.")
keys = typer.Typer(no_args_is_help=True, help="Keys of machines, each with its scopes.")


@app.callback()
def _api() -> None:
    """Keep `schema` a command of its own, beside those to come."""


@app.command("schema")
def api_schema(
    out: Annotated[Path | None, typer.Option(help="the file; default: standard output")] = None,
) -> None:
    """Write the OpenAPI document, as docs/openapi.json holds it."""
    from cloud_receiver.web.api.service import document_text

    text = document_text()
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DakaError(f"{out} cannot be written: {error.strerror or error}") from error


@keys.command("new")
def key_new(
    name: Annotated[str, typer.Argument(help="of the system; stands as author of what it enters")],
    scope: Annotated[list[Scope], typer.Option(help="what it may do, once for each")],
    author: Author = "daka-hq api-key",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Make a key and print it, this once."""
    from cloud_receiver.store import api_keys

    with transaction(config) as (connection, now_utc_ms, _):
        made = api_keys.new(connection, name, frozenset(scope), author, now_utc_ms)
    typer.echo(words_of(lang).say("key_made", name=name), err=True)
    typer.echo(made)


@keys.command("list")
def key_list(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """List every key there is or was; the keys themselves are not kept."""
    from cloud_receiver.store import api_keys

    words = words_of(lang)
    with transaction(config) as (connection, _, _settings):
        found = api_keys.listed(connection)
    for one in found:
        state = words.say("key_revoked" if one.revoked_utc_ms else "key_good")
        typer.echo(words.say(
            "key_line", name=one.name, state=state, at=local_text(one.created_utc_ms),
            author=one.author, scopes=" ".join(sorted(one.scopes)),
        ))  # fmt: skip
    if not found:
        typer.echo(words.say("key_none"))


@keys.command("revoke")
def key_revoke(name: str, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Take a key away at once."""
    from cloud_receiver.store import api_keys

    with transaction(config) as (connection, now_utc_ms, _):
        api_keys.revoke(connection, name, now_utc_ms)
    typer.echo(words_of(lang).say("key_gone", name=name))
