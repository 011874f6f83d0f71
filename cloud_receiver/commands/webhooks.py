"""daka-hq webhook: the machines that are told of changes by HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Author,
    Config,
    Language,
    local_text,
    transaction,
    words_of,
)
from cloud_receiver.domain.scopes import ChangeKind

app = typer.Typer(no_args_is_help=True, help="Machines that are told of changes by HTTP.")
_SHOWN = 5


@app.command("add")
def webhook_add(
    url: str,
    kind: Annotated[list[ChangeKind], typer.Option(help="what it is told of, once for each")],
    author: Author = "daka-hq webhook",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Subscribe an address to what changes from now on, and print its signing secret once."""
    from cloud_receiver.store import webhooks

    with transaction(config) as (connection, now_utc_ms, _):
        one = webhooks.add(connection, url, frozenset(kind), author, now_utc_ms)
    typer.echo(words_of(lang).say("webhook_made", webhook=one.webhook_id), err=True)
    typer.echo(one.secret)


@app.command("list")
def webhook_list(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """List the subscriptions with their last attempts."""
    from cloud_receiver.store import webhooks

    words = words_of(lang)
    with transaction(config) as (connection, _, _settings):
        found = [
            (one, webhooks.deliveries(connection, one.webhook_id, _SHOWN))
            for one in webhooks.listed(connection)
        ]
    for one, tried in found:
        typer.echo(words.say(
            "webhook_line", webhook=one.webhook_id, url=one.url, through=one.told_through,
            attempts=one.attempts, kinds=" ".join(sorted(one.kinds)),
        ))  # fmt: skip
        for attempt in tried:
            typer.echo(words.say(
                "webhook_delivery", at=local_text(attempt.tried_utc_ms), change=attempt.change_no,
                outcome=attempt.outcome, detail=attempt.detail,
            ).rstrip())  # fmt: skip
    if not found:
        typer.echo(words.say("webhook_none"))


@app.command("remove")
def webhook_remove(webhook: str, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Take a subscription away with its log."""
    from cloud_receiver.store import webhooks

    with transaction(config) as (connection, _, _settings):
        webhooks.remove(connection, webhook)
    typer.echo(words_of(lang).say("webhook_gone", webhook=webhook))


@app.command("test")
def webhook_test(webhook: str, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Send a subscription a signed change of no meaning and say what became of it."""
    from cloud_receiver.channels.subscriptions import Subscriptions
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store.webhooks import Fate

    settings = load_settings(config)
    with database(settings) as engine:
        fate, detail = Subscriptions(engine, settings.clock).test(webhook)
    said = words_of(lang).say("webhook_test", webhook=webhook, outcome=fate, detail=detail)
    typer.echo(said.rstrip())
    if fate is not Fate.SENT:
        raise typer.Exit(NEEDS_A_LOOK)
