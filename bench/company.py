"""A company of 500 stores and 30 000 people with a month behind it, for what must be fast at that size.

One store's month is real: its records are taken in, judged and booked by headquarters' own code.
The others are copies of it under their own ids; the ledger is chained anew over all of them, so
that it verifies. A database once made is kept in the temporary folder and used again.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from sqlalchemy import Engine

from bench.rig import ORG
from cloud_receiver.domain.accounts import COMPANY, PERSONAL
from cloud_receiver.domain.campaigns import Campaign
from cloud_receiver.domain.ledger import Entry, digest
from cloud_receiver.domain.workday import Shift, utc_ms
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.ingest import Message, take_in
from cloud_receiver.store import accounts, campaigns, enrolment, lawbook, membership, withdrawals
from cloud_receiver.store.engine import open_engine, sqlite_url, upgrade, write
from cloud_receiver.store.ledger import HEAD_KEY
from cloud_receiver.store.rulebook import publish_shipped
from sync import topics
from sync.clock import ScaledClock, utc_text
from sync.envelope import encode_batch, encode_body
from sync.heartbeat import DeviceHealth, DeviceStatus, Heartbeat, LaneHealth, encode_heartbeat
from sync.records import Punch, Record, Sale, to_wire
from sync.topics import Lane

STORES, PEOPLE, DAYS = 500, 60, 30
ZONE, OFFSET = "Asia/Shanghai", timedelta(hours=8)
TODAY: Final = date(2026, 11, 23)
NOW: Final = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)  # 10:20 in the stores
LOGIN, PASSWORD = "hr", "every cent explained"
MODEL: Final = "S000"
"""The store that is copied; every id of it contains this."""
COMPANY_TABLES: Final = frozenset({
    "account", "campaign", "rule_version", "hq_epoch", "meta", "policy_version", "alembic_version",
    "anchor", "journal_digest", "balance", "ledger", "change", "retention_run", "web_session",
})  # fmt: skip
"""What there is once, and what is made anew for all stores together."""
_RECORD: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{4}([0-9a-f]{28})(?![0-9a-f])")
STILL_TO_COME: Final = 5
"""Who of a store has not come today."""
_FAMILY, _GIVEN = (
    "王李张刘陈杨黄赵周吴",
    ("芳", "伟", "敏", "静", "强", "磊", "洋", "艳", "杰", "娟"),
)


def prepared(stores: int = STORES, people: int = PEOPLE, folder: Path | None = None) -> Path:
    """Return the database of such a company, made in the folder when it is not there yet.

    One of an older schema is brought up to date by whoever opens it.
    """
    name = f"daka-company-{stores}x{people}"
    recipe = sha256(Path(__file__).read_bytes()).hexdigest()
    path = (folder or Path(gettempdir())) / f"{name}-{recipe[:10]}.db"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for former in path.parent.glob(f"{name}-*.db*"):
            former.unlink()
        began_s = time.monotonic()
        making = path.with_suffix(".making")
        making.unlink(missing_ok=True)
        engine = open_engine(sqlite_url(making))
        upgrade(engine)
        _one_store(engine, people)
        engine.dispose()
        _copy_store(making, stores)
        making.rename(path)
        print(f"made {path} in {time.monotonic() - began_s:.0f} s")
    return path


def person(number: int, store_id: str = MODEL) -> str:
    """Return the id of a person of a store."""
    return f"{store_id}-{number:02}"


def local(day: date, at: str, offset_s: float = 0) -> datetime:
    """Return a wall time of the stores as an instant."""
    moment = datetime.fromisoformat(f"{day}T{at}+08:00")
    return moment.astimezone(UTC) + timedelta(seconds=offset_s)


def wall(instant: datetime) -> str:
    """Return an instant as a device shows it."""
    return f"{(instant + OFFSET).replace(tzinfo=None, microsecond=0).isoformat()}"


def touch(store_id: str, user_id: str, at: datetime) -> Punch:
    """Return a touch of a store's terminal."""
    return Punch(
        device_serial=f"T{store_id}", user_id=user_id, device_time=wall(at), state_code=255,
        verify_code=1, occurrence=0, workcode="", store_id=store_id, driver="zkteco",
        received_at_utc=utc_text(at + timedelta(seconds=2)), boot_id="boot", boottime_ms=1_000_000,
        clock_offset_ms=0,
    )  # fmt: skip


def batch(store_id: str, lane: Lane, first: int, records: list[Record]) -> Message:
    """Return records as a store's box publishes them."""
    bodies = [encode_body(to_wire(one)) for one in records]
    box = f"box-{store_id}"
    return Message(
        topics.up(ORG, box, lane), encode_batch(box, f"epoch-{store_id}", lane, first, bodies)
    )


