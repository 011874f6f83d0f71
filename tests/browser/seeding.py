"""A headquarters with a week behind it: real records, taken in, judged and booked by the real code.

Three stores, twelve people, one of them late by twenty minutes on the day before, a refund
that came a day late, a stranger at a terminal, an unknown seller, unreadable bytes, a box
that is away. The same week every time.
"""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert

from cloud_receiver.domain.workday import Shift, encode_shifts, utc_ms
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.ingest import Message, take_in
from cloud_receiver.store import accounts, enrolment, tables
from cloud_receiver.store.engine import write
from cloud_receiver.store.enrolment import Employee, Store
from cloud_receiver.store.rulebook import publish_shipped
from sync import topics
from sync.clock import utc_text
from sync.envelope import encode_batch, encode_body
from sync.heartbeat import DeviceHealth, DeviceStatus, Heartbeat, LaneHealth, encode_heartbeat
from sync.records import Punch, Record, Sale, Trouble, to_wire
from sync.topics import Lane

ORG = "acme"
ZONE = "Asia/Shanghai"
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)  # 10:20 in the stores
FIRST_DAY = TODAY - timedelta(days=5)
LATE_PERSON, LATE_DAY = "E202", TODAY - timedelta(days=1)
LATE_ENTRY = f"late_standard/{LATE_PERSON}/{LATE_DAY}#1"
REFUND_PERSON, REFUND_DAY = "E103", TODAY - timedelta(days=3)
LOGIN, PASSWORD = "hr", "every cent explained"
STRANGER, STRANGER_STORE, STRANGER_SERIAL = "9001", "S001", "CKQA210160001"
UNKNOWN_SELLER = "X99"
TARGET_FEN, SUBSIDY_FEN = 45_000, 10_000

STORES = (
    ("S001", "人民广场超市", "supermarket", "box-001", "CKQA210160001", "正门"),
    ("S002", "滨江社区店", "community", "box-002", "OID7050067001", "店门"),
    ("S003", "望京便利店", "convenience", "box-003", "CKQA210160077", "前台"),
)
PEOPLE = (
    ("E101", "王芳", "S001", "09:00", "18:00"),
    ("E102", "李强", "S001", "09:00", "18:00"),
    ("E103", "张敏", "S001", "09:00", "18:00"),
    ("E104", "Emma Wilson", "S001", "12:00", "21:00"),
    ("E201", "孙丽", "S002", "10:00", "19:00"),
    ("E202", "周杰", "S002", "10:00", "19:00"),
    ("E203", "吴婷", "S002", "10:00", "19:00"),
    ("E204", "郑浩", "S002", "09:30", "18:30"),
    ("E301", "冯雪", "S003", "09:00", "18:00"),
    ("E302", "赵磊", "S003", "09:00", "18:00"),
    ("E303", "陈静", "S003", "10:00", "19:00"),
    ("E304", "刘洋", "S003", "10:00", "19:00"),
)
LATE_MIN = {
    (LATE_PERSON, LATE_DAY): 20,
    ("E102", TODAY - timedelta(days=2)): 25,
    ("E301", TODAY - timedelta(days=3)): 35,
    ("E204", TODAY - timedelta(days=4)): 12,
    ("E101", TODAY): 12,
    ("E201", TODAY): 7,
}
ABSENT = {("E302", TODAY - timedelta(days=4))}
NO_PUNCH_OUT = {("E104", TODAY - timedelta(days=2))}
RESTS = {("E203", TODAY), ("E304", TODAY - timedelta(days=1))}


def local(day: date, at: str, offset_s: float = 0) -> datetime:
    """Return a wall time of the stores as an instant."""
    moment = datetime.combine(day, time.fromisoformat(at), ZoneInfo(ZONE))
    return moment.astimezone(UTC) + timedelta(seconds=offset_s)


def wall(instant: datetime) -> str:
    """Return an instant as a device shows it."""
    return instant.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%dT%H:%M:%S")


def punch(store_id: str, serial: str, user_id: str, at: datetime, offset_ms: int = 0) -> Punch:
    """Return a touch at `at`, read two seconds later; the device's clock is off by `offset_ms`."""
    return Punch(
        device_serial=serial,
        user_id=user_id,
        device_time=wall(at + timedelta(milliseconds=offset_ms)),
        state_code=255,
        verify_code=1,
        occurrence=0,
        workcode="",
        store_id=store_id,
        driver="zkteco",
        received_at_utc=utc_text(at + timedelta(seconds=2)),
        boot_id="boot-1",
        boottime_ms=1_000_000,
        clock_offset_ms=offset_ms,
    )


