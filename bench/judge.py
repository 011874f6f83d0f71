"""How fast headquarters judges: a rebuild of everything, one changed day, and the close of a day.

    python -m bench.judge [--people 1000] [--days 60] [--close 3000]

On SQLite. A rebuild of sound data reads the whole journal, judges all days and compares; "days
alone anew" is what `daka-hq rebuild --days` does: every day judged from the touches, lines and
rosters in the database and compared; the start of two processes is in their figures. "judge alone" reads and judges a day at a time and compares nothing. Each line
gives the ratio to what is wanted, and the processor time a day took: on a machine that others use
too, only that can be compared.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing import forkserver
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from sqlalchemy import Engine, select

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.employee_day import assess
from cloud_receiver.domain.workday import Shift, utc_ms
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import days, dirty, enrolment, tables
from cloud_receiver.store.engine import open_engine, read, sqlite_url, upgrade, write
from cloud_receiver.store.enrolment import Badge, Employee, RosterEntry, Seller, Store
from cloud_receiver.store.journal import Entry, append
from cloud_receiver.store.rulebook import publish_shipped
from sync.clock import SystemClock, utc_text
from sync.envelope import encode_body
from sync.identity import record_id
from sync.memory import collect_rarely
from sync.records import Punch, Record, Sale, to_wire

ZONE = "Asia/Shanghai"
CHANGED_DAYS = 50
WANTED_A_SECOND = 100_000
WANTED_DAY_MS = 5
WANTED_CLOSE_PEOPLE, WANTED_CLOSE_S = 30_000, 60
POLICY = Policy()
STORE_PEOPLE = 50
DAY = timedelta(days=1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1000)
    options.add_argument("--days", type=int, default=60)
    options.add_argument("--close", type=int, default=3000, help="people of the day that is closed")
    chosen = options.parse_args()
    collect_rarely()  # as headquarters and its rebuild do
    with TemporaryDirectory() as folder:
        engine = open_engine(sqlite_url(Path(folder) / "hq.sqlite"))
        upgrade(engine)
        now = SystemClock.of_this_boot().now_utc()
        dates = [(now - DAY * number).date().isoformat() for number in range(chosen.days, 0, -1)]
        enrol(engine, chosen.people, dates, utc_ms(now))
        records = journal(engine, chosen.people, dates, now)
        employee_days = chosen.people * chosen.days
        print(f"{chosen.people} people x {chosen.days} days, {records} records")
        for what, work in (
            ("floor: read and decode the journal", lambda: read_only(engine)),
            ("rebuild from nothing", lambda: rebuild(engine, utc_ms(now))),
            ("rebuild of sound data", lambda: rebuild(engine, utc_ms(now), processes=0)),
            ("the same, two processes", lambda: rebuild(engine, utc_ms(now), processes=2)),
            ("days alone anew", lambda: days_anew(engine, utc_ms(now), 0)),
            ("the same, two processes", lambda: days_anew(engine, utc_ms(now), 2)),
            ("judge alone, a day at a time", lambda: judge_only(engine, utc_ms(now))),
        ):
            took_s, cpu_s = timed_both(work)
            show(what, took_s, cpu_s, employee_days)
        took = list(one_changed_day(engine, dates[-1]))
        flush_ms = sorted(took_s * 1000 for took_s, _ in took)
        cpu_ms = median(cpu_s * 1000 for _, cpu_s in took)
        print(
            f"one changed day, journal to commit: p50 {median(flush_ms):.1f} ms, "
            f"max {flush_ms[-1]:.1f} ms of {CHANGED_DAYS}, "
            f"{median(flush_ms) / WANTED_DAY_MS:.1f} x the {WANTED_DAY_MS} ms wanted; "
            f"p50 {cpu_ms:.1f} ms cpu"
        )
        engine.dispose()
    with TemporaryDirectory() as folder:
        close_a_day(Path(folder), chosen.close)


def show(what: str, took_s: float, cpu_s: float, employee_days: int) -> None:
    rate = employee_days / took_s
    print(
        f"{what:36} {took_s:8.2f} s {rate:10,.0f} employee-days/s "
        f"{rate / WANTED_A_SECOND:6.3f} x wanted {cpu_s / employee_days * 1e6:8.1f} us cpu/day"
    )


def timed_both(work) -> tuple[float, float]:
    begin_cpu_s = all_cpu_s()
    took_s = timed(work)
    forkserver._forkserver._stop()  # what ran in its copies counts once it ended
    return took_s, all_cpu_s() - begin_cpu_s


def all_cpu_s() -> float:
    """Return the processor time of this process and of those it started and that ended."""
    ended = getrusage(RUSAGE_CHILDREN)
    return process_time() + ended.ru_utime + ended.ru_stime


def days_anew(engine: Engine, now_utc_ms: int, processes: int) -> None:
    rebuild(engine, now_utc_ms, of_journal=False, processes=processes)


def judge_only(engine: Engine, now_utc_ms: int) -> None:
    with read(engine) as connection:
        complete_utc_ms = dirty.complete(connection)
        fact = tables.day_fact.c
        order = select(fact.employee_id, fact.work_date).order_by(fact.employee_id)
        keys = [(row[0], row[1]) for row in connection.execute(order).all()]
        for start in range(0, len(keys), 6000):
            for inputs in days.load(connection, keys[start : start + 6000]):
                assess(
                    inputs, as_of_utc_ms=now_utc_ms, complete_utc_ms=complete_utc_ms,
                    policy=POLICY,
                )  # fmt: skip


def close_a_day(folder: Path, people: int) -> None:
    """Take in a day of many people and judge, decide and book it."""
    engine = open_engine(sqlite_url(folder / "close.sqlite"))
    upgrade(engine)
    now = SystemClock.of_this_boot().now_utc()
    dates = [(now - DAY).date().isoformat()]
    enrol(engine, people, dates, utc_ms(now))
    journal(engine, people, dates, now)
    evaluator = Evaluator(engine, SystemClock.of_this_boot())

    def flush_all() -> None:
        while evaluator.flush():
            pass

    took_s, cpu_s = timed_both(flush_all)
    whole_s = took_s * WANTED_CLOSE_PEOPLE / people
    print(
        f"close of a day: {people} people in {took_s:.1f} s, {cpu_s / people * 1e6:.0f} us cpu each; "
        f"{WANTED_CLOSE_PEOPLE} at that rate {whole_s:.0f} s, "
        f"{whole_s / WANTED_CLOSE_S:.2f} x the {WANTED_CLOSE_S} s wanted"
    )
    engine.dispose()


def timed(work) -> float:
    begin_s = perf_counter()
    work()
    return perf_counter() - begin_s


def read_only(engine: Engine) -> None:
    with read(engine) as connection:
        for (body,) in connection.execute(select(tables.journal.c.body)):
            json.loads(body)


def enrol(engine: Engine, people: int, dates: list[str], now_utc_ms: int) -> None:
    store_ids = [f"S{number:03}" for number in range(-(-people // STORE_PEOPLE))]
    homes = {f"E{number:05}": store_ids[number // STORE_PEOPLE] for number in range(people)}
    with write(engine) as connection:
        publish_shipped(connection, now_utc_ms)
        enrolment.put_stores(
            connection,
            [Store(store_id=one, name=one, zone=ZONE, scene="supermarket") for one in store_ids],
            now_utc_ms,
        )
        enrolment.put_employees(
            connection,
            [Employee(employee_id=who, name=who, store_id=home) for who, home in homes.items()],
        )
        badges = [Badge(store_id=h, user_id=who, employee_id=who) for who, h in homes.items()]
        enrolment.bind_badges(connection, badges, "bench", now_utc_ms)
        sellers = [Seller(store_id=h, seller_code=who, employee_id=who) for who, h in homes.items()]
        enrolment.bind_sellers(connection, sellers, "bench", now_utc_ms)
        feeds = [
            {
                "box_id": one, "source_id": one, "name": "t", "store_id": one, "status": "ok",
                "driver": "zkteco", "detail": "", "complete_utc_ms": now_utc_ms,
            }
            for one in store_ids
        ]  # fmt: skip
        connection.execute(tables.source.insert(), feeds)
        by_store: defaultdict[str, list[RosterEntry]] = defaultdict(list)
        for who, home in homes.items():
            shift = Shift(shift_id="d", store_id=home, zone=ZONE, start="09:00", end="18:00")
            by_store[home] += [
                RosterEntry(employee_id=who, work_date=date, store_id=home, shifts=(shift,),
                            target_fen=30_000, subsidy_fen=10_000)
                for date in dates
            ]  # fmt: skip
        for roster in by_store.values():
            enrolment.add_roster(connection, roster, "bench", now_utc_ms)


def journal(engine: Engine, people: int, dates: list[str], now: datetime) -> int:
    entries = [
        Entry(record_id(record), record.KIND, record.store_id, "box", "e", "punch", seq,
              encode_body(to_wire(record)), utc_ms(now))
        for seq, record in enumerate(records_of(people, dates, utc_text(now)), start=1)
    ]  # fmt: skip
    with write(engine) as connection:
        append(connection, entries)
    return len(entries)


def records_of(people: int, dates: list[str], received: str) -> Iterator[Record]:
    """Yield two touches and two sales a day and person; one in eight comes late."""
    for date in dates:
        for number in range(people):
            who, store_id = f"E{number:05}", f"S{number // STORE_PEOPLE:03}"
            minute = 7 if (number + int(date[-2:])) % 8 == 0 else 0
            came = (
                f"{date}T09:{minute:02}:{number % 60:02}"
                if minute
                else f"{date}T08:5{number % 10}:00"
            )
            yield touch(who, store_id, came, received)
            yield touch(who, store_id, f"{date}T18:0{number % 10}:00", received)
            for hour in (10, 15):
                yield line(who, store_id, f"{date}T{hour}:00:{number % 60:02}", received)


def touch(who: str, store_id: str, at: str, received: str) -> Punch:
    return Punch(
        device_serial=store_id, user_id=who, device_time=at, state_code=255, verify_code=1,
        occurrence=0, workcode="", store_id=store_id, driver="zkteco", received_at_utc=received,
        boot_id="b", boottime_ms=1, clock_offset_ms=0,
    )  # fmt: skip


def line(who: str, store_id: str, at: str, received: str) -> Sale:
    return Sale(
        store_id=store_id, register_id="1", receipt_id=f"{at}/{who}", line_no=1, line_kind="sale",
        sold_at=at, seller_code=who, item_code="", quantity_milli=1000, amount_fen=16_000,
        original_receipt_id="", source_name="", driver="posfile", received_at_utc=received,
        boot_id="b", boottime_ms=1,
    )  # fmt: skip


def one_changed_day(engine: Engine, date: str) -> Iterator[tuple[float, float]]:
    """Yield the time and processor time of some touches from the journal to the commit, in s."""
    evaluator = Evaluator(engine, SystemClock.of_this_boot())
    now = datetime.now(UTC)
    while evaluator.flush():
        pass
    for number in range(CHANGED_DAYS):
        record = touch(f"E{number:05}", "S000", f"{date}T18:30:00", utc_text(now))
        entry = Entry(record_id(record), "punch", "S000", "box", "e", "punch", 10**6 + number,
                      encode_body(to_wire(record)), utc_ms(now))  # fmt: skip
        with write(engine) as connection:
            append(connection, [entry])
        yield timed_both(evaluator.flush)


if __name__ == "__main__":
    main()
