"""Law 6 for what hangs together over days and people: runs, ranks, pools, budgets, refunds."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from cloud_receiver.domain.budgets import Budget, Share
from cloud_receiver.store import tables
from cloud_receiver.store.engine import open_engine, sqlite_url
from cloud_receiver.store.verification import verify_all
from tests.acceptance.conftest import Play, day_of

PEOPLE, DAYS = 6, 10
BUDGETS_FEN = {"too little for the days": 200_000, "too little for the closing": 270_000}
TIMELESS = ("computed_utc_ms", "revision", "input_hash")


def _organised(engine: Engine, budget_fen: int) -> Play:
    """Six people who sell together for ten days, every day rostered; nothing happened yet."""
    hq = Play(engine)
    hq.organise()
    hq.publish_rules()
    who = hq.people(PEOPLE)
    for one in who:
        for number in range(DAYS):
            hq.roster(one, day_of(number))
    hq.campaign(who, days=DAYS, budget=Budget(budget_fen, Share.PRO_RATA))
    hq.evaluate()
    return hq


def _happened(hq: Play) -> list[list[Any]]:
    """Return what happens each day, and after the campaign: touches, sales, what is brought back."""
    days = []
    for number in range(DAYS):
        on, records = day_of(number), []
        for place in range(PEOPLE):
            who = f"E{place + 1:02d}"
            came = "09:20" if place and (place + number) % 7 == 6 else "08:55"
            records += [hq.punch(who, f"{on}T{clock}:00") for clock in (came, "18:02")]
            fen = 9_000 + 400 * ((place * 3 + number) % 6)
            records.append(hq.sale(who, f"{on}T11:00:00", fen, receipt_id=f"{who}/{number}"))
        days.append(records)
    for back, (place, sold, fen) in ((9, (0, 5, -9_000)), (10, (1, 2, -2_000)), (10, (3, 9, -900))):
        who, days_left = f"E{place + 1:02d}", days if back < DAYS else [*days, []]
        line = hq.sale(
            "E06", f"{day_of(back)}T12:00:00", fen, line_kind="refund", register_id="R2",
            receipt_id=f"back/{who}", original_receipt_id=f"{who}/{sold}",
        )  # fmt: skip
        days_left[back].append(line)
        days = days_left
    return days


def _found(hq: Play) -> tuple[Any, ...]:
    assert hq.reading(lambda c: list(verify_all(c).troubles)) == []
    return (
        hq.ledger(),
        hq.table(tables.day_fact, *TIMELESS),
        hq.table(tables.standing, "computed_utc_ms"),
    )


@pytest.fixture(params=BUDGETS_FEN.values(), ids=BUDGETS_FEN)
def budget_fen(request: pytest.FixtureRequest) -> int:
    """What the campaign may cost."""
    return int(request.param)


@pytest.fixture
def in_order(sqlite_template: Path, tmp_path: Path, budget_fen: int) -> tuple[Any, ...]:
    """Return what is found when everything comes when it happens, and once."""
    shutil.copy(sqlite_template, tmp_path / "in_order.sqlite")
    engine = open_engine(sqlite_url(tmp_path / "in_order.sqlite"))
    hq = _organised(engine, budget_fen)
    for number, records in enumerate(_happened(hq)):
        hq.journal(*records)
        hq.feed_complete(f"{day_of(number)}T23:59")
        hq.at(f"{day_of(number)}T23:59")
    hq.finish(DAYS + 1)
    found = _found(hq)
    engine.dispose()
    return found


def test_runs_ranks_budgets_and_refunds_do_not_depend_on_the_order(
    hq_engine: Engine, in_order: tuple[Any, ...], budget_fen: int
) -> None:
    booked = {rule for rule, _, _, _ in in_order[0]}
    assert booked >= {"target_instant", "late_standard"}
    assert {"clean_run_10", "composite_top"} <= booked or budget_fen < 260_000
    assert sum(fen for _, _, _, fen in in_order[0] if fen > 0) == budget_fen, "used up to the fen"
    hq = _organised(hq_engine, budget_fen)
    chance = random.Random(6)
    records = [record for day in _happened(hq) for record in day]
    records += chance.sample(records, k=30)
    chance.shuffle(records)
    hq.finish(DAYS + 1)  # all is delayed: everybody seems absent and the campaign is closed
    while records:
        some, records = records[:45], records[45:]
        hq.journal(*some)
        hq.evaluate()
    assert _found(hq) == in_order
