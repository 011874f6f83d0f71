"""daka-hq channel: how people are told, whether it works, and a place to try it out."""

from __future__ import annotations

import time
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
from sync.errors import DakaError

if TYPE_CHECKING:
    from cloud_receiver.settings import Settings
    from cloud_receiver.store.channel_book import ChannelView
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="How people are told, and whether it works.")
Name = Annotated[str, typer.Argument(help="a channel, as `channel status` calls it")]


@app.command()
def status(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Show every channel: up or down, what waits, what failed, the quota left."""
    from cloud_receiver.channels.wiring import quotas
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import channel_book
    from cloud_receiver.store.engine import read

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, read(engine) as connection:
        channels = channel_book.with_former(connection, settings.notify.channels)
        limits = quotas(settings.notify)
        views = channel_book.views(connection, channels, limits, now_of(settings))
    for view in views:
        typer.echo(status_line(view, words))
    if not views:
        typer.echo(words.say("no_channels"))
    if any(view.is_up is False or view.failed for view in views):
        raise typer.Exit(NEEDS_A_LOOK)


def status_line(view: ChannelView, words: Words) -> str:
    """Return what is said of a channel."""
    quota = ""
    if view.quota is not None:
        used = {"calls": view.calls, "quota": view.quota, "left": view.quota_left}
        quota = words.say("channel_quota", **used)
    state = {None: "channel_unused", True: "channel_up", False: "channel_down"}[view.is_up]
    return words.say(
        "channel_line",
        channel=view.channel,
        state=words.say(state),
        sent=view.sent,
        waiting=view.waiting,
        failed=view.failed,
        quota=quota,
        error=words.say("channel_error", error=view.last_error) if view.last_error else "",
    )


@app.command("test")
def send_one(
    channel: Name,
    to: Annotated[
        str, typer.Option(help="an employee, or a store for its group; default: any")
    ] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Send one message right now, past the queue, and say what the service answered."""
    from cloud_receiver.channels.wiring import notifiers
    from cloud_receiver.domain.notices import Notice, Target, TargetKind
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings

    words, settings = words_of(lang), load_settings(config)
    now_utc_ms = now_of(settings)
    when = local_text(now_utc_ms) + time.strftime(":%S")
    zh, en = (words_of(each).say("channel_test_text", when=when) for each in ("zh", "en"))
    with database(settings) as engine:
        made = {one.channel: one for one in notifiers(settings.notify, engine, settings.clock)}
        if channel not in made:
            raise DakaError(f"there is no channel {channel!r} in {config}; there are: {', '.join(made) or 'none'}")  # fmt: skip
        kind = TargetKind.PERSON if channel == "dingtalk" else TargetKind.GROUP
        if channel in ("console", "webhook", "mail") and to and _is_employee(settings, to):
            kind = TargetKind.PERSON
        if kind is TargetKind.PERSON and not to:
            raise DakaError("--to: name the employee who gets the message")
        target = Target(kind, to or "*")
        notice = Notice(
            notice_id=f"test/{channel}/{now_utc_ms}",
            target=target,
            text_zh=zh,
            text_en=en,
            document='{"kind":"test"}',
            language=words.language,
        )
        try:
            made[channel].send(notice)
        finally:
            for one in made.values():
                one.close()
    typer.echo(words.say("channel_tested", channel=channel, target=target.id, text=notice.text))


def _is_employee(settings: Settings, who: str) -> bool:
    from cloud_receiver.main import database
    from cloud_receiver.store import names
    from cloud_receiver.store.engine import read

    with database(settings) as engine, read(engine) as connection:
        return names.has_employee(connection, who)


@app.command()
def retry(channel: Name, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Send the failed messages of a channel again, after what was wrong was put right."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store.engine import write
    from cloud_receiver.store.notices import requeue_failed

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, write(engine) as connection:
        count = requeue_failed(connection, channel, now_of(settings))
    typer.echo(words.say("channel_retried", channel=channel, count=count))


@app.command("stand-in")
def stand_in(
    port: Annotated[int, typer.Option(help="to listen on; 0: any that is free")] = 8085,
    people: Annotated[str, typer.Option(help="userids it knows, with commas")] = "ding-1,ding-2",
    robots: Annotated[str, typer.Option(help="tokens of its robots, with commas")] = "robot-1",
    lang: Language = "",
) -> None:
    """Stand in for DingTalk, WeCom and Feishu on this machine, as strict as they are."""
    from cloud_receiver.channels.standin.robots import Robot
    from cloud_receiver.channels.standin.service import StandIn
    from sync.clock import SystemClock

    words = words_of(lang)
    with StandIn(SystemClock.of_this_boot(), port) as standin:
        organisation = standin.organisation
        organisation.people |= set(people.split(","))
        standin.robots |= {token: Robot() for token in robots.split(",")}
        typer.echo(words.say(
            "standin_ready", url=standin.url, app=organisation.app_key,
            secret=organisation.app_secret,
        ))  # fmt: skip
        told: dict[str, int] = {}
        try:
            while True:
                for where, texts in list(standin.heard().items()):
                    for text in texts[told.get(where, 0) :]:
                        typer.echo(words.say("standin_heard", where=where, text=text))
                    told[where] = len(texts)
                time.sleep(0.5)
        except KeyboardInterrupt:
            return
