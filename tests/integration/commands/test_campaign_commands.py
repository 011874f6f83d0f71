"""daka-hq campaign and team, as a person types them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import Result

from sync.errors import DakaError, told
from sync.places import config_dir

Daka = Callable[..., Result]


@pytest.fixture(autouse=True)
def staff(daka: Daka) -> None:
    """The organisation of the samples."""
    for kind in ("stores", "employees"):
        daka("import", kind, str(config_dir() / "import" / f"{kind}.csv"))


def test_a_campaign_is_entered_joined_shown_and_left(daka: Daka) -> None:
    targets = ("--target", "5000", "--store-targets", "S001=50000", "--budget", "20000")
    daka("campaign", "add", "c1", "卖货", "2026-12-01", "2026-12-10", *targets)
    assert "2 joined" in daka("campaign", "join", "c1", "E001", "E006").output
    assert "1 joined" in daka("campaign", "join", "c1", "E006", "--target", "6000").output
    daka("campaign", "leave", "c1", "E001", "2026-12-08")
    shown = daka("campaign", "show", "c1").output
    assert "E001 since 2026-12-01, no longer from 2026-12-08, target 5,000.00 yuan" in shown
    assert "E006 since 2026-12-01, target 6,000.00 yuan" in shown
    assert "budget 20,000.00 yuan" in shown
    assert "c1 卖货:2026-12-01 至 2026-12-10,2 人" in daka("campaign", "list", lang="zh").output
    assert "no days to score yet" in daka("campaign", "standings", "c1").output


def test_what_cannot_be_is_refused_in_a_sentence(daka: Daka) -> None:
    with pytest.raises(DakaError, match="no campaign"):
        daka("campaign", "join", "c9", "E001")
    daka("campaign", "add", "c1", "卖货", "2026-12-01", "2026-12-10")
    with pytest.raises(DakaError, match="没有员工 E404"):
        daka("campaign", "join", "c1", "E404", lang="zh")
    with pytest.raises(DakaError, match="takes no part"):
        daka("campaign", "leave", "c1", "E001", "2026-12-08")
    daka("campaign", "add", "c2", "再卖", "2026-12-05", "2026-12-12")
    daka("campaign", "join", "c1", "E001")
    with pytest.raises(DakaError, match="takes part in c1 at that time"):
        daka("campaign", "join", "c2", "E001")


def test_people_are_put_into_teams(daka: Daka) -> None:
    assert "2 are in another team" in daka("team", "set", "甲组", "E001", "E006").output
    assert "1 are in another team" in daka("team", "set", "乙组", "E001").output
    assert daka("team", "list").output.splitlines() == ["乙组: E001", "甲组: E006"]


def test_people_move_and_leave_from_a_date(daka: Daka) -> None:
    daka("team", "set", "甲组", "E001", "E006")
    assert "1 are in" in daka("team", "set", "乙组", "E001", "--since", "2099-01-01").output
    assert "0 are in" in daka("team", "set", "乙组", "E001", "--since", "2099-01-01").output
    assert "1 are in" in daka("team", "leave", "E006").output
    assert daka("team", "list").output.splitlines() == ["甲组: E001"]
    assert daka("team", "list", "--on", "2020-01-01").output.splitlines() == ["甲组: E001, E006"]
    assert daka("team", "list", "--on", "2099-01-01").output.splitlines() == ["乙组: E001"]
    with pytest.raises(DakaError) as caught:
        daka("team", "set", "乙组", "E001", "--since", "soon")
    assert "不是日期" in told(caught.value, "zh")
