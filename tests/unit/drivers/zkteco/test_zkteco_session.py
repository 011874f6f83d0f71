"""The conversation without a terminal: what is asked, what is acknowledged, what is refused."""

from typing import Any

import pytest

from drivers.errors import LinkDownError, MalformedError, RefusedError
from drivers.zkteco.frames import Command, Frame
from drivers.zkteco.session import Session

EVENT = Frame(Command.REGISTER_EVENTS, 1, 0, bytes(32))
ACK = Command.ACK_OK


def _run(exchange: Any, *heard: Frame | None) -> tuple[Any, list[Frame]]:
    """Return an exchange's result and what it sent, given what it hears."""
    waiting, sent = list(heard), []
    try:
        step = next(exchange)
        while True:
            if step is None:
                step = exchange.send(waiting.pop(0))
            else:
                sent.append(step)
                step = exchange.send(None)
    except StopIteration as end:
        return end.value, sent


def test_item_19_two_events_in_one_segment_are_both_acknowledged() -> None:
    session = Session(0, is_datagram=False)
    heard, sent = _run(session.listen(), EVENT, EVENT)
    assert heard
    assert [frame.command for frame in sent] == [ACK]
    session.touch_heard = False
    heard, sent = _run(session.listen(), EVENT)
    assert heard
    assert [frame.command for frame in sent] == [ACK]


def test_an_event_in_the_middle_of_an_exchange_is_remembered() -> None:
    session = Session(0, is_datagram=False)
    sizes, sent = _run(session.sizes(), EVENT, Frame(ACK, 1, 0))
    assert (sizes.records, session.touch_heard) == (None, True)
    assert [frame.command for frame in sent] == [Command.FREE_SIZES, ACK]
    assert _run(session.listen()) == (True, [])


def test_a_late_answer_is_dropped_and_the_right_one_taken() -> None:
    session = Session(0, is_datagram=False)
    _run(session.connect(), Frame(ACK, 7, 0))
    late, right = Frame(ACK, 7, 0, b"\1\0\0\0"), Frame(ACK, 7, 1, bytes(4))
    assert _run(session.time(), late, right)[0] == "2000-01-01T00:00:00"


def test_silence_on_a_stream_is_final_and_on_datagrams_asked_again() -> None:
    with pytest.raises(LinkDownError, match="silent"):
        _run(Session(0, is_datagram=False).sizes(), None)
    _, sent = _run(Session(0, is_datagram=True).sizes(), None, None, Frame(ACK, 1, 0))
    assert len(sent) == 3
    assert len(set(sent)) == 1, "the very same request, or its answers could not be told"


def test_a_lost_datagram_of_the_log_is_asked_for_with_a_new_number() -> None:
    session = Session(0, is_datagram=True)

    def data(index: int, reply: int) -> Frame:
        return Frame(Command.DATA, index, reply, bytes([index]) * 10)

    chunk, sent = _run(
        session.read_chunk(0, 20),
        data(1, 0),
        None,  # number 0 was lost
        data(0, 0),  # and comes late, after it was asked for again
        data(1, 1),
        data(1, 1),
        data(0, 1),
    )
    assert chunk == bytes(10) + b"\1" * 10
    assert [frame.reply for frame in sent] == [0, 1]


def test_datagrams_that_leave_a_gap_are_no_chunk() -> None:
    parts = [Frame(Command.DATA, index, reply, b"x") for reply in range(5) for index in (0, 2)]
    with pytest.raises(MalformedError, match="gap"):
        _run(Session(0, is_datagram=True).read_chunk(0, 2), *parts)


def test_a_refused_key_is_never_guessed_and_not_named_in_the_log() -> None:
    unauthorised = Frame(Command.ACK_UNAUTH, 0x45CF, 0)
    again = Frame(Command.ACK_UNAUTH, 0x45CF, 1)
    with pytest.raises(RefusedError, match="refuses the Comm Key") as caught:
        _run(Session(45, is_datagram=False).connect(), unauthorised, again)
    assert "45" not in str(caught.value)


def test_a_size_beyond_any_terminal_is_refused_before_anything_is_allocated() -> None:
    answer = Frame(ACK, 1, 0, b"\0" + (0x7FFFFFFF).to_bytes(4, "little") * 2)
    with pytest.raises(MalformedError, match="size of 2147483647"):
        _run(Session(0, is_datagram=False).prepare_log(), answer)


def test_reply_numbers_wrap_below_65535() -> None:
    session = Session(0, is_datagram=False)
    numbers = [session.exit_frame().reply for _ in range(65_536)]
    assert numbers[0] == 0
    assert numbers[65_534] == 65_534
    assert numbers[65_535] == 0
