"""daka-hq rule and daka-hq backtest, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from cloud_receiver.cli import NEEDS_A_LOOK, app
from cloud_receiver.domain.conditions import Cell
from cloud_receiver.store.rulebook import shipped_rules
from sync.errors import DakaError

Daka = Callable[..., Result]
SHELF = next(rule for rule in shipped_rules() if rule.id == "community_evening")


@pytest.fixture
def folder(tmp_path: Path, daka: Daka) -> Path:
    """A headquarters with its rules, and two more in files."""
    (tmp_path / "password").write_text("correct horse\n")
    daka("init", "--password-file", str(tmp_path / "password"))
    lawful = {**SHELF.when, "overtime_over_month_min": Cell(range=(None, 0))}
    later = msgspec.structs.replace(SHELF, when=lawful, effective_from="2099-01-01")
    (tmp_path / "rule.json").write_text(later.to_json(), encoding="utf-8")
    past = msgspec.structs.replace(SHELF, effective_from="2020-01-01")
    (tmp_path / "past.json").write_text(past.to_json(), encoding="utf-8")
    return tmp_path


def test_a_rule_goes_from_a_file_into_force_by_two_people(folder: Path, daka: Daka) -> None:
    file = str(folder / "rule.json")
    assert "nothing to say" in daka("rule", "lint", file).output
    proposed = daka("rule", "publish", file, "--author", "wang")
    assert "draft 1 is proposed" in proposed.output
    assert "0 employee-days, 0 people" in proposed.output
    with pytest.raises(DakaError, match="second person"):
        daka("rule", "approve", "1", "--approver", "wang")
    approved = daka("rule", "approve", "1", "--approver", "li", lang="zh")
    assert "community_evening 第 1 版自 2099-01-01 起生效" in approved.output
    listed = daka("rule", "list").output
    assert "community_evening version 1 Evening in the community: 2099-01-01 to …" in listed
    assert "draft 1 community_evening published, by wang" in listed


def test_lint_says_what_is_wrong_in_the_readers_language(folder: Path, daka: Daka) -> None:
    result = daka("rule", "lint", str(folder / "past.json"), lang="zh")
    assert result.exit_code == NEEDS_A_LOOK
    assert "错误: 2020-01-01起生效会改变已发生的结果" in result.output


def test_a_back_test_prints_what_it_would_cost(folder: Path, daka: Daka) -> None:
    result = daka(
        "backtest", str(folder / "rule.json"), "--from", "2026-01-01", "--to", "2026-01-31"
    )
    assert result.exit_code == 0
    assert "0.00 -> 0.00 yuan, a difference of 0.00" in result.output


def test_a_rule_is_exported_for_gorules(folder: Path, daka: Daka) -> None:
    told = json.loads(daka("rule", "export-jdm", "late_standard").output)
    assert told["nodes"][1]["content"]["hitPolicy"] == "first"
    with pytest.raises(DakaError, match="no rule 'nonsense'"):
        daka("rule", "export-jdm", "nonsense")


def test_the_schema_is_printed() -> None:
    result = CliRunner().invoke(app, ["rule", "schema"])
    assert json.loads(result.output)["title"] == "Daka rule"


def test_a_file_that_is_not_there_is_said_so(daka: Daka) -> None:
    with pytest.raises(DakaError, match="cannot be read"):
        daka("rule", "lint", "/nowhere/rule.json")
