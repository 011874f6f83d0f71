"""What every channel promises, asked of each of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from cloud_receiver.channels.console import ConsoleNotifier
from cloud_receiver.channels.contract import Notifier, RetryLaterError
from cloud_receiver.channels.receiver import Receiver
from cloud_receiver.channels.webhook import WebhookNotifier
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from sync.clock import SystemClock

SECRET = b"secret"


@dataclass
class Channel:
    """A channel and what stands at its other end."""

    notifier: Notifier
    received: Callable[[], list[str]]
    """What arrived, one text a notice."""
    break_down: Callable[[], None]


@pytest.fixture
def console() -> Channel:
    stream = io.StringIO()
    return Channel(
        notifier=ConsoleNotifier(stream),
        received=lambda: stream.getvalue().splitlines(),
        break_down=stream.close,
    )


@pytest.fixture
def webhook() -> Iterator[Channel]:
    with ExitStack() as running:
        receiver = running.enter_context(Receiver(SECRET))
        notifier = WebhookNotifier(receiver.url, SECRET, SystemClock.of_this_boot())
        yield Channel(
            notifier=notifier,
            received=lambda: [f"{key} {body}" for key, body in receiver.deliveries],
            break_down=running.close,
        )
        notifier.close()


@pytest.fixture(params=["console", "webhook"])
def channel(request: pytest.FixtureRequest) -> Channel:
    channel = request.getfixturevalue(request.param)
    assert channel.notifier.channel == request.param
    return channel


def _notice(number: int) -> Notice:
    return Notice(
        notice_id=f"late/员工{number}/2026-11-02#1",
        target=Target(TargetKind.PERSON, f"员工{number}"),
        text_zh=f"您今日迟到{number}分钟",
        text_en=f"{number} minutes late",
        document='{"after_fen":-1000}',
    )


def test_notices_arrive_in_the_order_they_were_sent_with_id_and_both_texts(
    channel: Channel,
) -> None:
    for number in (1, 2, 3):
        channel.notifier.send(_notice(number))
    received = channel.received()
    assert len(received) == 3
    for number, text in enumerate(received, start=1):
        notice = _notice(number)
        for part in (notice.notice_id, notice.employee_id, notice.text_zh, notice.text_en):
            assert part in text


def test_sending_again_carries_the_same_id(channel: Channel) -> None:
    channel.notifier.send(_notice(1))
    channel.notifier.send(_notice(1))
    first, second = channel.received()
    assert first == second


def test_a_channel_that_is_down_says_so_and_keeps_nothing_back(channel: Channel) -> None:
    channel.notifier.send(_notice(1))
    channel.break_down()
    for _ in range(2):
        with pytest.raises(RetryLaterError) as caught:
            channel.notifier.send(_notice(2))
        assert caught.value.channel_wide
        assert str(caught.value)


def test_closing_twice_does_no_harm(channel: Channel) -> None:
    channel.notifier.close()
    channel.notifier.close()
