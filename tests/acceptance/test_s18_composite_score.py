"""S18, S19, S20, S35, S36: a campaign is closed, scored 30/50/20, ranked and settled."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from cloud_receiver.domain.budgets import Budget, Share
from cloud_receiver.store import budgets, campaign_standings, campaigns, matters, tables
from cloud_receiver.store.account_statement import account_statement
from cloud_receiver.store.campaign_review import review
from cloud_receiver.store.closing import close_period
from cloud_receiver.store.verification import verify_all
from tests.acceptance.conftest import Play, day_of

LAST = day_of(1)


@pytest.fixture
def closed(hq: Play) -> Play:
    """Ten people, two days; sales fall from the first to the last, the tenth is often late."""
    who = hq.people(10)
    hq.campaign(who, days=2)
    for place, one in enumerate(who):
        for number in (0, 1):
            hq.day(
                one, number, came="09:05" if place == 9 else "08:55", sold_fen=9_000 - place * 500
            )
    for number in range(3):
        hq.rated(who[0], number % 2, 800)
    hq.finish(2)
    return hq


def test_s18_scores_weigh_attendance_sales_and_feedback(closed: Play) -> None:
    standing = tables.standing.c
    rows = closed.reading(
        lambda c: c.execute(select(tables.standing).order_by(standing.place)).all()
    )
    best = json.loads(rows[0].facts)
    parts = [best[f"period_{part}_milli"] for part in ("attendance", "sales", "feedback")]
    assert parts == [100_000, 90_000, 80_000]
    assert best["period_score_milli"] == (30 * 100_000 + 50 * 90_000 + 20 * 80_000) // 100
    assert [(row.place, row.people) for row in rows[:3]] == [(1, 10), (2, 10), (3, 10)]


def test_s19_the_top_fifth_earns_a_hundred_yuan(closed: Play) -> None:
    assert [entry for entry in closed.ledger() if entry[0] == "composite_top"] == [
        ("composite_top", "E01", LAST, 10_000),
        ("composite_top", "E02", LAST, 10_000),
    ]
    assert "进入前20%,获得100元奖励" in closed.told()


def test_s20_the_last_tenth_is_trained_and_loses_no_money(closed: Play) -> None:
    (key,) = said = closed.outcomes("composite_bottom")
    assert key == f"E10/{LAST}"
    assert json.loads(said[key].task)["zh"] == "业务培训"
    assert said[key].amount_fen == 0
    assert "安排了业务培训" in closed.told()


def test_s35_full_attendance_and_sales_among_the_top_tenth_is_a_point(closed: Play) -> None:
    assert {k: row.half_points for k, row in closed.outcomes("longterm_top").items()} == {
        f"E01/{LAST}": 2
    }


def test_late_data_after_the_close_ranks_everybody_anew(closed: Play) -> None:
    closed.journal(closed.sale("E10", f"{LAST}T17:00:00", 90_000))
    closed.evaluate()
    tops = {entry[1]: entry[3] for entry in closed.ledger() if entry[0] == "composite_top"}
    assert tops == {"E01": 10_000, "E10": 10_000}
    assert set(closed.outcomes("composite_bottom")) == {f"E09/{LAST}"}
    before = closed.table(tables.ledger)
    closed.evaluate()
    assert closed.table(tables.ledger) == before


def test_s36_more_than_three_latenesses_are_half_a_point_less(hq: Play) -> None:
    four, three = hq.people(2)
    hq.campaign([four, three], days=5)
    for number in range(5):
        hq.day(four, number, came="09:10" if number < 4 else "08:55")
        hq.day(three, number, came="09:10" if number < 3 else "08:55")
    hq.finish(5)
    said = hq.outcomes("longterm_late")
    assert {key: row.half_points for key, row in said.items()} == {f"{four}/{day_of(4)}": -1}
    assert "长期绩效评分减0.5分" in hq.message("longterm_late", f"{four}/{day_of(4)}")


def test_a_campaign_stays_open_until_every_day_of_it_is_final(hq: Play) -> None:
    who = hq.people(5)
    one = hq.campaign(who, days=1)
    for place, person in enumerate(who):
        hq.day(person, 0, sold_fen=9_000 - place)
    hq.at(f"{day_of(1)}T12:00")  # the feed is not complete: nothing is final
    assert hq.outcomes("composite_top") == {}
    provisional = hq.reading(lambda c: campaign_standings.standing_now(c, one))
    assert provisional[who[0]].place == 1
    hq.finish(1)
    assert set(hq.outcomes("composite_top")) == {f"{who[0]}/{day_of(0)}"}


def test_the_budget_of_a_campaign_is_kept(hq: Play) -> None:
    who = hq.people(5)
    hq.campaign(who, days=1, budget=Budget(4_000, Share.PRO_RATA))
    for place, person in enumerate(who):
        hq.day(person, 0, sold_fen=9_000 - place)
    hq.finish(1)
    (entry,) = hq.ledger()
    assert entry == ("composite_top", who[0], day_of(0), 4_000)
    (row,) = hq.outcomes("composite_top").values()
    assert json.loads(row.explanation)["caps"][0]["cap"] == "campaign_budget"


def test_a_used_up_budget_holds_rewards_back_the_day_they_are_earned_and_says_so(hq: Play) -> None:
    who = hq.people(2)
    one = hq.campaign(who, days=2, budget=Budget(12_000))
    for person in who:
        hq.roster(person, day_of(0))
        hq.roster(person, day_of(1))
    hq.journal(hq.sale(who[0], f"{day_of(0)}T10:00:00", 10_000))
    hq.at(f"{day_of(0)}T10:01")
    assert hq.reading(budgets.nearly_used) == []
    hq.journal(*(hq.sale(person, f"{day_of(1)}T10:00:00", 10_000) for person in who))
    hq.at(f"{day_of(1)}T10:01")
    fen = {entry[1:3]: entry[3] for entry in hq.ledger()}
    assert fen == {
        (who[0], day_of(0)): 5_000,
        (who[0], day_of(1)): 5_000,
        (who[1], day_of(1)): 2_000,
    }
    assert "活动预算120.00元不足,少发30.00元" in hq.told()
    assert "活动“卖货”预算120.00元,只剩0.00元" in hq.told()
    (matter,) = [
        it
        for it in hq.reading(lambda c: matters.pending(c, day_of(0), day_of(1), hq.now_utc_ms))
        if it.kind is matters.Kind.BUDGET
    ]
    assert matter.detail == "0.00"
    # a sale of the first day comes late: the earlier day is served first, the told is corrected
    hq.journal(hq.sale(who[1], f"{day_of(0)}T12:00:00", 10_000))
    hq.evaluate()
    fen = {entry[1:3]: entry[3] for entry in hq.ledger()}
    assert fen == {
        (who[0], day_of(0)): 5_000, (who[1], day_of(0)): 5_000, (who[0], day_of(1)): 2_000,
    }  # fmt: skip
    hq.journal(hq.sale(who[0], f"{day_of(1)}T13:00:00", -9_000, line_kind="refund",
                       original_receipt_id=f"{day_of(0)}T10:00:00/{who[0]}"))  # fmt: skip
    hq.evaluate()
    fen = {entry[1:3]: entry[3] for entry in hq.ledger()}
    assert fen == {
        (who[1], day_of(0)): 5_000,
        (who[0], day_of(1)): 5_000,
        (who[1], day_of(1)): 2_000,
    }
    assert hq.told().count("只剩") == 1, "told once"
    raised = replace(one, budget=Budget(20_000))
    hq.writing(lambda c: campaigns.enter(c, raised, "hr", hq.now_utc_ms))
    hq.evaluate()
    assert sum(entry[3] for entry in hq.ledger()) == 15_000, "a raised budget gives what was held"


def test_a_month_closed_after_its_campaign_gets_what_came_late_in_the_next_one(
    closed: Play,
) -> None:
    closed.at("2026-12-01T09:00")
    closed.writing(lambda c: close_period(c, "2026-11", "wang", closed.now_utc_ms))
    shown = closed.reading(lambda c: account_statement(c, "E10", "2026-11"))
    closed.at("2026-12-02T09:00")
    closed.journal(closed.sale("E10", f"{LAST}T17:00:00", 90_000))
    closed.evaluate()
    own = tables.ledger.c
    query = select(own.employee_id, own.amount_fen, own.period, own.for_period).where(
        own.rule_id == "composite_top", own.period == "2026-12"
    )
    late = closed.reading(lambda c: {tuple(row) for row in c.execute(query)})
    assert late == {("E10", 10_000, "2026-12", "2026-11"), ("E02", -10_000, "2026-12", "2026-11")}
    again = closed.reading(lambda c: account_statement(c, "E10", "2026-11"))
    assert again.content_sha256 == shown.content_sha256, (
        "a closed month's statement stays as it was"
    )
    seen = closed.reading(lambda c: review(c, "c"))
    tops = {one.employee_id for one in seen.closing.outcomes if one.rule_id == "composite_top"}
    assert tops == {"E01", "E10"}
    assert closed.reading(lambda c: list(verify_all(c).troubles)) == []
