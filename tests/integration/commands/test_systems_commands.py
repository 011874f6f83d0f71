"""The commands towards other systems: what they say and write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner, Result

from cloud_receiver.cli import app

Daka = Callable[..., Result]


def test_a_month_s_files_are_written_and_listed(daka: Daka, tmp_path: Path) -> None:
    assert "nothing was exported" in daka("payroll", "list").output
    made = daka("payroll", "export", "2020-01", "--close", "--folder", str(tmp_path)).output
    assert "1 2020-01 final daka-hq payroll" in made
    for form in ("csv", "xlsx"):
        assert (tmp_path / f"payroll-2020-01-1.{form}").stat().st_size > 100
    assert made.splitlines()[0] == daka("payroll", "list").output.strip()
    assert made.splitlines()[0] == daka("payroll", "show", "1").output.strip()


def test_a_key_is_shown_once_and_revoked(daka: Daka) -> None:
    assert "no keys yet" in daka("api-key", "list").output
    made = daka("api-key", "new", "erp", "--scope", "money.read", "--scope", "fleet.read")
    key = made.stdout.strip()
    assert key.startswith("daka_")
    listed = daka("api-key", "list").output
    assert "erp good" in listed
    assert "fleet.read money.read" in listed
    assert key not in listed
    daka("api-key", "revoke", "erp")
    assert "erp revoked" in daka("api-key", "list").output


def test_the_published_document_is_the_api_s(tmp_path: Path) -> None:
    out = tmp_path / "openapi.json"
    assert CliRunner().invoke(app, ["api", "schema", "--out", str(out)]).exit_code == 0
    published = Path(__file__).parents[3] / "docs" / "openapi.json"
    assert out.read_text(encoding="utf-8") == published.read_text(encoding="utf-8"), (
        "run: daka-hq api schema --out docs/openapi.json"
    )
