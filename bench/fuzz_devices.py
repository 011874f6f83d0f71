"""The parsers of what devices say, with well-formed input to damage.

Each reads one input whole, as a peer would send it, and looks whether anything was made up:
a frame that was read must stand in the input byte for byte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bench.fuzz_target import Target
from drivers.anviz import frames as anviz
from drivers.anviz.layouts import RECORD_EPOCHS, parse_punch, split_packet
from drivers.contract import PunchRow
from drivers.errors import DriverError, MalformedError
from drivers.fingermodule import frames as fingers
from drivers.occurrences import Occurrences
from drivers.serialline.frames import LineDecoder
from drivers.serialline.layouts import PunchLine, recognise
from drivers.serialline.settings import SerialLineSettings, profile_names
from drivers.simulators.anviz import record as anviz_record
from drivers.simulators.serialline import FORMS
from drivers.simulators.zk_terminal import LIVE_BYTES, Touch, encode_record, encode_touch
from drivers.zkpush.layouts import LineReader, lines_of
from drivers.zkpush.requests import MAX_BODY_BYTES, RequestError, RequestParser
from drivers.zkteco import frames as zk
from drivers.zkteco.attlog import LogPass
from drivers.zkteco.layouts import LAYOUTS, time_word
from drivers.zkteco.live import decode_event

START = datetime(2026, 11, 23, 8, 59, 59)
LATEST = date(2027, 1, 1)
EPOCH = next(iter(RECORD_EPOCHS.values()))


def device_targets() -> list[Target]:
    """Return the parsers of terminals, readers and modules."""
    return [
        Target("zk_stream", list(_zk_streams()), _read_zk_stream, (DriverError,)),
        Target(
            "zk_datagram",
            [zk.encode(frame) for frame in _ZK_FRAMES],
            _read_zk_datagram,
            (MalformedError,),
        ),
        *(_zk_log(stride) for stride in sorted(LAYOUTS)),
        Target("zk_event", [encode_touch(_TOUCH, size) for size in LIVE_BYTES], _read_zk_event),
        Target("anviz", list(_anviz_streams()), _read_anviz),
        Target("finger_ef01", list(_ef01_streams()), _read_ef01),
        Target("finger_gt511", list(_gt511_streams()), _read_gt511),
        *(_line(profile) for profile in profile_names()),
        Target("push_request", list(_push_requests()), _read_push_request, (RequestError,)),
        Target("push_lines", [_PUSHED], _read_push_lines),
    ]


# --- ZKTeco -------------------------------------------------------------------------------

_TOUCH = Touch(7, "1042", START, 1, 15)
_ZK_FRAMES = (
    zk.Frame(zk.Command.ACK_OK, 0x45CF, 1),
    zk.Frame(zk.Command.ACK_UNAUTH, 0x45CF, 0),
    zk.Frame(zk.Command.ACK_OK, 0x45CF, 2, b"~SerialNumber=DAKA00000001\0"),
    zk.Frame(zk.Command.PREPARE_DATA, 0x45CF, 3, b"\x28\0\0\0\xf0\x03\0\0"),
    zk.Frame(zk.Command.DATA, 0, 3, bytes(range(64))),
    zk.Frame(zk.Command.REGISTER_EVENTS, 1, 0, encode_touch(_TOUCH, 32)),
)


def _zk_streams() -> Iterator[bytes]:
    yield b"".join(zk.encode_tcp(frame) for frame in _ZK_FRAMES)
    yield zk.encode_tcp(_ZK_FRAMES[4]) * 3
    yield b"HTTP/1.1 400 Bad Request\r\n\r\n"


def _read_zk_stream(data: bytes) -> int:
    decoder = zk.StreamDecoder()
    decoder.feed(data)
    count, at = 0, 0
    while (frame := decoder.next_frame()) is not None:
        raw = zk.encode_tcp(frame)
        assert _same_but_for_a_zero_checksum(raw, data[at : at + len(raw)], 10)
        at += len(raw)
        count += 1
    return count


def _read_zk_datagram(data: bytes) -> int:
    frame = zk.decode(data)
    assert _same_but_for_a_zero_checksum(zk.encode(frame), data, 2)
    return 1


def _same_but_for_a_zero_checksum(ours: bytes, theirs: bytes, at: int) -> bool:
    """Tell whether a frame stood there; a checksum of 0 and one of FFFFh are the same."""
    if ours == theirs:
        return True
    checks = {ours[at : at + 2], theirs[at : at + 2]}
    rest = [raw[:at] + raw[at + 2 :] for raw in (ours, theirs)]
    return checks == {b"\0\0", b"\xff\xff"} and rest[0] == rest[1]


def _zk_log(stride: int) -> Target:
    records = [
        encode_record(
            stride, n, str(1001 + n % 5), time_word(START + timedelta(minutes=n)), n & 1, 1
        )
        for n in range(60)
    ]
    seeds = [b"".join(records), b"".join(records[:3])]
    return Target(f"zk_log_{stride}", seeds, _read_zk_log, (DriverError,))


def _read_zk_log(data: bytes) -> int:
    passing = LogPass(len(data), LATEST)
    rows, rejected = passing.feed(data)
    assert passing.layout is not None
    kept = sum(len(piece.raw) for piece in rejected)
    assert len(rows) * passing.layout.stride + kept == len(data), "every byte is in one place"
    assert all(row.device_time[:4] >= "2000" for row in rows)
    return len(rows)


def _read_zk_event(data: bytes) -> int:
    touch = decode_event(data)
    assert touch is None or touch.user_id
    return touch is not None


# --- terminals, readers and modules on a line ---------------------------------------------


def _anviz_streams() -> Iterator[bytes]:
    records = [anviz_record(1042 + n, START + timedelta(minutes=n)) for n in range(5)]
    download = anviz.Frame(1, anviz.Command.DOWNLOAD, b"\x05" + b"".join(records), 0)
    yield anviz.encode(download)
    yield anviz.encode(anviz.Frame(1, anviz.Command.COUNTERS, bytes(18), 0)) * 2
    yield b"\x00noise" + anviz.encode(anviz.Frame(1, anviz.Command.PUNCHED, records[0], 0))


def _read_anviz(data: bytes) -> int:
    found = anviz.FrameDecoder().feed(data)
    for frame in found:
        assert anviz.encode(frame) in data
        for raw in split_packet(frame.data) or ():
            parse_punch(raw, EPOCH, Occurrences())
    return len(found)


def _ef01_streams() -> Iterator[bytes]:
    answers = (b"\x00", b"\x00" + bytes(16), b"\x00\x00\x11\x00\x6f", b"\x09\0\0\0\0")
    packets = [
        fingers.Packet(fingers.DEFAULT_ADDRESS, fingers.PacketKind.ACK, one) for one in answers
    ]
    yield b"".join(fingers.encode_packet(packet) for packet in packets)
    yield b"text before " + fingers.encode_packet(packets[2])


def _read_ef01(data: bytes) -> int:
    found = fingers.PacketDecoder().feed(data)
    assert all(fingers.encode_packet(packet) in data for packet in found)
    return len(found)


def _gt511_streams() -> Iterator[bytes]:
    words = [fingers.Word(fingers.GT511_DEVICE, parameter, 0x30) for parameter in (0, 17, 0x1012)]
    yield b"".join(fingers.encode_word(word) for word in words)


def _read_gt511(data: bytes) -> int:
    found = fingers.WordDecoder().feed(data)
    assert all(fingers.encode_word(word) in data for word in found)
    return len(found)


def _line(profile: str) -> Target:
    table = {"url": "socket://127.0.0.1:1", "serial": "F1", "profile": profile}
    settings = SerialLineSettings.from_table(table, profile)
    ids = ("0001234567", "42", "7")
    frames = [FORMS[profile](user, START + timedelta(minutes=n)) for n, user in enumerate(ids)]

    def read(data: bytes) -> int:
        pieces = LineDecoder(settings.framing).feed(data)
        assert sum(len(piece.raw) for piece in pieces) <= len(data)
        lines = [
            recognise(one, settings.framing, settings.check, settings.fields) for one in pieces
        ]
        return sum(isinstance(line, PunchLine) for line in lines)

    return Target(f"line_{profile}", [b"".join(frames), frames[0]], read)


_PUSHED = (
    b"1042\t2026-11-23 08:59:59\t0\t1\t0\t0\t0\n007\t2026-11-23 09:00:01\t255\t15\t\t\n"
    b"time=2026-11-23 09:00:02\tpin=1042\tcardno=0\tevent=3\tinoutstatus=1\tverifytype=15\n"
)
_HEAD = b"POST /iclock/cdata?SN=DAKA00000001&table=ATTLOG&Stamp=9999 HTTP/1.1\r\nHost: box\r\n"


def _push_requests() -> Iterator[bytes]:
    yield _HEAD + b"Content-Length: %d\r\n\r\n" % len(_PUSHED) + _PUSHED
    yield (
        _HEAD
        + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(_PUSHED)
        + _PUSHED
        + b"\r\n0\r\n\r\n"
    )
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = packed.compress(_PUSHED) + packed.flush()
    yield _HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    yield b"GET /iclock/getrequest.aspx?SN=DAKA 1&INFO=Ver 6.60,1,2 HTTP/1.0\n\n"


def _read_push_request(data: bytes) -> int:
    parser = RequestParser()
    request = parser.feed(data) or parser.give_up()
    if request is None:
        return 0
    assert len(request.body) <= MAX_BODY_BYTES
    return 1 + _read_push_lines(request.body)


def _read_push_lines(data: bytes) -> int:
    reader, lines = LineReader(), list(lines_of(data))
    told = [reader.read(line) for line in lines]
    assert sum(map(len, lines)) <= len(data)
    assert all(row.user_id for row in told if isinstance(row, PunchRow))
    return sum(isinstance(row, PunchRow) for row in told)
