"""The commands about phones: accounts for staff, codes to print, what is deleted when."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from cloud_receiver.cli import NEEDS_A_LOOK
from cloud_receiver.store import accounts, activations, enrolment
from cloud_receiver.store.engine import open_engine, sqlite_url, write
from cloud_receiver.store.enrolment import Employee, Store
from sync.errors import DakaError

Daka = Callable[..., Result]


@pytest.fixture(autouse=True)
def store(settings: Path) -> None:
    """A store with one employee."""
    engine = open_engine(sqlite_url(settings.with_name("hq.db")))
    with write(engine) as connection:
        place = Store(store_id="S1", name="一店", zone="Asia/Shanghai", scene="supermarket")
        enrolment.put_stores(connection, [place], 1)
        enrolment.put_employees(
            connection, [Employee(employee_id="E1", name="王芳", store_id="S1")]
        )
    engine.dispose()


def test_staff_get_links_that_work_once(daka: Daka, tmp_path: Path) -> None:
    table = tmp_path / "staff.csv"
    table.write_text(
        "employee_id,role,stores,login\nE1,,,\n,supervisor,S1,boss\nE9,,,\n", encoding="utf-8"
    )
    made = daka("user", "import", str(table))
    assert made.exit_code == NEEDS_A_LOOK  # E9 is nobody
    tokens = dict(
        re.findall(r"^(\S+)  https://hq\.example/welcome/(\S+)$", made.output, re.MULTILINE)
    )
    assert tokens.keys() == {"E1", "boss"}
    engine = open_engine(sqlite_url(tmp_path / "hq.db"))
    now_utc_ms = accounts_made_utc_ms(engine)
    assert activations.activate(engine, tokens["E1"], "my own words", now_utc_ms) == "E1"
    assert accounts.verify(engine, "E1", "my own words", now_utc_ms).is_ok
    with pytest.raises(DakaError, match="used already"):
        activations.activate(engine, tokens["E1"], "other words", now_utc_ms)
    late_utc_ms = now_utc_ms + (activations.VALID_DAYS + 1) * 24 * 3600 * 1000
    with pytest.raises(DakaError, match="too old"):
        activations.activate(engine, tokens["boss"], "other words", late_utc_ms)
    engine.dispose()
    again = daka("user", "import", str(table))
    assert "welcome" not in again.output


def accounts_made_utc_ms(engine: object) -> int:
    from cloud_receiver.store.engine import read

    with read(engine) as connection:  # type: ignore[arg-type]
        return max(one.created_utc_ms for one in accounts.accounts(connection))


def test_a_stores_sheet_needs_nothing_else_and_keeps_its_codes(daka: Daka, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    assert daka("feedback", "qr", str(sheet), "--store", "S1").exit_code == 0
    text = sheet.read_text(encoding="utf-8")
    addresses = re.findall(r'href="(https://hq\.example/f/[^"]+)"', text)
    assert len(addresses) == 2
    assert text.count("<svg") == 2
    assert "王芳" in text
    daka("feedback", "qr", str(sheet), "--store", "S1")
    assert (
        re.findall(r'href="(https://hq\.example/f/[^"]+)"', sheet.read_text("utf-8")) == addresses
    )
    with pytest.raises(DakaError, match="no store"):
        daka("feedback", "qr", str(sheet), "--store", "S9")


def test_less_long_is_kept_and_never_longer_than_agreed(daka: Daka) -> None:
    assert "arrival photos 30" in daka("retention", "set", "photo_days=30").output
    assert "arrival photos 30" in daka("retention", "report").output
    for wrong in ("photo_days=91", "photo_days=0", "photo_days=x", "other=1"):
        with pytest.raises(DakaError):
            daka("retention", "set", wrong)
    assert "deleted 0 photos" in daka("retention", "run").output