def _one_store(engine: Engine, people: int) -> None:
    days = [TODAY - timedelta(days=number) for number in range(DAYS, -1, -1)]
    accounts.add(engine, LOGIN, PASSWORD, utc_ms(NOW))
    _organisation(engine, people, days)
    for lane, kind in ((Lane.PUNCH, Punch), (Lane.SALE, Sale)):
        records = [one for one in _records(people, days) if isinstance(one, kind)]
        for start in range(0, len(records), 200):
            message = batch(MODEL, lane, start + 1, list(records[start : start + 200]))
            take_in(engine, ORG, [message], utc_ms(NOW))
    take_in(engine, ORG, [Message(topics.health(ORG, f"box-{MODEL}"), _heartbeat())], utc_ms(NOW))
    evaluator = Evaluator(engine, ScaledClock(NOW, time.time() + 1e6, 1.0))
    while evaluator.flush():
        pass
    with write(engine) as connection:
        for number in range(people):
            if withdrawals.available_fen(connection, person(number)) >= 5_000:
                asked = f"{MODEL}-w{number:02}"
                withdrawals.withdraw(connection, person(number), 5_000, asked, utc_ms(NOW))
                break


def _organisation(engine: Engine, people: int, days: list[date]) -> None:
    shift = Shift(shift_id="day", store_id=MODEL, zone=ZONE, start="09:00", end="18:00")
    staff, roster, created = range(people), [], utc_ms(local(days[0], "00:00"))
    for number in staff:
        for day in [*days, *(TODAY + timedelta(days=ahead) for ahead in range(1, 8))]:
            rests = (day.toordinal() + number) % 7 == 0
            roster.append(enrolment.RosterEntry(
                employee_id=person(number), work_date=str(day), store_id=MODEL,
                shifts=() if rests else (shift,), target_fen=0 if rests else 45_000,
                subsidy_fen=0 if rests else 10_000,
            ))  # fmt: skip
    with write(engine) as connection:
        publish_shipped(connection, created)
        shop = enrolment.Store(store_id=MODEL, name=f"{MODEL}店", zone=ZONE, scene="community")
        enrolment.put_stores(connection, [shop], created)
        enrolment.put_employees(connection, [
            enrolment.Employee(employee_id=person(number), store_id=MODEL,
                               name=_FAMILY[number // 10 % 10] + _GIVEN[number % 10])
            for number in staff
        ])  # fmt: skip
        enrolment.bind_badges(connection, [
            enrolment.Badge(store_id=MODEL, user_id=str(1000 + number), employee_id=person(number))
            for number in staff
        ], "bench", created)  # fmt: skip
        enrolment.bind_sellers(connection, [
            enrolment.Seller(store_id=MODEL, seller_code=f"P{number}", employee_id=person(number))
            for number in staff
        ], "bench", created)  # fmt: skip
        enrolment.add_roster(connection, roster, "bench", created)
        wages = [(person(number), "2026-01-01", 600_000) for number in staff]
        lawbook.put_wages(connection, wages, "bench", created)
        contest = Campaign(
            campaign_id="autumn", name="秋季冲刺", last_date=str(TODAY + timedelta(days=7)),
            first_date=str(TODAY - timedelta(days=14)),
        )  # fmt: skip
        campaigns.enter(connection, contest, "bench", created)
        membership.join(
            connection,
            contest.campaign_id,
            [person(number) for number in staff],
            contest.first_date,
            created,
        )


def _records(people: int, days: list[date]) -> Iterator[Record]:
    """Yield a month of a store: one person in twelve late, some cards missing, targets half met."""
    chance, receipt = random.Random(1), count(1)
    for day in days:
        yield touch(MODEL, "9001", local(day, "08:40"))  # nobody knows whose id that is
        for number in range(people):
            is_away = chance.random() < 0.004 or (day == TODAY and number == STILL_TO_COME)
            if (day.toordinal() + number) % 7 == 0 or is_away:
                continue
            late_s = (
                chance.randint(60, 2400) if chance.random() < 0.08 else -chance.randint(30, 900)
            )
            came = local(day, "09:00", late_s)
            if came <= NOW:
                yield touch(MODEL, str(1000 + number), came)
            left = local(day, "18:00", chance.randint(30, 900))
            if left <= NOW and chance.random() > 0.004:
                yield touch(MODEL, str(1000 + number), left)
            if local(day, "09:50") <= NOW:
                fen = chance.randint(27_000, 75_000)
                yield _sold(f"P{number}", next(receipt), local(day, "09:50", number), fen)


def _sold(seller: str, receipt: int, at: datetime, fen: int) -> Sale:
    return Sale(
        store_id=MODEL, register_id="K1", receipt_id=f"{receipt}", line_no=1, line_kind="sale",
        sold_at=wall(at), seller_code=seller, item_code="6901234567892", quantity_milli=1000,
        amount_fen=fen, original_receipt_id="", source_name="sales.csv", driver="posfile",
        received_at_utc=utc_text(at), boot_id="boot", boottime_ms=1_000_000,
    )  # fmt: skip


def _heartbeat() -> bytes:
    device = DeviceHealth(
        name="正门", driver="zkteco", source_id=f"T{MODEL}", store_id=MODEL, status=DeviceStatus.OK,
        detail="", last_read_utc=utc_text(NOW), complete_utc=utc_text(NOW), complete_lane_heads={},
        clock_offset_ms=0, device_records=5000, facts={},
    )  # fmt: skip
    lanes = {lane: LaneHealth(head=0, through=0, waiting=0, floor=0) for lane in Lane}
    return encode_heartbeat(Heartbeat(
        box_id=f"box-{MODEL}", store_id=MODEL, version="0.1.0", at_utc=utc_text(NOW),
        epoch=f"epoch-{MODEL}", hq_epoch=None, lanes=lanes, oldest_waiting_utc=None, captured=0,
        settled=0, waiting=0, quarantined=0, db_bytes=2_400_000, free_bytes=20_000_000_000,
        capacity_days=2100, devices=(device,),
    ))  # fmt: skip


def _copy_store(path: Path, stores: int) -> None:
    """Make the other stores of the one there is, with raw records of two days; indexes last."""
    recent = utc_ms(NOW - timedelta(days=2))
    plain = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
        plain.execute(f"PRAGMA {pragma}").close()
    indexes = plain.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indexes:
        plain.execute(f"DROP INDEX {name}")
    plain.execute("BEGIN")
    plain.execute(
        "DELETE FROM journal WHERE record_id IN (SELECT record_id FROM punch WHERE effective_utc_ms < ?) "
        "OR record_id IN (SELECT record_id FROM sale WHERE sold_utc_ms < ?)",
        (recent, recent),
    )
    for (table,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if table not in COMPANY_TABLES and not table.startswith("sqlite_"):
            _copy_table(plain, table, stores)
    _copy_ledger(plain, stores)
    plain.execute("UPDATE notice SET state = 'sent', sent_utc_ms = created_utc_ms + 400")
    plain.execute("COMMIT")
    for _, statement in indexes:
        plain.execute(statement)
    plain.execute("PRAGMA journal_mode=WAL").close()
    plain.close()


def _copy_table(plain: sqlite3.Connection, table: str, stores: int) -> None:
    """Copy the rows of the model store to every other; what numbers rows goes on counting."""
    cursor = plain.execute(f"SELECT * FROM {table}")
    columns = [one[0] for one in cursor.description]
    rows = cursor.fetchall()
    text = _RECORD.sub(rf"{MODEL}\1", json.dumps(rows, ensure_ascii=False))
    if not rows or MODEL not in text:
        return
    numbers = [n for n, name in enumerate(columns) if name in {"entry_no", "notice_no"}]
    many = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(columns))})"
    plain.execute(f"DELETE FROM {table}")
    for store in range(stores):
        copied = json.loads(text.replace(MODEL, f"S{store:03}"))
        for row in copied:
            for n in numbers:
                row[n] += store * 100_000
        plain.executemany(many, copied)


