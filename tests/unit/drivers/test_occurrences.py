"""Equal touches of one second are told apart, the same way every time."""

from __future__ import annotations

import json

from drivers.occurrences import Occurrences

SECOND = "2026-11-23T08:00:00"


def test_equal_touches_count_up_and_others_do_not_disturb() -> None:
    count = Occurrences()
    touches = [("7", 0, 1), ("7", 0, 1), ("8", 0, 1), ("7", 1, 1), ("7", 0, 1)]
    assert [count.number(SECOND, *touch) for touch in touches] == [0, 1, 0, 0, 2]


def test_a_new_second_starts_at_zero_so_a_second_telling_numbers_alike() -> None:
    count = Occurrences()
    story = [(SECOND, "7"), (SECOND, "7"), ("2026-11-23T08:00:01", "7"), (SECOND, "7")]
    assert [count.number(second, user, 0, 1) for second, user in story] == [0, 1, 0, 0]


def test_the_count_goes_on_from_its_state_in_json() -> None:
    count = Occurrences()
    count.number(SECOND, "007", 0, 1)
    again = Occurrences(json.loads(json.dumps(count.state())))
    assert again.number(SECOND, "007", 0, 1) == 1
    assert Occurrences(Occurrences().state()).number(SECOND, "007", 0, 1) == 0
