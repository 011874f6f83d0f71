"""daka-hq webhook: the machines that are told of changes by HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from cloud_receiver.store.webhooks import Delivery
    from cloud_receiver.words import Words

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
    """Subscribe an address to what changes from now on, and print its signing secret."""
    from cloud_receiver.store import webhooks

    with transaction(config) as (connection, now_utc_ms, settings):
        one = webhooks.add(connection, url, frozenset(kind), author, now_utc_ms)
        master = webhooks.master_key(settings.data_dir)
    typer.echo(words_of(lang).say("webhook_made", webhook=one.webhook_id), err=True)
    typer.echo(one.secret(master))


@app.command("secret")
def webhook_secret(webhook: str, config: Config = DEFAULT_CONFIG) -> None:
    """Print a subscription's signing secret again, for a receiver that is set up anew."""
    from cloud_receiver.store import webhooks

    with transaction(config) as (connection, _, settings):
        one = webhooks.of_id(connection, webhook)
        typer.echo(one.secret(webhooks.master_key(settings.data_dir)))


@app.command("log")
def webhook_log(
    webhook: str,
    count: Annotated[int, typer.Option(min=1, max=1000, help="how many attempts")] = 50,
    failed: Annotated[bool, typer.Option("--failed", help="only what was not taken")] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List a subscription's attempts, the newest first."""
    from cloud_receiver.store import webhooks

    words = words_of(lang)
    with transaction(config) as (connection, _, _settings):
        webhooks.of_id(connection, webhook)
        tried = webhooks.deliveries(connection, webhook, count, only_failed=failed)
    for attempt in tried:
        typer.echo(_attempt(words, attempt))
    if not tried:
        typer.echo(words.say("webhook_untried"))


@app.command("retry")
def webhook_retry(
    webhook: str,
    since: Annotated[int, typer.Option("--from", help="tell again from this change on")] = 0,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Tell a subscription at once what waits, or everything again from a change on."""
    from cloud_receiver.store import webhooks

    with transaction(config) as (connection, _, _settings):
        one = webhooks.retry(connection, webhook, since or None)
    said = {"webhook": webhook, "through": one.told_through}
    typer.echo(words_of(lang).say("webhook_retried", **said))


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
            "webhook_line", webhook=one.webhook_id, url=one.shown_url, through=one.told_through,
            attempts=one.attempts, kinds=" ".join(sorted(one.kinds)),
        ))  # fmt: skip
        for attempt in tried:
            typer.echo(_attempt(words, attempt))
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
    from cloud_receiver.store import webhooks
    from cloud_receiver.store.webhooks import Fate

    settings = load_settings(config)
    with database(settings) as engine:
        master = webhooks.master_key(settings.data_dir)
        fate, detail = Subscriptions(engine, settings.clock, master).test(webhook)
    said = words_of(lang).say("webhook_test", webhook=webhook, outcome=fate, detail=detail)
    typer.echo(said.rstrip())
    if fate is not Fate.SENT:
        raise typer.Exit(NEEDS_A_LOOK)


def _attempt(words: Words, one: Delivery) -> str:
    return words.say(
        "webhook_delivery", at=local_text(one.tried_utc_ms), change=one.change_no,
        outcome=one.outcome, detail=one.detail,
    ).rstrip()  # fmt: skip
