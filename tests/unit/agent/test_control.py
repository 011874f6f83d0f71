"""The box obeys each command once, answers as often as asked, and says what it will not do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.capture import Capture
from agent.control import Control, Hands
from agent.outbox import Outbox
from agent.outbox_view import OutboxView
from agent.settings import load_settings
from agent.tuning import META_KEY, Tuning
from agent.writer import Writer
from sync import control, topics
from sync.clock import utc_text
from sync.control import Command, Desired, Outcome, Reply
from sync.errors import DakaError
from sync.receipt import Mark
from sync.topics import Lane

Done = Callable[[str | DakaError], None]


class Rig:
    """A control over a real outbox; what it publishes is read from `said`."""

    def __init__(self, config: Path, outbox: Outbox) -> None:
        self.settings = load_settings(config)
        self.outbox = outbox
        self.writer = Writer(outbox, self.settings.clock, lambda: None)
        self.view = OutboxView(config.parent / "outbox.db")
        self.tuning = Tuning(self.settings, outbox.kept(META_KEY))
        self.rereads: list[tuple[str, date | None, Done]] = []
        self.diagnosed = 0
        hands = Hands(lambda *asked: self.rereads.append(asked), self._diagnose)
        self.control = Control(self.settings, self.writer, self.tuning, hands, lambda: None)

    def _diagnose(self) -> dict[str, Any]:
        self.diagnosed += 1
        return {"fine": True}

    def command(self, action: str, *, late: bool = False, number: str = "c1", **asked: Any) -> None:
        off = timedelta(minutes=-1 if late else 1)
        expires = utc_text(self.settings.clock.now_utc() + off)
        payload = control.encode(Command(number, action, asked, expires))
        assert self.control.hear(topics.command("acme", "b1"), payload)

    def wish(self, version: int, **settings: Any) -> control.Reported:
        payload = control.encode(Desired(version, settings))
        assert self.control.hear(topics.desired("acme", "b1"), payload)
        return control.decode_reported(self.said()[1])

    def said(self) -> tuple[str, bytes]:
        message = self.control.next_message(self.view, self.outbox.counts.epoch)
        assert message is not None
        return message

    def replied(self) -> Reply:
        return control.decode_reply(self.said()[1])


@pytest.fixture
def rig(tmp_path: Path, outbox: Outbox, outbox_path: Path) -> Iterator[Rig]:
    config = outbox_path.parent / "agent.toml"
    config.write_text(
        '[box]\nid = "b1"\norg = "acme"\nstore = "s1"\nzone = "Asia/Shanghai"\n'
        f'data_dir = "{outbox_path.parent}"\n[mqtt]\nurl = "mqtt://127.0.0.1"\n'
    )
    rig = Rig(config, outbox)
    writing = threading.Thread(target=rig.writer.run)
    writing.start()
    yield rig
    rig.writer.stop()
    writing.join(30)
    rig.view.close()


def test_the_same_command_is_done_once_and_answered_twice(rig: Rig) -> None:
    rig.command("diagnose")
    rig.command("diagnose")
    assert rig.replied() == rig.replied()
    assert rig.diagnosed == 1


def test_a_command_that_comes_too_late_is_not_begun(rig: Rig) -> None:
    rig.command("diagnose", late=True)
    assert rig.replied().outcome is Outcome.EXPIRED
    assert rig.diagnosed == 0


@pytest.mark.parametrize(
    ("action", "asked", "told"),
    [
        ("reboot", {}, "knows no 'reboot', but reread"),
        ("reread", {"device": 7}, "the name of a device"),
        ("reread", {"device": "door", "since": "yesterday"}, "is no date"),
        ("replay", {"lane": "punch", "first": 1}, "lane, first, last"),
        ("replay", {"lane": "punch", "first": 2, "last": 1}, "no range"),
        ("replay", {"lane": "punch", "first": 1, "last": 9}, "ends at 0"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    rig: Rig, action: str, asked: dict[str, Any], told: str
) -> None:
    rig.command(action, **asked)
    reply = rig.replied()
    assert reply.outcome is Outcome.REFUSED
    assert told in reply.detail


def test_a_reread_is_answered_when_it_is_done_well_or_badly(rig: Rig) -> None:
    rig.command("reread", device="door", since="2026-11-01")
    rig.command("reread", number="c2", device="door", since="")
    (device, since, done), (_, everything, failed) = rig.rereads
    assert (device, since, everything) == ("door", date(2026, 11, 1), None)
    done("17 records were new")
    failed(DakaError("switched off"))
    replies = [rig.replied(), rig.replied()]
    assert [reply.outcome for reply in replies] == [Outcome.DONE, Outcome.FAILED]
    assert replies[1].detail == "switched off"


def test_a_replay_goes_on_only_when_the_broker_has_each_batch(
    rig: Rig, capture: Callable[..., Capture]
) -> None:
    rig.writer.call(lambda outbox: outbox.put(capture(1, 900)))
    rig.command("replay", lane="punch", first=101, last=900)
    first = rig.said()
    assert first[0] == topics.up("acme", "b1", Lane.PUNCH)
    assert rig.said() == first, "the connection went before it was acknowledged"
    rig.control.confirmed()
    assert rig.said() != first
    rig.control.confirmed()
    reply = rig.replied()
    assert (reply.outcome, reply.result) == (Outcome.DONE, {"sent": 800})


def test_records_that_have_left_the_box_cannot_be_sent_again(
    rig: Rig, capture: Callable[..., Capture]
) -> None:
    rig.writer.call(lambda outbox: outbox.put(capture(1, 50)))
    rig.writer.call(lambda outbox: outbox.settle(Lane.PUNCH, Mark(50), [], "hq"))
    rig.writer.call(lambda outbox: outbox._purge_chunk(None))
    rig.command("replay", lane="punch", first=1, last=50)
    assert "up to 50 of lane punch have left the box" in rig.replied().detail


def test_a_good_wish_is_in_force_and_kept_and_a_bad_one_changes_nothing(rig: Rig) -> None:
    report = rig.wish(1, poll_s=30, retention_days=7)
    assert (report.version, report.reason) == (1, "")
    assert rig.tuning.whole("poll_s", 60) == 30
    assert rig.outbox.room.limits.retention_days == 7
    for bad in ({"poll_s": 0}, {"url": "mqtt://evil"}, {"poll_s": "5"}):
        report = rig.wish(2, **bad)
        assert (report.version, bool(report.reason)) == (2, True)
        assert report.settings["poll_s"] == 30
    restarted = Tuning(rig.settings, rig.outbox.kept(META_KEY))
    assert restarted.desired == Desired(1, {"poll_s": 30, "retention_days": 7})
