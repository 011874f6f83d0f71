"""The cursor proves what is stored; an account that does not fit is never trusted."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from drivers.anviz.account import LogPass, digest_of, still_marked
from drivers.anviz.layouts import RECORD_EPOCHS, Counters
from drivers.simulators.anviz import record

EPOCH = RECORD_EPOCHS["2000-01-02"]
RECORDS = [record(7, datetime(2026, 11, 23, 8, 0, second // 2)) for second in range(10)]


def whole_log(new: int) -> LogPass:
    return LogPass(
        "S1",
        EPOCH,
        Counters(1, 10, new),
        amount=10,
        marked_from=10 - new,
        is_resumable=False,
        touches=None,
    )


@pytest.mark.parametrize(
    ("all_now", "new_now", "marked"),
    [
        (100, 5, 5),  # nothing happened
        (103, 8, 5),  # three touches
        (100, 8, 5),  # three touches on a full log
        (100, 0, 0),  # we cleared the marks and died before we noted it
        (103, 3, 0),  # the same, and then three touches
        (104, 8, None),  # four more records but three marks: somebody else cleared one
        (104, 3, None),  # all marks cleared, by somebody who read one touch before us
        (99, 5, None),  # the log was cleared
    ],
)
def test_counters_that_cannot_follow_mean_reading_everything(
    all_now: int, new_now: int, marked: int | None
) -> None:
    cursor = {"serial": "S1", "all": 100, "new": 5}
    assert still_marked(cursor, "S1", Counters(1, all_now, new_now)) == marked


def test_another_terminal_or_a_pass_broken_off_means_reading_everything() -> None:
    cursor = {"serial": "S1", "all": 100, "new": 0}
    assert still_marked(cursor, "S2", Counters(1, 100, 0)) is None
    assert still_marked({"serial": "S1"}, "S1", Counters(1, 100, 0)) is None


def test_a_pass_over_the_whole_log_proves_only_at_its_end() -> None:
    log_pass = whole_log(new=3)
    log_pass.take(RECORDS[:6])
    assert "all" not in log_pass.cursor()
    log_pass.take(RECORDS[6:])
    cursor = log_pass.cursor()
    assert (cursor["all"], cursor["new"]) == (10, 3)
    assert cursor["digest"] == digest_of(RECORDS[7:])
    assert json.loads(json.dumps(cursor)) == cursor


def test_reading_in_steps_numbers_touches_as_reading_at_once() -> None:
    at_once = whole_log(new=10).take(RECORDS)
    steps = whole_log(new=10)
    stepwise = [row for at in range(0, 10, 3) for row in steps.take(RECORDS[at : at + 3])]
    assert stepwise == at_once
    assert [row.occurrence for row in at_once] == [0, 1] * 5


def test_records_that_kept_their_mark_stay_in_the_digest() -> None:
    log_pass = LogPass(
        "S1",
        EPOCH,
        Counters(1, 10, 4),
        amount=4,
        marked_from=0,
        is_resumable=True,
        touches=None,
    )
    log_pass.skip(RECORDS[:1])
    log_pass.take(RECORDS[1:3])
    cursor = log_pass.cursor()
    assert (cursor["all"], cursor["new"], cursor["digest"]) == (9, 3, digest_of(RECORDS[:3]))
