"""Notices: at once, then together; never what came and went; unlike any other of the day."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import select

from cloud_receiver.channels.notifier import Courier
from cloud_receiver.domain.outcomes import Account
from cloud_receiver.store import tables
from cloud_receiver.store.ledger import apply_outcomes
from cloud_receiver.store.notices import GATHER_MS, seal
from tests.integration.ledger.conftest import said


class _Clock:
    boot_id = "boot"

    def __init__(self, now_utc_ms: int) -> None:
        self._now_utc_ms = now_utc_ms

    def now_utc(self) -> datetime:
        return datetime.fromtimestamp(self._now_utc_ms / 1000, UTC)

    def monotonic_s(self) -> float:
        return self._now_utc_ms / 1000

    def boottime_ms(self) -> int:
        return self._now_utc_ms


class _Inbox:
    channel = "console"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, notice) -> None:
        self.texts.append(f"{notice.target.id}: {notice.text}")

    def close(self) -> None:
        """Nothing to let go of."""


def _deliver(books, after_ms: int = 0) -> list[str]:
    books.now_utc_ms += after_ms
    inbox = _Inbox()
    Courier(books.engine, inbox, _Clock(books.now_utc_ms)).deliver_due()
    return inbox.texts


def test_the_first_is_told_at_once_and_what_follows_within_two_seconds_together(books) -> None:
    books.say(said(-1000))
    assert len(_deliver(books)) == 1
    books.say(said(-500, date="2026-11-03"))
    books.say(said(-600, date="2026-11-04"))
    assert _deliver(books, 500) == []
    (text,) = _deliver(books, GATHER_MS)
    assert "您有2项变动" in text
    assert "· 2026-11-03 -500\n· 2026-11-04 -600" in text


def test_what_came_and_went_before_it_was_told_is_not_told(books) -> None:
    books.say(said(-1000))
    assert len(_deliver(books)) == 1
    books.say(days=[("E1", "2026-11-02")])
    books.say(said(-1000))
    assert books.notices()[1:] == []
    books.say(said(-500, date="2026-11-03"))
    books.say(days=[("E1", "2026-11-03")])
    assert _deliver(books, GATHER_MS) == []


def test_an_announced_award_that_falls_away_has_its_follow_up(books) -> None:
    books.award(5000)
    _deliver(books)
    books.say(days=[("E1", "2026-11-02")])
    (text,) = _deliver(books, GATHER_MS)
    assert "更正(第1次):规则由50.00元改为0.00元" in text


def test_what_is_being_sent_is_not_changed_any_more(books) -> None:
    books.say(said(-1000))
    books.say(said(-500, date="2026-11-03"))
    books.write(lambda c: seal(c, "console", books.now_utc_ms + GATHER_MS))
    books.say(said(-700, date="2026-11-04"))
    assert [row.state for row in books.notices()] == ["pending", "pending", "gathering"]


def test_each_reads_their_own_language(books) -> None:
    books.say(said(-1000, who="E2"))
    assert _deliver(books)[0].startswith("E2: 2026-11-02: -1000 (11-02 10:00, no. 1)")


def test_two_texts_of_a_day_are_never_the_same(books) -> None:
    for _ in range(3):
        books.award(5000)
        books.now_utc_ms += 60_000
        books.say(days=[("E1", "2026-11-02")])
        books.now_utc_ms += 60_000
    texts = [row.text_zh for row in books.notices()]
    assert len(set(texts)) == len(texts) == 6
    assert [row.number for row in books.notices()] == [1, 2, 3, 4, 5, 6]


def test_the_group_of_a_store_hears_of_awards_once_a_minute_and_of_no_deduction(books) -> None:
    books.award(5000)
    books.say(said(5000, rule_id="full", account=Account.PENDING, date="2026-11-03"))
    books.say(said(-1000, date="2026-11-04"))
    assert [text for text in _deliver(books, GATHER_MS) if text.startswith("S1")] == []
    (text,) = [text for text in _deliver(books, 60_000) if text.startswith("S1")]
    assert "奖励播报(2项)" in text
    assert "王芳 规则 +50.00元" in text
    assert "-10" not in text
    books.say(days=[("E1", "2026-11-02")])
    (text,) = [text for text in _deliver(books, 60_000) if text.startswith("S1")]
    assert "更正(第1次):王芳 规则由50.00元改为0.00元" in text


def test_news_and_money_commit_together(books) -> None:
    one = said(-1000)
    with books.engine.connect() as connection:
        assert apply_outcomes(connection, [one.day], [one], books.now_utc_ms)
        connection.rollback()
    assert books.entries() == books.notices() == []


def test_machines_read_each_change_with_its_amounts(books) -> None:
    books.say(said(-1000), said(5000, rule_id="full", account=Account.PENDING))
    query = select(tables.notice.c.document).where(tables.notice.c.target_kind == "person")
    document = json.loads(books.read(lambda c: c.scalar(query)))
    told = [(one["kind"], one["before_fen"], one["after_fen"]) for one in document["items"]]
    assert told == [("reward", 0, 5000), ("deduction", 0, -1000)]
