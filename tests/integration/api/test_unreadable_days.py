"""A day of which something else is stored than a judge writes: pages and the API say so, and work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from cloud_receiver.domain.day_texts import UnreadableDayError
from cloud_receiver.domain.findings import LABELS, FindingCode
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.judgement import as_known
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import archive_files, board, drafts, labour, matters, tables, why
from cloud_receiver.store.comparison import compare
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.live import Hub
from cloud_receiver.web.person import PersonView, draw_person
from cloud_receiver.web.texts import Language
from cloud_receiver.web.today import View, draw
from tests.integration.api.conftest import MONDAY, Office

SHAPES = ("null", "[]", "3", '{"points":null}', '{"punches":{"a":1},"points":[[]],"findings":[3]}')
ZONE = "Asia/Shanghai"


@pytest.fixture
def broken(office: Office) -> Any:
    """Return what puts one shape into both texts of the judged day."""

    def put(shape: str) -> None:
        with office.engine.begin() as connection:
            connection.execute(
                update(tables.day_fact).values(
                    status="?" if shape == "null" else tables.day_fact.c.status,facts=shape, evidence=shape, is_odd=True,
                                               overtime_min=60, overtime_over_month_min=60)
            )  # fmt: skip

    return put


@pytest.mark.parametrize("shape", SHAPES)
def test_every_reader_says_so(office: Office, broken: Any, shape: str) -> None:
    sound = office.get(f"/days/E1/{MONDAY}")
    at_utc_ms = local_to_utc_ms(f"{MONDAY}T23:40", ZONE)
    then = office.reading(lambda c: as_known(c, ("E1", MONDAY), at_utc_ms))
    broken(shape)

    day = office.get(f"/days/E1/{MONDAY}")
    assert (day["facts"], day["status"]) == ({}, "?" if shape == "null" else sound["status"])
    assert day["evidence"]["findings"] == [{"code": "unreadable", "records": []}]
    assert office.get("/days?employee_id=E1")["items"] == [day]
    (entry,) = [
        one for one in office.get("/ledger?employee_id=E1")["items"] if one["amount_fen"] < 0
    ]
    assert office.get("/why", params={"entry_id": entry["entry_id"]})["document"]["records"]
    desk = Desk(office.engine, office.clock, Hub(office.engine, office.clock, lambda _: False))
    for language in Language:
        told = language.pick(*LABELS[FindingCode.UNREADABLE])
        asked = json.dumps({"date": MONDAY, "at": f"{MONDAY}T23:40"})
        page = str(draw_person(desk, PersonView(language, "E1", MONDAY[:7], then=asked)))
        assert page.count(told) == 2, "in the list of days, and as it stands now"
        assert "daka-hq rebuild" in str(draw(desk, View(language, MONDAY, frozenset({"S1"}))))
    assert office.reading(lambda c: as_known(c, ("E1", MONDAY), at_utc_ms)) == then
    (person,) = office.reading(lambda c: board.people_of_day(c, MONDAY))
    assert person.presence(office.now_utc_ms) is board.Presence.AWAITING, "no absence from silence"
    office.reading(lambda c: matters.pending(c, MONDAY, MONDAY, office.now_utc_ms))
    (over,) = office.reading(lambda c: labour.beyond_limit(c, MONDAY, MONDAY))
    assert over.record_ids == ()
    office.reading(lambda c: why.why(c, entry["entry_id"]))
    with pytest.raises(UnreadableDayError, match=f"E1 {MONDAY}.*daka-hq rebuild"):
        office.reading(lambda c: drafts.history(c, ["late_min"], MONDAY, MONDAY))

    rebuild(office.engine, office.now_utc_ms)
    mended = office.get(f"/days/E1/{MONDAY}")
    when = ("revision", "computed_utc_ms")
    assert {key: one for key, one in mended.items() if key not in when} == {
        key: one for key, one in sound.items() if key not in when
    }


def test_it_is_not_compared_and_not_archived(office: Office, broken: Any, tmp_path: Path) -> None:
    result = {"employee_id": "E1", "work_date": MONDAY, "origin": "x", "status": "SeriousLate",
              "late_min": 20, "file": "f", "line": 2}  # fmt: skip
    office.writing(lambda c: c.execute(insert(tables.imported_result).values(_whole(result))))
    assert office.reading(lambda c: compare(c, MONDAY, MONDAY)).agreed == 1
    rows = office.table(tables.day_fact)
    archive_files.write(tmp_path, archive_files.FACTS, MONDAY[:7], 1, rows)
    broken("[]")
    found = office.reading(lambda c: compare(c, MONDAY, MONDAY))
    assert (found.agreed, found.unjudged, found.disagreements) == (0, 1, ())
    rows = office.table(tables.day_fact)
    with pytest.raises(archive_files.ArchiveError, match=f"E1 on {MONDAY}.*daka-hq rebuild"):
        archive_files.write(tmp_path, archive_files.FACTS, MONDAY[:7], 1, rows)


def _whole(values: dict[str, Any]) -> dict[str, Any]:
    missing = [one for one in tables.imported_result.c if one.name not in values]
    return values | {one.name: "" if one.type.python_type is str else 0 for one in missing}