def sale(
    store_id: str, seller_code: str, receipt: str, at: datetime, fen: int, kind: str = "sale"
) -> Sale:
    """Return one line of a receipt."""
    return Sale(
        store_id=store_id,
        register_id="K1",
        receipt_id=receipt,
        line_no=1,
        line_kind=kind,
        sold_at=wall(at),
        seller_code=seller_code,
        item_code="6901234567892",
        quantity_milli=1000 if fen > 0 else -1000,
        amount_fen=fen,
        original_receipt_id="",
        source_name=f"sales-{wall(at)[:10]}.csv",
        driver="posfile",
        received_at_utc=utc_text(at + timedelta(seconds=3)),
        boot_id="boot-1",
        boottime_ms=1_000_000,
    )


def trouble(
    store_id: str, source: str, position: str, code: str, detail: str, raw: bytes
) -> Trouble:
    """Return something a driver could not read."""
    return Trouble(
        source=source,
        position=position,
        code=code,
        detail=detail,
        raw_b64=b64encode(raw).decode(),
        raw_sha256=sha256(raw).hexdigest(),
        raw_bytes=len(raw),
        store_id=store_id,
        driver="posfile" if source.endswith(".csv") else "zkteco",
        received_at_utc=utc_text(NOW - timedelta(hours=1)),
        boot_id="boot-1",
        boottime_ms=1_000_000,
    )


@dataclass
class FixedClock:
    """A clock that stands where it was put."""

    at: datetime
    boot_id: str = "boot-1"

    def now_utc(self) -> datetime:
        return self.at

    def boottime_ms(self) -> int:
        return 0

    def monotonic_s(self) -> float:
        return 0.0


@dataclass
class Box:
    """The sending half of a store box: numbers its records and reports its health."""

    engine: Engine
    box_id: str
    store_id: str
    heads: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))

    def send(self, records: list[Record], at: datetime) -> None:
        """Have headquarters take in records as of `at`."""
        for lane, kind in ((Lane.PUNCH, Punch), (Lane.SALE, Sale), (Lane.BULK, Trouble)):
            bodies = [encode_body(to_wire(item)) for item in records if isinstance(item, kind)]
            if bodies:
                first = self.heads[lane] + 1
                payload = encode_batch(self.box_id, f"epoch-{self.box_id}", lane, first, bodies)
                self.heads[lane] += len(bodies)
                self.deliver(topics.up(ORG, self.box_id, lane), payload, at)

    def beat(self, at: datetime, waiting: int = 0, devices: tuple[DeviceHealth, ...] = ()) -> None:
        """Have headquarters take in a heartbeat."""
        settled = sum(self.heads.values())
        lanes = {lane: LaneHealth(head=head, through=head, waiting=0, floor=0)
                 for lane, head in self.heads.items()}  # fmt: skip
        oldest = utc_text(at - timedelta(minutes=4)) if waiting else None
        beat = Heartbeat(
            box_id=self.box_id, store_id=self.store_id, version="0.1.0", at_utc=utc_text(at),
            epoch=f"epoch-{self.box_id}", hq_epoch=None, lanes=lanes, oldest_waiting_utc=oldest,
            captured=settled + waiting, settled=settled, waiting=waiting, quarantined=0,
            db_bytes=2_400_000, free_bytes=20_000_000_000, capacity_days=2100, devices=devices,
        )  # fmt: skip
        self.deliver(topics.health(ORG, self.box_id), encode_heartbeat(beat), at)

    def deliver(self, topic: str, payload: bytes, at: datetime) -> None:
        """Hand bytes to headquarters as the broker would."""
        take_in(self.engine, ORG, [Message(topic, payload)], utc_ms(at))


def terminal(
    name: str, serial: str, store_id: str, at: datetime, complete: datetime, offset_ms: int = 0
) -> DeviceHealth:
    """Return a terminal that does well."""
    return DeviceHealth(
        name=name, driver="zkteco", source_id=serial, store_id=store_id, status=DeviceStatus.OK,
        detail="", last_read_utc=utc_text(at), complete_utc=utc_text(complete),
        complete_lane_heads={}, clock_offset_ms=offset_ms, device_records=1637, facts={},
    )  # fmt: skip


