"""However bytes were split, cut, repeated or damaged, the same records come out, or an error."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import PunchRow
from drivers.errors import DriverError
from drivers.simulators.zk_terminal import encode_record
from drivers.zkteco.attlog import LogCursor, LogPass, counts_agree
from drivers.zkteco.frames import (
    MAX_PAYLOAD_BYTES,
    TOP_BYTES,
    DatagramDecoder,
    Frame,
    StreamDecoder,
    decode,
    encode,
    encode_tcp,
)
from drivers.zkteco.layouts import LAYOUTS, decode_text, decode_time, time_word
from drivers.zkteco.live import decode_event
from drivers.zkteco.session import Session, Sizes

unhurried = settings(deadline=None)
LATEST = date(2027, 1, 1)
START = datetime(2026, 11, 1, 9)

words = st.integers(0, 0xFFFF)
frames = st.builds(Frame, words, words, words, st.binary(max_size=200))


def _split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


def _all_frames(decoder: StreamDecoder, pieces: list[bytes]) -> tuple[list[Frame], str]:
    got: list[Frame] = []
    for piece in pieces:
        decoder.feed(piece)
        try:
            while (frame := decoder.next_frame()) is not None:
                got.append(frame)
        except DriverError as error:
            return got, type(error).__name__
    return got, ""


@unhurried
@given(frames)
def test_a_frame_encodes_to_bytes_that_decode_to_it(frame: Frame) -> None:
    assert decode(encode(frame)) == frame


@unhurried
@given(st.lists(frames, max_size=8), st.lists(st.integers(0, 5000), max_size=30))
def test_any_split_of_a_stream_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(encode_tcp(frame) for frame in sent)
    assert _all_frames(StreamDecoder(), _split(stream, cuts)) == (sent, "")


@unhurried
@given(st.lists(frames, min_size=1, max_size=5), st.data())
def test_a_flipped_bit_never_gives_another_frame(sent: list[Frame], data: st.DataObject) -> None:
    """One bit cannot turn a frame into a valid other one, wherever it is cut."""
    stream = bytearray(b"".join(encode_tcp(frame) for frame in sent))
    place = data.draw(st.integers(0, len(stream) * 8 - 1))
    stream[place // 8] ^= 1 << place % 8
    cuts = data.draw(st.lists(st.integers(0, 5000), max_size=10))
    got, _ = _all_frames(StreamDecoder(), _split(bytes(stream), cuts))
    assert got == sent[: len(got)]
    assert len(got) < len(sent)


@unhurried
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=20))
def test_any_bytes_end_in_frames_or_in_the_same_error_however_split(
    noise: bytes, cuts: list[int]
) -> None:
    whole = _all_frames(StreamDecoder(), [noise] if noise else [])
    assert _all_frames(StreamDecoder(), _split(noise, cuts)) == whole
    datagrams = DatagramDecoder()
    datagrams.feed(noise)
    datagrams.next_frame()


@unhurried
@given(st.integers(0, 0xFFFFFFFF))
def test_a_claimed_length_beyond_the_limit_is_refused_at_its_top(length: int) -> None:
    decoder = StreamDecoder()
    decoder.feed(b"\x50\x50\x82\x7d" + length.to_bytes(4, "little"))
    _, error = _all_frames(decoder, [b""])
    assert (error == "") == (TOP_BYTES <= length <= MAX_PAYLOAD_BYTES)


@unhurried
@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59)))
def test_every_second_of_a_century_survives_its_word(when: datetime) -> None:
    when = when.replace(microsecond=0)
    assert decode_time(time_word(when)) == when.isoformat()


@unhurried
@given(st.integers(0, 0xFFFFFFFF))
def test_a_word_is_a_time_that_encodes_to_it_or_none(word: int) -> None:
    text = decode_time(word)
    assert text is None or time_word(datetime.fromisoformat(text)) == word


@unhurried
@given(st.binary(max_size=60))
def test_text_and_events_of_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert isinstance(decode_text(data), str)
    touch = decode_event(data)
    assert touch is None or touch.user_id


touches = st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 2))
"""Seconds after the one before, who, in or out: crowded, so that double touches abound."""


def _log(layout: int, gaps: list[tuple[int, int, int]], damaged: set[int]) -> bytes:
    when, records = START, []
    for index, (gap, user, state) in enumerate([*GOOD, *gaps], start=-len(GOOD)):
        when += timedelta(seconds=gap)
        word = time_word(when) if index not in damaged else 0xC6872491
        records.append(encode_record(layout, index, str(user), word, state, 1))
    return b"".join(records)


def _read(passing: LogPass, pieces: list[bytes]) -> tuple[list[PunchRow], list[bytes]]:
    rows, raws = [], []
    for piece in pieces:
        new, rejected = passing.feed(piece)
        rows += new
        raws += [piece_of_log.raw for piece_of_log in rejected]
    return rows, raws


layouts = st.sampled_from(sorted(LAYOUTS))
logs = st.lists(touches, min_size=1, max_size=60)
few_damaged = st.sets(st.integers(0, 60), max_size=3)
GOOD = [(1, user, 0) for user in (1, 2, 3, 4, 1, 2, 3, 4)]
"""Records before the drawn ones, so that a log is never damage alone."""


@unhurried
@given(layouts, logs, few_damaged, st.lists(st.integers(0, 3000), max_size=12))
def test_any_split_of_a_log_gives_the_same_rows_and_the_same_end(
    layout: int, gaps: list[tuple[int, int, int]], damaged: set[int], cuts: list[int]
) -> None:
    log = _log(layout, gaps, damaged)
    whole, split = (LogPass(len(log), LATEST, stride=layout) for _ in range(2))
    expected = _read(whole, [log])
    assert _read(split, _split(log, cuts)) == expected
    assert split.cursor("S", 1, tail_reads=True) == whole.cursor("S", 1, tail_reads=True)
    assert len(expected[0]) + len(expected[1]) == len(GOOD) + len(gaps)
    assert len(set(expected[0])) == len(expected[0]), "no two rows are one record"


@unhurried
@given(layouts, logs, logs, few_damaged, st.integers(0, 30))
def test_a_tail_read_gives_what_a_whole_read_gives_there(
    layout: int,
    old: list[tuple[int, int, int]],
    new: list[tuple[int, int, int]],
    damaged: set[int],
    dropped: int,
) -> None:
    """Also when the terminal dropped old records at the front to make room."""
    log = _log(layout, old + new, damaged)
    before = log[: (len(GOOD) + len(old)) * layout]
    first = LogPass(len(before), LATEST, stride=layout)
    known_rows, _ = _read(first, [before])
    known = LogCursor.from_cursor(first.cursor("S", len(old), tail_reads=True))
    assert known is not None
    whole = LogPass(len(log), LATEST, stride=layout)
    all_rows, _ = _read(whole, [log])

    shifted = log[min(dropped, len(old) - 1) * layout :]
    end = known.end_of_tail(shifted)
    if end is None:  # the fingerprint was dropped too, or stands there twice: read whole
        return
    assert shifted[:end].endswith(before[known.overlap])
    tail = LogPass(
        len(shifted), LATEST, after=known, start=end, tail=shifted[end - known.tail_bytes : end]
    )
    tail_rows, _ = _read(tail, [shifted[end:]]) if end < len(shifted) else ([], [])
    assert known_rows + tail_rows == all_rows
    ends = [p.cursor("S", 1, tail_reads=True)["tail_sha256"] for p in (tail, whole)]
    assert ends[0] == ends[1] or len(shifted) // layout < 16


@unhurried
@given(st.binary(min_size=1, max_size=4000), st.sampled_from([None, *LAYOUTS]))
def test_any_bytes_as_a_log_are_rows_kept_raw_or_refused(log: bytes, stride: int | None) -> None:
    passing = LogPass(len(log), LATEST, stride=stride)
    try:
        rows, rejected = passing.feed(log)
    except DriverError:
        return
    assert passing.layout is not None
    kept = sum(len(piece.raw) for piece in rejected)
    assert len(rows) * passing.layout.stride + kept == len(log)


@unhurried
@given(
    st.lists(
        st.builds(
            Frame,
            st.sampled_from([1500, 1501, 2000, 2001, 2005, 500, 4989, 6001, 65535, 77]),
            st.integers(0, 3),
            st.integers(0, 2),
            st.binary(max_size=24) | st.just((40).to_bytes(4, "little")),
        )
        | st.none(),
        max_size=25,
    )
)
def test_any_conversation_ends_in_a_result_or_a_classed_error(
    said: list[Frame | None],
) -> None:
    for make in (
        lambda session: session.connect(),
        lambda session: session.prepare_log(),
        lambda session: session.read_chunk(4, 40),
        lambda session: session.sizes(),
        lambda session: session.option("~SerialNumber"),
        lambda session: session.time(),
    ):
        for is_datagram in (False, True):
            exchange = make(Session(0, is_datagram=is_datagram))
            waiting = iter([*said, *[None] * 20])
            with suppress(StopIteration, DriverError):  # a result, or a classed error
                step = next(exchange)
                while True:
                    step = exchange.send(None if step is not None else next(waiting))


@unhurried
@given(st.integers(0, 50) | st.none(), st.integers(0, 50), st.integers(0, 50) | st.none())
def test_a_log_shorter_than_the_count_before_is_never_accepted(
    before: int | None, records: int, after: int | None
) -> None:
    agrees = counts_agree(Sizes(before, None), records, Sizes(after, None))
    if before is not None and records < before:
        assert not agrees
    if not after and not before:
        assert agrees, "where nothing is counted the exact transfer has to do"
