"""DingTalk's attendance, pulled from the stand-in and taken in as its files are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from cloud_receiver import dingtalk_attendance
from cloud_receiver.channels.wiring import dingtalk_app
from cloud_receiver.dingtalk_errand import Errand
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import contacts, tables
from cloud_receiver.store.contacts import Contact
from tests.integration.channels.conftest import settings_at
from tests.integration.evaluate.conftest import ZONE, Headquarters, StandingClock

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from cloud_receiver.channels.standin.service import StandIn


def test_records_and_results_of_weeks_come_in_once_and_strangers_are_named(
    hq_engine: Engine, clock: StandingClock, standin: StandIn, tmp_path: Path
) -> None:
    hq = Headquarters(hq_engine, clock)
    hq.organise()
    known = [
        Contact(service="dingtalk", address=f"ding-{n}", employee_id=f"E{n}") for n in (1, 2, 9)
    ]
    hq.writing(lambda c: contacts.put(c, known))
    organisation = standin.organisation
    for day in range(1, 21):
        at_ms = local_to_utc_ms(f"2026-11-{day:02d}T08:55", ZONE)
        work_ms = local_to_utc_ms(f"2026-11-{day:02d}T00:00", ZONE)
        for number in (1, 2, 9):  # nobody of ours is called E9
            card = {"userId": f"ding-{number}", "userCheckTime": at_ms, "checkType": "OnDuty"}
            organisation.cards.append(card | {"bizId": f"{number}/{day}"})
            organisation.results.append(card | {"workDate": work_ms, "timeResult": "Normal"})
    settings = settings_at(tmp_path, standin.url).dingtalk
    assert settings is not None
    app = dingtalk_app(settings, hq_engine, clock, clock.rest)
    errand = Errand(engine=hq_engine, app=app, folder=tmp_path / "pulled", now_utc_ms=hq.now_utc_ms)
    cards, results = dingtalk_attendance.pull(errand, "2026-11-01", "2026-11-20")
    assert (cards.changed, len(cards.errors)) == (40, 20)
    assert (results.changed, len(results.errors)) == (40, 20)
    again = dingtalk_attendance.pull(errand, "2026-11-01", "2026-11-20")
    assert [report.changed for report in again] == [0, 0]
    check = {
        "userId": "ding-1",
        "checkTime": local_to_utc_ms("2026-11-03T08:55", ZONE),
        "bizId": "1/3",
    }
    (pushed,) = dingtalk_attendance.take_checks(hq_engine, [check], hq.now_utc_ms)
    assert pushed.changed == 0  # it was pulled before
    app.close()
    kinds = hq.reading(lambda c: c.scalars(select(tables.journal.c.kind)).all())
    assert set(kinds) == {"punch"}
    assert len(kinds) == 40