def tills(store_id: str, at: datetime) -> DeviceHealth:
    """Return a folder of till files that does well."""
    return DeviceHealth(
        name="收银", driver="posfile", source_id=f"/srv/pos/{store_id}", store_id=store_id,
        status=DeviceStatus.OK, detail="", last_read_utc=utc_text(at), complete_utc=utc_text(at),
        complete_lane_heads={}, clock_offset_ms=None, device_records=None, facts={},
    )  # fmt: skip


def seed(engine: Engine) -> dict[str, Box]:
    """Fill a migrated, empty database up to `NOW`; return the boxes, to go on from there."""
    accounts.add(engine, LOGIN, PASSWORD, utc_ms(NOW))
    organisation(engine)
    boxes = {store_id: Box(engine, box_id, store_id) for store_id, _, _, box_id, *_ in STORES}
    clock = FixedClock(NOW)
    evaluator = Evaluator(engine, clock)
    for number in range((TODAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(days=number)
        by_hour: dict[datetime, dict[str, list[Record]]] = {}
        for at, store_id, record in happenings(day):
            moment = at.replace(minute=at.minute // 20 * 20, second=0) + timedelta(minutes=20)
            if day == TODAY:
                moment = at + timedelta(seconds=3)
            if at <= NOW and not (store_id == "S003" and at > LINE_BROKE):
                by_hour.setdefault(min(moment, NOW), {}).setdefault(store_id, []).append(record)
        by_hour.setdefault(min(local(day, "23:50"), NOW), {})
        by_hour.setdefault(min(local(day + timedelta(days=1), "05:30"), NOW), {})
        for moment, sent in sorted(by_hour.items()):
            for store_id, records in sent.items():
                boxes[store_id].send(records, moment)
            clock.at = moment
            report(boxes, moment)
            while evaluator.flush():
                pass
    problems(boxes)
    while evaluator.flush():
        pass
    return boxes


def organisation(engine: Engine) -> None:
    """Write stores, people, badges, seller codes, rosters and rules."""
    created = utc_ms(local(FIRST_DAY, "00:00"))
    days = [FIRST_DAY + timedelta(days=number) for number in range(10)]
    with write(engine) as connection:
        shops = [
            Store(store_id=store_id, name=name, zone=ZONE, scene=scene)
            for store_id, name, scene, *_ in STORES
        ]
        enrolment.put_stores(connection, shops, created, author="seed")
        people = [
            Employee(employee_id=employee_id, name=name, store_id=store_id)
            for employee_id, name, store_id, *_ in PEOPLE
        ]
        enrolment.put_employees(connection, people, created, author="seed")
        for employee_id, _, store_id, start, end in PEOPLE:
            who = {"employee_id": employee_id, "store_id": store_id}
            badge = {"device_serial": "*", "user_id": user_of(employee_id)}
            connection.execute(insert(tables.badge), who | badge)
            connection.execute(insert(tables.seller), who | {"seller_code": f"P{employee_id[1:]}"})
            shift = Shift(shift_id="day", store_id=store_id, zone=ZONE, start=start, end=end)
            rows = [
                who | {
                    "work_date": day.isoformat(), "version": 1, "author": "seed",
                    "shift": encode_shifts(() if (employee_id, day) in RESTS else (shift,)),
                    "target_fen": 0 if (employee_id, day) in RESTS else TARGET_FEN, "subsidy_fen": SUBSIDY_FEN,
                    "created_utc_ms": created,
                }
                for day in days
            ]  # fmt: skip
            connection.execute(insert(tables.roster), rows)
        publish_shipped(connection, created)


def user_of(employee_id: str) -> str:
    """Return a person's user id on the terminals."""
    return f"1{employee_id[1:]}"


def happenings(day: date) -> Iterator[tuple[datetime, str, Record]]:
    """Yield (when, store, record) of everything that happens on a day."""
    serials = {store_id: serial for store_id, _, _, _, serial, _ in STORES}
    for employee_id, _, store_id, start, end in PEOPLE:
        if (employee_id, day) in RESTS | ABSENT or (store_id == "S003" and day == TODAY):
            continue
        chance = random.Random(f"{employee_id}{day}")
        late_s = 60 * LATE_MIN.get((employee_id, day), 0)
        came = local(day, start, late_s + 14 if late_s else -chance.randint(40, 600))
        offset_ms = -1400 if store_id == "S002" else 300
        user_id = user_of(employee_id)
        yield came, store_id, punch(store_id, serials[store_id], user_id, came, offset_ms)
        if (employee_id, day) not in NO_PUNCH_OUT:
            left = local(day, end, chance.randint(60, 900))
            yield left, store_id, punch(store_id, serials[store_id], user_id, left, offset_ms)
        for number in range(5):
            sold = came + timedelta(minutes=25 + 95 * number + chance.randint(0, 20))
            fen = chance.randint(4_000, 15_000)
            receipt = f"{day:%m%d}-{employee_id}-{number}"
            yield sold, store_id, sale(store_id, f"P{employee_id[1:]}", receipt, sold, fen)
    noon = local(day, "12:07")
    yield noon, STRANGER_STORE, punch(STRANGER_STORE, STRANGER_SERIAL, STRANGER, noon)
    yield noon, "S002", sale("S002", UNKNOWN_SELLER, f"{day:%m%d}-x", noon, 2_350)
    if day == REFUND_DAY:
        sold = local(day, "16:00")
        yield sold, "S001", sale("S001", "P103", f"{day:%m%d}-big", sold, 60_000)
    if day == REFUND_DAY + timedelta(days=1):
        refunded = local(REFUND_DAY, "17:30")
        line = sale("S001", "P103", "refund-1", refunded, -75_000, "refund")
        yield local(day, "10:30"), "S001", line
    if day == TODAY:
        sold = local(day, "10:09")
        yield sold, "S002", sale("S002", "P204", "1123-big", sold, 52_800)


LINE_BROKE = local(LATE_DAY, "15:00")


def report(boxes: dict[str, Box], at: datetime) -> None:
    """Have every box say how it does; the third one's line breaks on the evening before `TODAY`."""
    for store_id, _, _, _, serial, name in STORES:
        away = store_id == "S003" and at > LINE_BROKE
        if not away:
            offset_ms = 95_000 if store_id == "S002" and at == NOW else 300
            devices = (terminal(name, serial, store_id, at, at, offset_ms), tills(store_id, at))
            waiting = 12 if store_id == "S002" and at == NOW else 0
            boxes[store_id].beat(at, waiting, devices)


def problems(boxes: dict[str, Box]) -> None:
    """Have things go wrong: unreadable data, undecodable bytes, a terminal that does not answer."""
    bad_line = '1123-0042,2026-11-23 09:5?,"洗发水,1,39.90\n'.encode("gb18030")
    frame = bytes.fromhex("5050827d08000000d0071234ffffffff") + b"\x00\x17noise"
    boxes["S001"].send(
        [
            trouble("S001", "sales-2026-11-23.csv", "line 42", "time",
                    "line 42, sold_at '2026-11-23 09:5?' is no time. Add its form to values.time_formats in the map.", bad_line),
            trouble("S001", "CKQA210160001", "attendance log", "impossible_time",
                    "Record 2031 of the log has no readable time; it is kept as it came. "
                    "Enter the punch by hand if one is missing that day.", frame),
        ],
        NOW - timedelta(minutes=50),
    )  # fmt: skip
    at = NOW - timedelta(minutes=30)
    boxes["S001"].deliver(topics.up(ORG, "box-001", Lane.PUNCH), b"Zthis is not zlib \x00\xff", at)
    wire = to_wire(punch("S001", STRANGER_SERIAL, "1101", at)) | {"device_time": "yesterday"}
    box = boxes["S002"]
    box.heads[Lane.PUNCH] += 1
    payload = encode_batch(box.box_id, "epoch-box-002", Lane.PUNCH, box.heads[Lane.PUNCH],
                           [encode_body(wire)])  # fmt: skip
    box.deliver(topics.up(ORG, box.box_id, Lane.PUNCH), payload, at)
    at = local(LATE_DAY, "15:05")
    down = DeviceHealth(
        name="前台", driver="zkteco", source_id="CKQA210160077", store_id="S003",
        status=DeviceStatus.DOWN,
        detail="192.168.1.203:4370: no answer in time (timeout). It is tried again by itself.",
        last_read_utc=utc_text(local(LATE_DAY, "15:00")), complete_utc=None,
        complete_lane_heads={}, clock_offset_ms=None, device_records=1204, facts={},
    )  # fmt: skip
    boxes["S003"].beat(at, 3, (down, tills("S003", at)))
    report({"S001": boxes["S001"], "S002": boxes["S002"], "S003": boxes["S003"]}, NOW)
    with write(boxes["S003"].engine) as connection:
        away = tables.box.update().where(tables.box.c.box_id == "box-003")
        connection.execute(away.values(online=False))
