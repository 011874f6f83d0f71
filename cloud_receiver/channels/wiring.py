"""The channels the settings name, ready to be carried to."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from cloud_receiver.channels.console import ConsoleNotifier
from cloud_receiver.channels.dingtalk.app import DingTalkApp
from cloud_receiver.channels.dingtalk.persons import DingTalkPersons
from cloud_receiver.channels.robots import DingTalkRobot, FeishuRobot, GroupRobots, WeComRobot
from cloud_receiver.channels.smtp import MailNotifier
from cloud_receiver.channels.webhook import WebhookNotifier
from cloud_receiver.store import channel_book, contacts
from cloud_receiver.store.engine import read, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from cloud_receiver.channels.contract import Notifier
    from cloud_receiver.channels.settings import DingTalkSettings
    from cloud_receiver.settings import NotifySettings
    from sync.clock import Clock


def notifiers(notify: NotifySettings, engine: Engine, clock: Clock) -> list[Notifier]:
    """Return one notifier for every channel of the settings, in their order."""
    made: list[Notifier] = []
    if notify.console:
        made.append(ConsoleNotifier(sys.stdout))
    if notify.webhook_url is not None:
        made.append(WebhookNotifier(notify.webhook_url, notify.webhook_secret, clock))
    if notify.dingtalk is not None:
        made += _dingtalk(notify.dingtalk, engine, clock)
    for dialect, robots in ((WeComRobot, notify.wecom), (FeishuRobot, notify.feishu)):
        if robots is not None:
            made.append(GroupRobots(dialect(robots.endpoint), robots.groups, clock))
    if notify.mail is not None:
        made.append(MailNotifier(notify.mail, _addresses(engine, "mail"), clock))
    assert tuple(one.channel for one in made) == notify.channels, "somebody carries every notice"
    return made


def quotas(notify: NotifySettings) -> dict[str, int]:
    """Return the metered calls a month of the channels that have such a limit."""
    dingtalk = notify.dingtalk
    return {"dingtalk": dingtalk.monthly_calls} if dingtalk and dingtalk.tells_persons else {}


def dingtalk_app(
    settings: DingTalkSettings,
    engine: Engine,
    clock: Clock,
    rest: Callable[[float], None] = time.sleep,
) -> DingTalkApp:
    """Return DingTalk's API, whose metered calls are counted in the database."""

    def count() -> None:
        now_utc_ms = int(clock.now_utc().timestamp() * 1000)
        with write(engine) as connection:
            channel_book.count_call(connection, "dingtalk", now_utc_ms)

    return DingTalkApp(
        settings.app_key, settings.app_secret, clock,
        endpoint=settings.endpoint, count=count, rest=rest,
    )  # fmt: skip


def _dingtalk(settings: DingTalkSettings, engine: Engine, clock: Clock) -> list[Notifier]:
    made: list[Notifier] = []
    app = dingtalk_app(settings, engine, clock) if settings.tells_persons else None
    if app is not None:
        made.append(DingTalkPersons(
            app, _addresses(engine, "dingtalk"),
            agent_id=settings.agent_id, robot_code=settings.robot_code,
        ))  # fmt: skip
    if settings.groups:
        made.append(GroupRobots(
            DingTalkRobot(settings.endpoint), settings.groups, clock,
            app=app, robot_code=settings.robot_code,
        ))  # fmt: skip
    return made


def _addresses(engine: Engine, service: str) -> Callable[[str], str | None]:
    def address_of(employee_id: str) -> str | None:
        with read(engine) as connection:
            return contacts.address_of(connection, service, employee_id)

    return address_of
