"""Targets of a whole campaign: whose, and what they are set against."""

from __future__ import annotations

from cloud_receiver.domain.campaigns import Campaign, Member, Targets, own_targets, standings
from cloud_receiver.domain.facts import FactValue

DAY = "2026-12-02"
CAMPAIGN = Campaign(campaign_id="c", name="卖货", first_date=DAY, last_date=DAY)


def _member(who: str, store: str, target_fen: int | None = None) -> Member:
    return Member(
        employee_id=who, joined_date=DAY, is_ranked=True, store_id=store, target_fen=target_fen
    )


def test_the_own_target_goes_before_the_campaign_s_and_that_before_the_store_s() -> None:
    people = [
        _member("E1", "S1", 700),
        _member("E2", "S1"),
        _member("E3", "S1"),
        _member("E4", "S2"),
    ]
    assert own_targets(None, people) == {"E1": 700}
    shared = Targets(stores={"S1": 1001})
    assert own_targets(shared, people) == {"E1": 700, "E2": 500, "E3": 500}
    assert own_targets(shared, people[::-1]) == own_targets(shared, people)
    everybody = Targets(member_fen=9, stores={"S1": 1001})
    assert own_targets(everybody, people) == {"E1": 700, "E2": 9, "E3": 9, "E4": 9}


def test_a_target_of_the_whole_campaign_takes_the_place_of_the_days() -> None:
    plain: dict[str, FactValue] = {
        "work_date": DAY, "store_id": "S1", "scheduled": True, "full_attendance": True,
        "target_fen": 100, "sales_fen": 300,
    }  # fmt: skip
    days = [plain | {"employee_id": who} for who in ("E1", "E2")]
    found = standings(CAMPAIGN, ["E1", "E2"], days, {"E2": 600})
    numbers = {
        who: (one.facts["period_target_fen"], one.facts["period_sales_milli"])
        for who, one in found.items()
    }
    assert numbers == {"E1": (100, 100_000), "E2": (600, 50_000)}
    assert found["E1"].place == 1