def _copy_ledger(plain: sqlite3.Connection, stores: int) -> None:
    columns = ", ".join(Entry._fields)
    rows = plain.execute(f"SELECT {columns} FROM ledger ORDER BY entry_no").fetchall()
    text = _RECORD.sub(rf"{MODEL}\1", json.dumps([row[:-2] for row in rows], ensure_ascii=False))
    many = f"INSERT INTO ledger ({columns}) VALUES ({', '.join('?' * len(Entry._fields))})"
    plain.execute("DELETE FROM ledger")
    number, head = 0, "0" * 64
    for store in range(stores):
        chained = []
        for row in json.loads(text.replace(MODEL, f"S{store:03}")):
            number += 1
            entry = [number, *row[1:], head, ""]
            head = entry[-1] = digest(entry)
            chained.append(entry)
        plain.executemany(many, chained)
    stamp = json.dumps([number, head], separators=(",", ":"))
    plain.execute("UPDATE meta SET value = ? WHERE key = ?", (stamp, HEAD_KEY))
    plain.execute("DELETE FROM balance")
    personal = ", ".join(f"'{account}'" for account in sorted(PERSONAL))
    plain.execute(
        "INSERT INTO balance SELECT owner, account, sum(fen) FROM ("
        "SELECT employee_id AS owner, account, amount_fen AS fen FROM ledger UNION ALL "
        f"SELECT CASE WHEN contra IN ({personal}) THEN employee_id ELSE ? END, contra, -amount_fen "
        "FROM ledger) GROUP BY 1, 2",
        (COMPANY,),
    )
