"""One person typed into a form: checked and kept as a line of a file, all of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cloud_receiver.exchange.importing import import_file
from cloud_receiver.exchange.lines import Errand
from cloud_receiver.exchange.person_lines import Saved, save, standing
from cloud_receiver.store import assignments, contacts, names, tables
from cloud_receiver.store.assignments import Kind
from cloud_receiver.store.engine import read, write
from sync.places import config_dir

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW = 1_764_000_000_000  # 2025-11-24
ERRAND = Errand("li", NOW)
NEW = {
    "name": "欧阳新", "store_id": "S001", "language": "zh", "active": "", "team": "甲组",
    "since": "2025-12-01", "user_id": "1009", "seller_code": "P9", "dingtalk": "ouyang", "mail": "",
}  # fmt: skip


@pytest.fixture
def engine(hq_engine: Engine) -> Engine:
    for kind in ("stores", "employees", "badges", "sellers"):
        import_file(hq_engine, kind, config_dir() / "import" / f"{kind}.csv", "li", NOW - 1)
    return hq_engine


def keep(engine: Engine, employee_id: str, said: dict[str, str], *, new: bool = False) -> Saved:
    """Save what is said over what stands."""
    with write(engine) as connection:
        stood = None if new else standing(connection, employee_id, said.get("since", "2025-12-02"))
        shown = {**(stood or {}), "user_id": "", "seller_code": ""}
        return save(connection, employee_id, {**shown, **said}, None if new else shown, ERRAND)


def assigned(engine: Engine, employee_id: str) -> set[tuple[str, str, str, str]]:
    with read(engine) as connection:
        history = assignments.history(connection, employee_id)
    return {(one.kind.value, one.first_date, one.value, one.author) for one in history}


def test_a_new_person_has_all_that_files_would_bring(engine: Engine) -> None:
    saved = keep(engine, "E900", NEW, new=True)
    assert (saved.wrong, saved.changed) == ((), 5)
    assert assigned(engine, "E900") == {
        ("employed", "2000-01-01", "yes", "li"),
        ("home", "2025-12-01", "S001", "li"),
        ("team", "2025-12-01", "甲组", "li"),
    }
    with read(engine) as connection:
        badge = connection.execute(
            select(tables.badge).where(tables.badge.c.user_id == "1009")
        ).one()
        seller = select(tables.seller.c.first_date).where(tables.seller.c.seller_code == "P9")
        assert connection.scalar(seller) == "2025-12-01"
        assert contacts.address_of(connection, "dingtalk", "E900") == "ouyang"
    assert (badge.employee_id, badge.first_date, badge.author) == ("E900", "2025-12-01", "li")
    again = keep(engine, "E900", NEW, new=True)
    assert [one.field for one in again.wrong] == ["employee_id"]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "不能为空"),
        ("store_id", "S404", "没有门店“S404”"),
        ("user_id", "\x07", "不能为空,最多200个字符"),
        ("mail", "x" * 201, "最多200个字符"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(
    engine: Engine, field: str, value: str, told: str
) -> None:
    saved = keep(engine, "E900", {**NEW, field: value}, new=True)
    assert [one.field for one in saved.wrong] == [field]
    assert told in saved.wrong[0].zh
    assert saved.changed == 0
    with read(engine) as connection:
        assert standing(connection, "E900", "2025-12-01") is None
    assert assigned(engine, "E900") == set()


def test_only_what_was_touched_is_said(engine: Engine) -> None:
    moved = keep(engine, "E001", {"store_id": "S002", "since": "2025-11-20"})
    assert moved.changed == 1
    saved = keep(engine, "E001", {"name": "王芳芳", "since": "2025-11-01"})
    assert saved.changed == 1
    left = keep(engine, "E001", {"active": "no", "since": "2025-11-10"})
    assert left.changed == 1
    homes = {one for one in assigned(engine, "E001") if one[0] == "home"}
    assert {(date, store) for _, date, store, _ in homes} == {
        ("2000-01-01", "S001"),
        ("2025-11-20", "S002"),
    }, "neither a new name nor leaving before the move says another store"
    assert keep(engine, "E001", {"since": "2025-11-10"}).changed == 0


def test_who_will_leave_may_stay_after_all(engine: Engine) -> None:
    def employed() -> dict[str, str]:
        with read(engine) as connection:
            return assignments.of_people(connection, Kind.EMPLOYED, ["E001"])["E001"]

    assert keep(engine, "E001", {"active": "no", "since": "2025-12-20"}).changed == 1
    assert keep(engine, "E001", {"name": "王芳芳", "since": "2025-12-01"}).changed == 1
    assert keep(engine, "E001", {"store_id": "S002", "since": "2025-12-10"}).changed == 1
    assert employed() == {"2000-01-01": "yes", "2025-12-20": ""}, "neither says that nobody leaves"
    assert keep(engine, "E001", {"active": "yes", "since": "2025-12-02"}).changed == 1
    assert employed() == {"2000-01-01": "yes", "2025-12-20": "yes"}
    with read(engine) as connection:
        person = names.person(connection, "E001")
    assert person is not None
    assert (person.active, person.left_date, person.name) == (True, None, "王芳芳")


def test_an_id_that_was_anothers_goes_over_from_the_date_and_is_told(engine: Engine) -> None:
    saved = keep(engine, "E900", {**NEW, "user_id": "1001"}, new=True)
    assert saved.taken == (("1001", "王芳"),)


def test_a_team_is_left_and_an_address_is_not_made_empty(engine: Engine) -> None:
    keep(engine, "E900", NEW, new=True)
    keep(engine, "E900", {"team": "", "since": "2025-12-05"})
    assert ("team", "2025-12-05", "", "li") in assigned(engine, "E900")
    assert [one.field for one in keep(engine, "E900", {"dingtalk": ""}).wrong] == ["dingtalk"]
