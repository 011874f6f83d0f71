"""The parsers of everything that comes from outside, with well-formed inputs to damage.

Each target reads one input whole, as a peer would send it, and raises only what it
declares. It also looks whether anything was made up: a frame that was read must stand in
the input byte for byte, a row must come from a line or a record that is there.
"""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from drivers.anviz import frames as anviz
from drivers.anviz.layouts import RECORD_EPOCHS, parse_punch, split_packet
from drivers.attlogfile.layouts import AttlogParser, NotAttlogError
from drivers.errors import DriverError, MalformedError
from drivers.fingermodule import frames as fingers
from drivers.occurrences import Occurrences
from drivers.posfile.dbf import DbfError
from drivers.posfile.dialects import parse_map
from drivers.posfile.fields import HeaderError
from drivers.posfile.learn import propose
from drivers.posfile.parse import Parser
from drivers.serialline.frames import LineDecoder
from drivers.serialline.layouts import PunchLine, recognise
from drivers.serialline.settings import SerialLineSettings, profile_names
from drivers.simulators.anviz import record as anviz_record
from drivers.simulators.serialline import FORMS
from drivers.simulators.zk_terminal import LIVE_BYTES, Touch, encode_record, encode_touch
from drivers.zkteco import frames as zk
from drivers.zkteco.attlog import LogPass
from drivers.zkteco.layouts import LAYOUTS, time_word
from drivers.zkteco.live import decode_event
from sync.envelope import MAX_DECODED_BYTES, decode_batch
from sync.errors import WireError
from sync.heartbeat import (
    DeviceHealth,
    DeviceStatus,
    Heartbeat,
    LaneHealth,
    decode_heartbeat,
    encode_heartbeat,
)
from sync.identity import record_id
from sync.items import Item
from sync.receipt import decode_receipt, encode_receipt
from sync.topics import Lane

WIRE = Path(__file__).parents[1] / "tests" / "fixtures" / "wire"
START = datetime(2026, 11, 23, 8, 59, 59)
LATEST = date(2027, 1, 1)
EPOCH = next(iter(RECORD_EPOCHS.values()))


@dataclass(frozen=True, slots=True)
class Target:
    """One parser under fire.

    Attributes:
        seeds: well-formed inputs.
        read: reads an input, asserts that nothing was made up, returns how much it gave.
        declared: what it may raise.
        share: of the inputs, compared with the others; small for what is slow and rare.
    """

    name: str
    seeds: Sequence[bytes]
    read: Callable[[bytes], int]
    declared: tuple[type[Exception], ...] = ()
    share: float = 1.0


def targets() -> list[Target]:
    """Return every target there is."""
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
        Target("attlog_file", list(_attlogs()), _read_attlog, (NotAttlogError,)),
        *(_pos(name, text) for name, text in _EXPORTS.items()),
        Target("pos_dbf", [_dbf()], _read_dbf, (HeaderError, DbfError)),
        Target("pos_learn", [text.encode() for text in _EXPORTS.values()], _learn, share=0.02),
        Target("batch", list(_batches()), _read_batch, (WireError,)),
        Target("receipt", list(_receipts()), _read_receipt, (WireError,)),
        Target("heartbeat", [_heartbeat()], _read_heartbeat, (WireError,)),
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


# --- files --------------------------------------------------------------------------------


def _attlogs() -> Iterator[bytes]:
    lines = [f"{1001 + n:9}\t2026-11-23 09:{n:02}:00\t1\t{n & 1}\t1\t0\r\n" for n in range(12)]
    text = "".join(lines)
    yield text.encode()
    yield text.encode("utf-16")
    yield text[:100].encode() + bytes(40) + text[140:].encode()


def _read_attlog(data: bytes) -> int:
    parsed = AttlogParser("1_attlog.dat").feed(data, final=True)
    assert all(row.user_id for row in parsed.punches)
    return _bounded(len(parsed.punches) + len(parsed.rejected), data)


_COLUMNS = "Invoice ID,Branch,Product line,Quantity,Total,Date,Time,Salesperson"
_EXPORTS = {
    "csv": _COLUMNS + "\n" + "".join(
        f'I{n},A,"tea, ""green""",{n},{n}.50,1/5/2019,13:0{n},P01\n' for n in range(1, 6)
    ),
    "jsonl": "".join(
        json.dumps(dict(zip(_COLUMNS.split(","), (f"I{n}", "A", "茶", n, -n, "1/5/2019", "13:05", "P"), strict=True))) + "\n"
        for n in range(1, 6)
    ),
    "tsv": "小票号\t收银机\t销售时间\t商品\t数量\t金额\n" + "".join(
        f"R{n}\t1\t2026-11-23 10:0{n}:00\t茶叶\t1\t¥1,234.5{n}\n" for n in range(1, 6)
    ),
}  # fmt: skip


