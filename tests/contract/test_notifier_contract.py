"""What every channel promises, asked of each of them against a server that is as strict as the real one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from cloud_receiver.channels.console import ConsoleNotifier
from cloud_receiver.channels.contract import Notifier, PermanentError, RetryLaterError, Rooms
from cloud_receiver.channels.dingtalk.app import DingTalkApp
from cloud_receiver.channels.dingtalk.persons import DingTalkPersons
from cloud_receiver.channels.receiver import Receiver, Reply
from cloud_receiver.channels.robots import (
    Dialect,
    DingTalkRobot,
    FeishuRobot,
    GroupRobots,
    WeComRobot,
)
from cloud_receiver.channels.settings import Group
from cloud_receiver.channels.standin.faults import Fault
from cloud_receiver.channels.standin.robots import Robot
from cloud_receiver.channels.standin.service import StandIn
from cloud_receiver.channels.webhook import WebhookNotifier
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from sync.clock import SystemClock
from tests.integration.channels.mail_server import MailBox, mail_server, mailing

SECRET: Final = "planted-secret"
TOKEN: Final = "planted-token"
CLOCK = SystemClock.of_this_boot()


@dataclass
class Channel:
    """A channel and what stands at its other end.

    Attributes:
        name: as the queue stores it.
        target: somebody it reaches; `stranger`: somebody it does not; None: it reaches all.
        received: what arrived, one text a notice, oldest first.
        be_busy: let the other side refuse the next notice for now; None: it never does.
    """

    name: str
    notifier: Notifier
    target: Target
    stranger: Target | None
    received: Callable[[], list[str]]
    break_down: Callable[[], None]
    be_busy: Callable[[], object] | None


@contextmanager
def console() -> Iterator[Channel]:
    stream = io.StringIO()
    yield Channel(
        name="console", notifier=ConsoleNotifier(stream), target=_person("员工1"), stranger=None,
        received=lambda: stream.getvalue().splitlines(), break_down=stream.close, be_busy=None,
    )  # fmt: skip


@contextmanager
def webhook() -> Iterator[Channel]:
    with ExitStack() as running:
        receiver = running.enter_context(Receiver(SECRET.encode()))
        url = f"{receiver.url}?access_token={TOKEN}"
        yield Channel(
            name="webhook", notifier=WebhookNotifier(url, SECRET.encode(), CLOCK),
            target=_person("员工1"), stranger=None,
            received=lambda: [f"{key} {body}" for key, body in receiver.deliveries],
            break_down=running.close, be_busy=lambda: receiver.replies.append(Reply(503)),
        )  # fmt: skip


@contextmanager
def mail(tls: str = "none") -> Iterator[Channel]:
    box = MailBox()
    with ExitStack() as running:
        settings = running.enter_context(mail_server(box, tls=tls))

        def be_busy() -> None:
            box.answers.append("451 4.3.0 later")

        yield Channel(
            name="mail", notifier=mailing(settings), target=_person("E1"), stranger=_person("E9"),
            received=lambda: [str(one.get_content()) for _, one in box.mails],
            break_down=running.close, be_busy=be_busy,
        )  # fmt: skip


def _persons(agent_id: int) -> Callable[[], object]:
    @contextmanager
    def channel() -> Iterator[Channel]:
        with ExitStack() as running:
            standin = running.enter_context(StandIn(CLOCK))
            standin.organisation.people.add("ding-1")
            app = DingTalkApp("app", "secret", CLOCK, endpoint=standin.url)
            yield Channel(
                name="dingtalk",
                notifier=DingTalkPersons(
                    app, {"E1": "ding-1"}.get, agent_id=agent_id, robot_code="app"
                ),
                target=_person("E1"), stranger=_person("E9"),
                received=lambda: list(standin.organisation.heard["ding-1"]),
                break_down=lambda: _cut_off(standin), be_busy=lambda: standin.faults.append(Fault.BUSY),
            )  # fmt: skip

    return channel


def _robot(dialect: type[DingTalkRobot | WeComRobot | FeishuRobot]) -> Callable[[], object]:
    @contextmanager
    def channel() -> Iterator[Channel]:
        with ExitStack() as running:
            standin = running.enter_context(StandIn(CLOCK))
            has_secret = dialect is not WeComRobot
            standin.robots[TOKEN] = Robot(secret=SECRET if has_secret else "", keyword="打卡")
            group = Group(store_id="S1", token=TOKEN, secret=SECRET if has_secret else "", keyword="打卡")  # fmt: skip
            yield Channel(
                name=dialect.channel, notifier=GroupRobots(dialect(standin.url), [group], CLOCK),
                target=Target(TargetKind.GROUP, "S1"), stranger=Target(TargetKind.GROUP, "S9"),
                received=lambda: list(standin.robots[TOKEN].said),
                break_down=lambda: _cut_off(standin), be_busy=lambda: standin.faults.append(Fault.UNAVAILABLE),
            )  # fmt: skip

    return channel


@contextmanager
def conversation() -> Iterator[Channel]:
    with ExitStack() as running:
        standin = running.enter_context(StandIn(CLOCK))
        app = DingTalkApp("app", "secret", CLOCK, endpoint=standin.url)
        running.callback(app.close)
        dialect: Dialect = DingTalkRobot(standin.url)
        group = Group(store_id="S1", conversation="cid-1")
        yield Channel(
            name="dingtalk-group",
            notifier=GroupRobots(dialect, [group], CLOCK, app=app, robot_code="app"),
            target=Target(TargetKind.GROUP, "S1"), stranger=Target(TargetKind.GROUP, "S9"),
            received=lambda: list(standin.organisation.groups["cid-1"]),
            break_down=lambda: _cut_off(standin), be_busy=lambda: standin.faults.append(Fault.BUSY),
        )  # fmt: skip


def _cut_off(standin: StandIn) -> None:
    standin.faults.extend([Fault.NO_ANSWER] * 9)


CHANNELS: Final[dict[str, Callable[[], object]]] = {
    "console": console,
    "webhook": webhook,
    "work notice": _persons(1),
    "in-app robot": _persons(0),
    "in-app robot in a group": conversation,
    "dingtalk robot": _robot(DingTalkRobot),
    "wecom robot": _robot(WeComRobot),
    "feishu robot": _robot(FeishuRobot),
    "mail": mail,
}
FOR_MACHINES: Final = ("console", "webhook")
TO_PERSONS: Final = ("work notice", "in-app robot")


def _all_but(*names: str) -> list[str]:
    return [name for name in CHANNELS if name not in names]


@pytest.fixture(params=CHANNELS)
def channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    with CHANNELS[request.param]() as found:  # type: ignore[attr-defined]
        assert found.notifier.channel == found.name
        yield found
        found.notifier.close()


def _person(employee_id: str) -> Target:
    return Target(TargetKind.PERSON, employee_id)


def _notice(number: int, target: Target) -> Notice:
    return Notice(
        notice_id=f"late/员工{number}/2026-11-02#1",
        target=target,
        text_zh=f"您今日迟到{number}分钟\n· 扣减10%补贴(第{number}条)",
        text_en=f"{number} minutes late",
        document='{"after_fen":-1000}',
    )


def test_notices_arrive_whole_and_in_the_order_they_were_sent(channel: Channel) -> None:
    for number in (1, 2, 3):
        channel.notifier.send(_notice(number, channel.target))
    received = channel.received()
    assert len(received) == 3
    for number, text in enumerate(received, start=1):
        assert all(line in text for line in (f"您今日迟到{number}分钟", f"第{number}条"))


@pytest.mark.parametrize("channel", FOR_MACHINES, indirect=True)
def test_machines_get_id_addressee_and_both_languages(channel: Channel) -> None:
    notice = _notice(1, channel.target)
    channel.notifier.send(notice)
    (text,) = channel.received()
    for part in (notice.notice_id, notice.employee_id, "您今日迟到1分钟", notice.text_en):
        assert part in text


def test_sending_again_says_exactly_the_same(channel: Channel) -> None:
    """A work notice drops it; elsewhere its id or its number tells that it is a repeat."""
    for _ in range(2):
        channel.notifier.send(_notice(1, channel.target))
    first, *repeats = channel.received()
    assert repeats == [first] * len(repeats)
    assert len(repeats) <= 1


def test_a_channel_that_is_down_says_so_and_keeps_nothing_back(channel: Channel) -> None:
    channel.notifier.send(_notice(1, channel.target))
    channel.break_down()
    for _ in range(2):
        with pytest.raises(RetryLaterError) as caught:
            channel.notifier.send(_notice(2, channel.target))
        assert caught.value.channel_wide
        _tells_no_secret(caught.value)


@pytest.mark.parametrize("channel", _all_but("console"), indirect=True)
def test_who_is_busy_is_asked_again_and_gets_it_once(channel: Channel) -> None:
    assert channel.be_busy is not None
    channel.be_busy()
    with pytest.raises(RetryLaterError) as caught:
        channel.notifier.send(_notice(1, channel.target))
    _tells_no_secret(caught.value)
    assert channel.received() == []
    channel.notifier.send(_notice(1, channel.target))
    assert len(channel.received()) == 1


@pytest.mark.parametrize("channel", _all_but(*FOR_MACHINES), indirect=True)
def test_who_cannot_be_reached_is_refused_for_good_and_holds_nobody_up(channel: Channel) -> None:
    assert channel.stranger is not None
    with pytest.raises(PermanentError) as caught:
        channel.notifier.send(_notice(1, channel.stranger))
    assert channel.stranger.id in str(caught.value)
    _tells_no_secret(caught.value)
    channel.notifier.send(_notice(2, channel.target))
    assert len(channel.received()) == 1


@pytest.mark.parametrize("channel", _all_but(*FOR_MACHINES, *TO_PERSONS), indirect=True)
def test_two_groups_share_a_room_only_where_the_same_people_read(channel: Channel) -> None:
    assert isinstance(channel.notifier, Rooms)
    assert channel.notifier.room(_person("E1")) is None or channel.target.kind is TargetKind.GROUP
    here = channel.notifier.room(Target(TargetKind.GROUP, "S1"))
    assert here == channel.notifier.room(Target(TargetKind.GROUP, "S1"))
    assert here is not None


def test_closing_twice_does_no_harm(channel: Channel) -> None:
    channel.notifier.close()
    channel.notifier.close()


def _tells_no_secret(error: Exception) -> None:
    assert str(error)
    assert SECRET not in str(error)
    assert TOKEN not in str(error)
