"""Dead letters: read again after an upgrade, and a share for each box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloud_receiver.mail import Message
from cloud_receiver.rereading import numbers_of, reread
from cloud_receiver.store import problems
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.problems import Letter, bury, dead_letters
from sync import records, topics
from sync.refusal import Refusal, checksum_of
from sync.topics import Lane

Make = Callable[..., Any]


def test_a_batch_that_cannot_be_read_is_named_to_its_box(hq: Any) -> None:
    junk = Message(topics.up("acme", "box-1", Lane.PUNCH), b"Jno batch")
    intake = hq.take(junk, Message(topics.health("acme", "box-1"), b"{}"))
    assert intake.refusals == (("box-1", Refusal(checksum_of(b"Jno batch"), "checksum")),)
    assert hq.take(Message(junk.topic.replace("acme", "other"), b"J")).refusals == ()


def test_a_letter_that_can_be_read_now_is_filed_and_no_letter_any_more(
    hq: Any, up: Make, punch: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = up(1, punch(), punch(occurrence=1))
    with monkeypatch.context() as older:  # a headquarters that knows no punches
        older.setattr("sync.items._CANONICAL", {})
        older.setattr("sync.records.FIELDS", {})
        hq.take(batch)
        assert hq.codes() == ["kind", "kind"]
        (still, _) = [
            reread(hq.engine, "acme", number, 1) for number in numbers_of(hq.engine, "kind")
        ]
        assert (still.code, still.is_read) == ("kind", False)
    assert records.FIELDS
    done = [reread(hq.engine, "acme", number, 1) for number in numbers_of(hq.engine, "kind")]
    assert [(one.new_records, one.is_read) for one in done] == [(1, True), (1, True)]
    assert (hq.journaled(), hq.codes()) == (2, [])
    assert reread(hq.engine, "acme", 99, 1) is None


def test_a_record_refused_before_is_no_contest_when_it_comes_again(
    hq: Any, up: Make, punch: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = up(1, punch(), life="a")
    with monkeypatch.context() as older:
        older.setattr("sync.items._CANONICAL", {})
        older.setattr("sync.records.FIELDS", {})
        hq.take(batch)
    (answer,) = hq.take(batch).answers
    assert not answer.receipt.is_contested
    assert hq.journaled() == 1


def test_a_box_has_its_share_of_letters_and_what_is_over_is_counted(
    hq: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "MAX_LETTERS_A_BOX", 3)
    mine = [Letter(topic="t", code="json", detail="", raw=b"%d" % n, box_id="b1") for n in range(8)]
    other = Letter(topic="t", code="json", detail="", raw=b"x", box_id="b2")
    gone = Letter(topic="t", code="gone", detail="", raw=b"y", box_id="b1", sameness="1..9")
    for letters in (mine[:2], mine[:6], [mine[6], mine[7], other, gone]):
        with write(hq.engine) as connection:
            bury(connection, letters, 5)
    with read(hq.engine) as connection:
        found = dead_letters(connection)
    assert sorted(one.code for one in found if one.box_id == "b1") == [
        "gone",
        "json",
        "json",
        "json",
        "over",
    ]
    (over,) = [one for one in found if one.code == "over"]
    assert over.seq == 5
    assert "5 more were not kept" in over.detail
    assert [one.code for one in found if one.box_id == "b2"] == ["json"]