def _pos(form: str, text: str) -> Target:
    proposal = propose(f"day.{form}", text.encode())
    posmap = parse_map(proposal.toml, form)
    assert proposal.rows, f"{form}: {proposal.notes}"

    def read(data: bytes) -> int:
        parsed = Parser(posmap, "day").feed(data, final=True)
        return _bounded(len(parsed.sales) + len(parsed.rejected), data)

    seeds = [
        text.encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("gb18030"),
        text.encode("utf-16"),
    ]
    return Target(f"pos_{form}", seeds, read, (HeaderError, DbfError))


_DBF_COLUMNS = (
    ("BILL", "C", 8),
    ("TILL", "C", 2),
    ("SOLD", "C", 19),
    ("QTY", "N", 6),
    ("AMT", "N", 10),
)
_DBF_MAP = parse_map(
    '[file]\nformat = "dbf"\n[columns]\nreceipt_id = "BILL"\nregister_id = "TILL"\n'
    'sold_at = "SOLD"\nquantity = "QTY"\namount = "AMT"\n',
    "dbf",
)


def _dbf() -> bytes:
    rows = [(f"R{n}", "1", f"2026-11-23 10:0{n}:00", "1", f"{n}.50") for n in range(1, 6)]
    widths = [width for _, _, width in _DBF_COLUMNS]
    size = 1 + sum(widths)
    fields = b"".join(
        struct.pack("<11sc4xB15x", name.encode(), kind.encode(), width)
        for name, kind, width in _DBF_COLUMNS
    )
    head_bytes = 32 + len(fields) + 1
    head = struct.pack("<B3BIHH20x", 3, 126, 11, 23, len(rows), head_bytes, size)
    lines = ["".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return head + fields + b"\r" + b"".join(b" " + line.encode() for line in lines) + b"\x1a"


def _read_dbf(data: bytes) -> int:
    parsed = Parser(_DBF_MAP, "day").feed(data, final=True)
    pieces = len(parsed.sales) + len(parsed.rejected)
    assert pieces <= len(data), "a record has at least its deletion mark"
    return pieces


def _learn(data: bytes) -> int:
    return len(propose("day.csv", data).rows)


def _bounded(pieces: int, data: bytes) -> int:
    """Return how many rows and rejected pieces there are: at most one a line."""
    assert pieces <= data.count(b"\n") + data.count(b"\r") + 1
    return pieces


# --- the wire between box and headquarters ------------------------------------------------


def _batches() -> Iterator[bytes]:
    for one in json.loads((WIRE / "batches_v1.json").read_text(encoding="utf-8")):
        yield b64decode(one["payload_b64"])
    yield b"Z" + zlib.compress(bytes(8 * MAX_DECODED_BYTES), 9)
    yield b"J" + b"[" * 5000


def _read_batch(data: bytes) -> int:
    batch = decode_batch(data)
    items = [item for item in batch.items if isinstance(item, Item)]
    assert all(record_id(item.record()) == item.record_id for item in items)
    return len(items)


def _receipts() -> Iterator[bytes]:
    for one in json.loads((WIRE / "receipts_v1.json").read_text(encoding="utf-8")):
        yield one["payload"].encode()


def _read_receipt(data: bytes) -> int:
    receipt = decode_receipt(data)
    assert decode_receipt(encode_receipt(receipt)) == receipt
    return 1


def _heartbeat() -> bytes:
    now = "2026-11-23T01:00:00.000Z"
    door = DeviceHealth(
        name="前门",
        driver="zkteco",
        source_id="DAKA00000001",
        store_id="s001",
        status=DeviceStatus.OK,
        detail="",
        last_read_utc=now,
        complete_utc=now,
        complete_lane_heads={Lane.PUNCH: 7},
        clock_offset_ms=-120,
        device_records=30,
        facts={"model": "F18"},
    )
    beat = Heartbeat(
        box_id="box-001",
        store_id="s001",
        version="0.1.0",
        at_utc=now,
        epoch="e1",
        hq_epoch=None,
        lanes={Lane.PUNCH: LaneHealth(head=7, through=5, waiting=2, floor=0)},
        oldest_waiting_utc=now,
        captured=8,
        settled=5,
        waiting=2,
        quarantined=1,
        db_bytes=4096,
        free_bytes=10**10,
        capacity_days=None,
        devices=(door,),
    )
    return encode_heartbeat(beat)


def _read_heartbeat(data: bytes) -> int:
    beat = decode_heartbeat(data)
    assert beat.captured == beat.settled + beat.waiting + beat.quarantined
    return 1
