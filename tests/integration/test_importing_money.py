"""Campaigns, their members, teams, wages and the law of stores, from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cloud_receiver.exchange.importing import import_file
from cloud_receiver.store import assignments, campaigns, tables
from cloud_receiver.store.engine import read
from sync.places import config_dir
from tests.integration.test_importing import NOW, Office

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

KINDS = ("campaigns", "campaign_members", "teams", "wages", "jurisdictions")


@pytest.fixture
def office(hq_engine: Engine, tmp_path: Path) -> Office:
    for kind in ("stores", "employees"):
        import_file(hq_engine, kind, config_dir() / "import" / f"{kind}.csv", "li", NOW)
    return Office(hq_engine, tmp_path)


def test_the_shipped_samples_come_in_and_come_in_once(office: Office) -> None:
    for expected in ([1, 2, 2, 2, 2], [0, 0, 0, 0, 0]):
        reports = [
            import_file(office.engine, kind, config_dir() / "import" / f"{kind}.csv", "li", NOW)
            for kind in KINDS
        ]
        assert [report.errors for report in reports] == [()] * 5
        assert [report.changed for report in reports] == expected
    with read(office.engine) as connection:
        one = campaigns.of_id(connection, "2026-12")
        assert campaigns.targets_of(connection, one) == {"E001": 500_000, "E006": 600_000}


CAMPAIGNS = "活动编号,活动名称,开始日期,结束日期,参加门店,门店目标,权重,预算\n"


def test_a_campaign_s_bad_cells_are_named_and_the_others_land(office: Office) -> None:
    report = office.bring(
        "campaigns",
        CAMPAIGNS
        + "c1,好,2026-12-01,2026-12-10,人民广场超市,S001=50000、S002=30000.50,30/50/20,\n"
        + "c2,反,2026-12-10,2026-12-01,,,,\n"
        + "c3,店,2026-12-01,2026-12-10,S404,,,\n"
        + "c4,目标,2026-12-01,2026-12-10,,S001,,\n"
        + "c5,权重,2026-12-01,2026-12-10,,,30/50,\n"
        + "c6,预算,2026-12-01,2026-12-10,,,,-1\n",
    )
    found = [(error.line, error.field) for error in report.errors]
    assert found == [
        (3, "ends"), (4, "stores"), (5, "store_targets_yuan"), (6, "weights"), (7, "budget_yuan"),
    ]  # fmt: skip
    with read(office.engine) as connection:
        (one,) = campaigns.every(connection)
    assert one.stores == ("S001",)
    assert one.targets is not None
    assert one.targets.stores == {"S001": 5_000_000, "S002": 3_000_050}


def test_a_column_the_file_lacks_leaves_a_campaign_as_it_is(office: Office) -> None:
    office.bring("campaigns", CAMPAIGNS + "c1,好,2026-12-01,2026-12-10,S001,S001=5,,7\n")
    text = "活动编号,活动名称,开始日期,结束日期\nc1,更好,2026-12-01,2026-12-11\n"
    assert office.bring("campaigns", text).changed == 1
    with read(office.engine) as connection:
        one = campaigns.of_id(connection, "c1")
    assert (one.name, one.last_date, one.stores) == ("更好", "2026-12-11", ("S001",))
    assert one.budget is not None
    assert one.budget.amount_fen == 700


def test_members_are_refused_line_by_line(office: Office) -> None:
    rows = "c1,一,2026-12-01,2026-12-10,,,,\nc2,二,2026-12-05,2026-12-15,,,,\n"
    office.bring("campaigns", CAMPAIGNS + rows)
    head = "活动编号,工号,参加日期,退出日期,个人目标\n"
    report = office.bring(
        "campaign_members",
        head
        + "c1,E001,2026-12-02,,100\nc2,E001,,,\nc9,E006,,,\nc1,E404,,,\nc1,E006,2026-12-09,,\n",
    )
    assert report.changed == 2
    assert [(error.line, error.field) for error in report.errors] == [
        (3, "employee_id"), (4, "campaign_id"), (5, "employee_id"),
    ]  # fmt: skip
    assert "同一时期已参加活动c1" in report.errors[0].zh
    again = office.bring("campaign_members", head + "c1,E001,,2026-12-08,0\nc1,E006,2026-12-03,,\n")
    assert again.changed == 1
    assert [error.line for error in again.errors] == [3]
    rows = office.rows(tables.campaign_member)
    assert [(row.employee_id, row.left_date, row.target_fen, row.is_ranked) for row in rows] == [
        ("E001", "2026-12-08", None, True),
        ("E006", None, None, False),
    ]
    assert [row.store_id for row in rows] == ["S001", "S002"]


def test_a_store_file_says_which_law_holds_but_does_not_change_it(office: Office) -> None:
    head = "门店编号,门店名称,场景,适用法规\n"
    assert office.bring("stores", head + "S003,三店,社区,jiangsu\n").errors == ()
    report = office.bring("stores", head + "S003,三店,社区,shenzhen\nS004,四店,社区,atlantis\n")
    assert [(error.line, error.field) for error in report.errors] == [
        (2, "jurisdiction"), (3, "jurisdiction"),
    ]  # fmt: skip
    since = "门店编号,生效日期,适用法规\nS003,2026-12-01,shenzhen\n"
    assert office.bring("jurisdictions", since).changed == 1
    with read(office.engine) as connection:
        rows = connection.execute(select(tables.store_law).order_by("effective_from")).all()
    assert [row.jurisdiction for row in rows] == ["jiangsu", "shenzhen"]


def test_wages_are_amounts_of_known_people(office: Office) -> None:
    report = office.bring("wages", "工号,生效日期,月工资\nE001,2026-12-01,\nE404,2026-12-01,1\n")
    assert [(error.line, error.field) for error in report.errors] == [
        (2, "wage_yuan"), (3, "employee_id"),
    ]  # fmt: skip


def test_moves_to_teams_and_stores_are_dated_in_files(office: Office) -> None:
    report = office.bring(
        "teams", "工号,考勤组,生效日期\nE001,甲组,\nE006,无,2026-12-01\nE001,乙组,很快\n"
    )
    assert [(error.line, error.field) for error in report.errors] == [(4, "since")]
    assert report.changed == 2
    who = "工号,姓名,门店,生效日期\nE001,张伟,S002,2099-01-01\n"
    assert [office.bring("employees", who).changed for _ in range(2)] == [1, 0]
    with read(office.engine) as connection:
        said = assignments.history(connection, "E001")
    assert [(one.kind, one.first_date, one.value, one.author) for one in said] == [
        ("home", "2099-01-01", "S002", "li"), ("team", "2000-01-01", "甲组", "li"),
        ("home", "2000-01-01", "S001", "li"), ("employed", "2000-01-01", "yes", "li"),
    ]  # fmt: skip
