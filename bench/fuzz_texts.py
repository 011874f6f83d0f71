"""The parsers of files and of the wire to headquarters, with well-formed input to damage.

Each reads one input whole and looks whether anything was made up: a row must come from a
line that is there, a record must have the identity its content gives it.
"""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

from bench.fuzz_target import Target
from drivers.attlogfile.layouts import AttlogParser, NotAttlogError
from drivers.posfile.dbf import DbfError
from drivers.posfile.dialects import parse_map
from drivers.posfile.fields import HeaderError
from drivers.posfile.learn import propose
from drivers.posfile.parse import Parser
from sync.envelope import (
    CHECKSUM_BYTES,
    DEFLATED,
    MAX_DECODED_BYTES,
    PLAIN,
    SHEAF,
    decode_batch,
    frame,
)
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


def text_targets() -> list[Target]:
    """Return the parsers of exports, batches, receipts and heartbeats."""
    return [
        Target("attlog_file", list(_attlogs()), _read_attlog, (NotAttlogError,)),
        *(_pos(name, text) for name, text in _EXPORTS.items()),
        Target("pos_dbf", [_dbf()], _read_dbf, (HeaderError, DbfError)),
        Target("pos_learn", [text.encode() for text in _EXPORTS.values()], _learn, share=0.02),
        Target("batch", list(_batches()), _read_batch, (WireError,)),
        Target("sheaf", list(_sheaves()), _read_sheaf, (WireError,)),
        Target("receipt", list(_receipts()), _read_receipt, (WireError,)),
        Target("heartbeat", [_heartbeat()], _read_heartbeat, (WireError,)),
    ]


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
    """Yield batches without their checksums, which would keep all damage from the reader."""
    for one in json.loads((WIRE / "batches_v1.json").read_text(encoding="utf-8")):
        payload = b64decode(one["payload_b64"])
        yield payload[:1] + payload[1 + CHECKSUM_BYTES :]
    yield DEFLATED + zlib.compress(bytes(8 * MAX_DECODED_BYTES), 9)
    yield PLAIN + b"[" * 5000


def _read_batch(data: bytes) -> int:
    batch = decode_batch(frame(data[:1], data[1:]))
    items = [item for item in batch.items if isinstance(item, Item)]
    assert all(record_id(item.record()) == item.record_id for item in items)
    return len(items)


def _sheaves() -> Iterator[bytes]:
    """Yield what sheaves hold before they are deflated, so that damage gets to the reader."""
    for one in json.loads((WIRE / "sheaves_v1.json").read_text(encoding="utf-8")):
        yield zlib.decompress(b64decode(one["payload_b64"])[1 + CHECKSUM_BYTES :])


def _read_sheaf(data: bytes) -> int:
    return _read_batch(SHEAF + zlib.compress(data, 1))


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
