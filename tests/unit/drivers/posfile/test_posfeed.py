"""The simulated tills play the same day the same way and never print a line twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drivers.posfile.dialects import load_map
from drivers.posfile.parse import Parsed, Parser
from drivers.simulators.posfeed import Feed, Play, Source, make_up_source, read_source

EXPORT = Path(__file__).resolve().parents[5] / "shared" / "data" / "supermarket_sales.csv"
ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 23)


def play(source: Source | None = None, **more: Any) -> Play:
    sellers = more.pop("sellers", ("P01", "P02", "P03"))
    return Play(source=source or make_up_source("A"), zone=ZONE, sellers=sellers, **more)


def read(folder: Path) -> Parsed:
    dialect, told = load_map("supermarket_sales").at_branch("A"), Parsed()
    for path in sorted(folder.glob("*.csv")):
        parsed = Parser(dialect, path.name).feed(path.read_bytes(), final=True)
        told.sales += parsed.sales
        told.rejected += parsed.rejected
    return told


def at(hour: int, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=ZONE).astimezone(UTC)


def test_a_day_is_the_same_twice_and_no_receipt_comes_again_on_another() -> None:
    days = [DAY + timedelta(days=i) for i in range(60)]
    told = [line.text for day in days for line in play(per_day=12).lines_of(day)]
    assert told == [line.text for day in days for line in play(per_day=12).lines_of(day)]
    assert max(Counter(text.split(",")[0] for text in told).values()) == 1


def test_the_real_export_plays_with_its_columns_and_the_sellers_in_turn(tmp_path: Path) -> None:
    source = read_source(EXPORT, "A")
    assert len(source.rows) == 340
    Feed(play(source, per_day=30), tmp_path).advance(at(23))
    parsed = read(tmp_path)
    assert parsed.rejected == []
    assert Counter(sale.seller_code for sale in parsed.sales) == {"P01": 10, "P02": 10, "P03": 10}
    assert {sale.sold_at[:10] for sale in parsed.sales} == {"2026-11-23"}
    assert [s.sold_at for s in parsed.sales] == sorted(s.sold_at for s in parsed.sales)


def test_without_sellers_the_columns_are_those_of_the_source(tmp_path: Path) -> None:
    source = read_source(EXPORT, "A")
    Feed(play(source, sellers=()), tmp_path).advance(at(23))
    header = EXPORT.read_text(encoding="utf-8").splitlines()[0]
    assert (tmp_path / "sales-20261123.csv").read_text(encoding="utf-8").splitlines()[0] == header


def test_lines_come_when_their_time_has_come(tmp_path: Path) -> None:
    feed = Feed(play(per_day=20), tmp_path)
    next_utc = feed.advance(at(14))
    until_noon = read(tmp_path).sales
    assert until_noon
    assert all(sale.sold_at <= "2026-11-23T14:00:00" for sale in until_noon)
    assert next_utc > at(14)
    feed.advance(next_utc)
    assert len(read(tmp_path).sales) > len(until_noon)


@pytest.mark.parametrize("keeps_state", [True, False])
def test_a_feed_that_was_stopped_goes_on_without_repeating(
    tmp_path: Path, keeps_state: bool
) -> None:
    folder, state = tmp_path / "exports", tmp_path / "state.json" if keeps_state else None
    for hour in range(9, 24):
        Feed(play(per_day=20), folder, state).advance(at(hour))
    Feed(play(per_day=20), folder, state).advance(at(23, day=24))
    whole = tmp_path / "whole"
    uncut = Feed(play(per_day=20), whole)
    uncut.advance(at(9))
    uncut.advance(at(23, day=24))
    assert read(folder).sales == read(whole).sales
    assert len(read(folder).sales) == 40


def test_days_missed_are_caught_up(tmp_path: Path) -> None:
    folder, state = tmp_path / "exports", tmp_path / "state.json"
    Feed(play(), folder, state).advance(at(23, day=23))
    Feed(play(), folder, state).advance(at(1, day=27))
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"sales-202611{day}.csv" for day in (23, 24, 25, 26)]


def test_a_line_cut_by_a_stop_is_ended(tmp_path: Path) -> None:
    Feed(play(), tmp_path).advance(at(23))
    path = tmp_path / "sales-20261123.csv"
    whole = path.read_bytes()
    for cut in range(whole.rfind(b"\n", 0, -1) - 20, len(whole)):
        path.write_bytes(whole[:cut])
        Feed(play(), tmp_path).advance(at(23))
        assert path.read_bytes() == whole


def test_faults_are_what_they_say(tmp_path: Path) -> None:
    Feed(play(faults=frozenset({"refund", "bad_line"})), tmp_path).advance(at(23))
    parsed = read(tmp_path)
    assert Counter(sale.line_kind for sale in parsed.sales) == {"sale": 5, "refund": 1}
    assert min(sale.amount_fen for sale in parsed.sales) < 0
    assert [rejected.code for rejected in parsed.rejected] == ["amount"]


def test_a_driver_beside_the_tills_reads_every_line_once(make_till: Callable[..., Any]) -> None:
    till = make_till()
    till.map_text = (Path(__file__).parents[4] / "config/pos/supermarket_sales.toml").read_text(
        "utf-8"
    )
    till.map_text = till.map_text.replace('setting = "branch"', 'values = ["A"]')
    till.restart()
    feed = Feed(play(per_day=40), till.folder)
    told: list[str] = []
    now = at(8)
    while now < at(8, day=27):
        now = min(feed.advance(now), now + timedelta(hours=3))
        told += till.keys()
        till.clock.timer_s += 60
    assert len(told) == len(set(told)) == len(read(till.folder).sales) == 4 * 40
