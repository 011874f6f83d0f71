"""What reports and the ledger sum in the database is what summing row by row comes to."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random
from typing import Any

from sqlalchemy import Engine, insert

from cloud_receiver.domain.labour import OVERTIME_DAY_MIN
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.store import reports, rule_health, statement, tables, trail
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.reports import ANOMALIES, Stretch
from cloud_receiver.store.statement import Selection
from cloud_receiver.store.unmatched import unmatched_users, unmatched_users_count

PEOPLE = [f"E{number:02}" for number in range(24)]
DATES = [f"2026-10-{day}" for day in range(22, 32)] + [f"2026-11-{day:02}" for day in range(1, 13)]
STATUSES = (*ANOMALIES, DayStatus.NORMAL, DayStatus.NORMAL, DayStatus.REST_DAY, DayStatus.PENDING)
JUDGED = {*ANOMALIES, DayStatus.NORMAL}
STRETCHES = (
    Stretch(first="2026-10-25", last="2026-11-09"),
    Stretch(first="2026-10-25", last="2026-11-09", store_id="S2"),
    Stretch(first="2026-11-03", last="2026-11-03"),
)
ROWS = [
    (rule_id, row_id)
    for rule_id in ("late", "run", "target", "never")
    for row_id in ("r0", "r1", "r2")
]
Rows = list[dict[str, Any]]


def _days(chance: Random) -> Rows:
    return [
        {
            "employee_id": who, "work_date": date, "store_id": chance.choice(("S1", "S2", "S3")),
            "status": chance.choice(STATUSES).value, "final": chance.random() < 0.7,
            "facts": "{}", "evidence": "{}", "input_hash": "", "revision": 1,
            "computed_utc_ms": 0, "overtime_min": chance.choice((0, 0, 30, 180, 181, 400)),
            "sales_fen": chance.randint(0, 90_000),
        }
        for who in PEOPLE for date in DATES if chance.random() < 0.8
    ]  # fmt: skip


def _entries(chance: Random) -> Rows:
    return [
        {
            "entry_no": number, "entry_id": f"x{number}", "outcome_key": f"x{number}",
            "employee_id": chance.choice(PEOPLE[4:]), "store_id": chance.choice(("S1", "S2")),
            "work_date": chance.choice(DATES), "account": chance.choice(("instant", "pending")),
            "contra": "company", "amount_fen": chance.choice((-1_000, -500, 0, 500, 5_000)),
            "rule_id": chance.choice(("late", "target", "run")), "rule_version": 1, "row_id": "a",
            "explanation": "{}", "booked_utc_ms": 0, "previous_hash": "", "hash": "",
        }
        for number in range(1, 180)
    ]  # fmt: skip


def _said(entries: Rows) -> Rows:
    names = ("employee_id", "store_id", "work_date", "account", "amount_fen", "rule_id",
             "rule_version", "explanation")  # fmt: skip
    return [
        {name: one[name] for name in names}
        | {"outcome_key": one["entry_id"], "revision": 1, "row_id": f"r{one['entry_no'] % 3}",
           "updated_utc_ms": 0}
        for one in entries
    ]  # fmt: skip


def _fill(engine: Engine) -> tuple[Rows, Rows, Rows]:
    """Fill the tables with what chance has happen; return days, entries and outcomes."""
    chance = Random(8)
    days, entries = _days(chance), _entries(chance)
    said = _said(entries)
    people = [
        {"employee_id": who, "name": who, "store_id": "S1", "language": "zh", "active": True}
        for who in PEOPLE
    ]
    with write(engine) as connection:
        for table, some in (
            (tables.employee, people), (tables.day_fact, days), (tables.ledger, entries),
            (tables.outcome, said),
        ):  # fmt: skip
            connection.execute(insert(table), some)
    return days, entries, said


def _within(some: Rows, stretch: Stretch) -> Rows:
    return [
        one for one in some
        if stretch.first <= one["work_date"] <= stretch.last
        and stretch.store_id in (None, one["store_id"])
    ]  # fmt: skip


def test_what_is_summed_is_what_row_by_row_comes_to(hq_engine: Engine) -> None:
    days, entries, said = _fill(hq_engine)
    for stretch in STRETCHES:
        _days_add_up(hq_engine, stretch, _within(days, stretch))
        _sales_are_parted(hq_engine, stretch, _within(days, stretch), _within(entries, stretch))
        _money_adds_up(hq_engine, stretch, _within(entries, stretch), _within(said, stretch))


def _days_add_up(engine: Engine, stretch: Stretch, days: Rows) -> None:
    for key, by_person in (("employee_id", True), ("store_id", False)):
        by_status: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in days:
            if one["status"] in JUDGED:
                by_status[one[key]][one["status"]] += 1
        with read(engine) as connection:
            found = reports.anomalies(connection, stretch, by_person=by_person)
        assert {one.key: dict(one.by_status) for one in found} == by_status
        for one in found:
            assert one.days == by_status[one.key].total()
            assert one.wrong == one.days - by_status[one.key][DayStatus.NORMAL]
    over: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for one in days:
        if one["overtime_min"]:
            over[one["employee_id"], one["work_date"][:7]].append(one["overtime_min"])
    with read(engine) as connection:
        overtime = reports.overtime(connection, stretch)
        heard = reports.heard(connection, stretch)
    assert {(one.employee_id, one.month): (one.days, one.long_days, one.overtime_min)
            for one in overtime} == {
        key: (len(minutes), sum(n > OVERTIME_DAY_MIN for n in minutes), sum(minutes))
        for key, minutes in over.items()
    }  # fmt: skip
    assert [one.overtime_min for one in overtime] == sorted(map(sum, over.values()), reverse=True)
    final = Counter((one["store_id"], one["work_date"]) for one in days if one["final"])
    assert [(one.store_id, one.work_date) for one in heard] == sorted(
        {(one["store_id"], one["work_date"]) for one in days}
    )
    assert all(one.final == final[one.store_id, one.work_date] for one in heard)


def _sales_are_parted(engine: Engine, stretch: Stretch, days: Rows, entries: Rows) -> None:
    since: dict[str, str] = {}
    for one in entries:
        if one["amount_fen"] > 0:
            who = one["employee_id"]
            since[who] = min(one["work_date"], since.get(who, "9"))
    wanted: dict[str, list[int]] = {}
    for one in days:
        if one["status"] in JUDGED:
            first = since.get(one["employee_id"], "9")
            if one["work_date"] != first:
                sums = wanted.setdefault(one["employee_id"], [0, 0, 0, 0])
                place = 2 if one["work_date"] > first else 0
                sums[place] += 1
                sums[place + 1] += one["sales_fen"]
    with read(engine) as connection:
        found = reports.sold(connection, stretch)
    assert {one.employee_id: [one.days_before, one.sales_before_fen, one.days_after,
                              one.sales_after_fen] for one in found} == wanted  # fmt: skip
    assert {one.employee_id: one.rewarded_from for one in found if one.rewarded_from} == {
        who: date for who, date in since.items() if who in wanted
    }


def _money_adds_up(engine: Engine, stretch: Stretch, entries: Rows, said: Rows) -> None:
    with read(engine) as connection:
        by_rule, by_day = reports.amounts(connection, stretch)
        hits = rule_health.row_hits(connection, stretch, ROWS)
        sums = statement.totals(
            connection,
            Selection(first_date=stretch.first, last_date=stretch.last, store_id=stretch.store_id),
        )
    told = {("rule_id", one.key): one for one in by_rule}
    told |= {("work_date", one.key): one for one in by_day}
    told |= {("account", one.account): one for one in sums}
    kinds = ("rule_id", "work_date", "account")
    assert told.keys() == {(kind, one[kind]) for kind in kinds for one in entries}
    for (kind, key), one in told.items():
        own = [entry for entry in entries if entry[kind] == key]
        assert one.entries == len(own)
        assert one.rewards_fen == sum(max(0, entry["amount_fen"]) for entry in own)
        assert one.deductions_fen == sum(min(0, entry["amount_fen"]) for entry in own)
        if kind == "rule_id":
            assert one.people == len({entry["employee_id"] for entry in own})
    spoken = {(one["rule_id"], one["row_id"]) for one in said}
    assert [(one.rule_id, one.row_id) for one in hits] == sorted(spoken)
    for one in hits:
        own = [it for it in said if (it["rule_id"], it["row_id"]) == (one.rule_id, one.row_id)]
        silent = sum(it["amount_fen"] == 0 for it in own)
        people = {it["employee_id"] for it in own}
        assert (one.hits, one.silent, one.people) == (len(own), silent, len(people))
        assert one.amount_fen == sum(it["amount_fen"] for it in own)


def test_ids_of_nobody_are_counted_as_listed(hq_engine: Engine) -> None:
    chance = Random(3)
    with write(hq_engine) as connection:
        connection.execute(
            insert(tables.punch),
            [
                {
                    "record_id": f"p{number}", "entry_no": number, "store_id": "S1",
                    "device_serial": chance.choice(("A", "B")), "user_id": f"{number % 7}",
                    "employee_id": chance.choice((None, "E1")), "device_time": f"{number:02}",
                    "effective_utc_ms": number, "state_code": 0, "verify_code": 1,
                }
                for number in range(30)
            ],
        )  # fmt: skip
    with read(hq_engine) as connection:
        assert unmatched_users_count(connection) == len(unmatched_users(connection)) > 5


def test_the_newest_deeds_are_those_of_all_kinds_together(hq_engine: Engine) -> None:
    chance = Random(4)
    planned = [
        {
            "employee_id": who, "work_date": date, "version": 1, "store_id": chance.choice("AB"),
            "shift": "null", "target_fen": 0, "subsidy_fen": 0, "author": chance.choice("xy"),
            "created_utc_ms": chance.randint(1, 9),
        }
        for who in PEOPLE[:6] for date in DATES[:4]
    ]  # fmt: skip
    badges = [
        {
            "store_id": "A", "device_serial": "*", "user_id": f"{number}", "from_date": DATES[0],
            "version": 1, "to_date": DATES[-1], "employee_id": "E01", "author": chance.choice("xy"),
            "created_utc_ms": chance.randint(1, 9),
        }
        for number in range(20)
    ]  # fmt: skip
    with write(hq_engine) as connection:
        connection.execute(insert(tables.roster), planned)
        connection.execute(insert(tables.badge), badges)
    together = Counter((one["created_utc_ms"], one["author"], one["store_id"]) for one in planned)
    told = [(*key, number) for key, number in together.items()]
    told += [(one["created_utc_ms"], one["author"], one["user_id"], 1) for one in badges]
    for author in (None, "x"):
        wanted = sorted(
            (one for one in told if author in (None, one[1])), key=lambda one: (-one[0], one[2])
        )
        for limit in (1, 5, 100):
            with read(hq_engine) as connection:
                found = trail.deeds(connection, limit, author=author)
            assert [(one.at_utc_ms, one.subject) for one in found] == [
                (one[0], one[2]) for one in wanted[:limit]
            ]
            assert sum(one.number for one in found) <= sum(one[3] for one in wanted)
