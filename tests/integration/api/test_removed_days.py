"""Days below the archive's horizon: read from its files where one person is asked for, else said to be there."""

from __future__ import annotations

from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, insert, literal, select, update

from cloud_receiver.domain.campaigns import Campaign
from cloud_receiver.domain.scopes import ALL
from cloud_receiver.store import (
    archive_run,
    campaign_review,
    campaigns,
    membership,
    personal_file,
    profile,
    tables,
)
from cloud_receiver.store.archive_files import FACTS
from cloud_receiver.web.campaign_effect import draw_effect
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.live import Hub
from cloud_receiver.web.person import PersonView, draw_person
from cloud_receiver.web.report_sheet import Sheet, draw_findings, to_xlsx
from cloud_receiver.web.reports import View, count
from cloud_receiver.web.texts import Language
from tests.integration.api.conftest import Office
from tests.integration.evaluate.old_months import FIRST, LAST, LATE_ON, fill

ONLINE_FROM = "2027-02-01"
DAYS = f"/days?employee_id=E1&first_date={FIRST}"


@pytest.fixture
def office(hq_engine: Engine) -> Office:
    """A headquarters with three closed months, and a key that opens everything."""
    one = Office(hq_engine)
    one.organise()
    fill(one)
    one.use(one.key(*ALL, name="erp"))
    return one


def _archive(office: Office, folder: Path) -> None:
    done = list(archive_run.run(office.engine, folder, office.now_utc_ms, 2))
    assert [one.month for one in done if one.kind == FACTS and one.is_removed] == [
        "2026-11", "2026-12", "2027-01",
    ]  # fmt: skip


def _lose(folder: Path) -> None:
    for file in (folder / FACTS).rglob("*.parquet"):
        file.unlink()


def _by_pages(office: Office, limit: int) -> list[Any]:
    found, after = [], ""
    while True:
        page = office.get(f"{DAYS}&limit={limit}&after={after}")
        found += page["items"]
        if page["next"] is None:
            return found
        after = page["next"]


def test_the_api_gives_a_persons_days_as_if_they_had_never_left(
    office: Office, tmp_path: Path
) -> None:
    before, day = office.get(f"{DAYS}&limit=500"), office.get(f"/days/E1/{LATE_ON}")
    assert len(before["items"]) == 51
    assert before["online_from"] is None
    _archive(office, tmp_path)
    after = office.get(f"{DAYS}&limit=500")
    assert after["items"] == before["items"]
    assert after["online_from"] == ONLINE_FROM
    assert _by_pages(office, 20) == before["items"]
    assert office.get(f"/days/E1/{LATE_ON}") == day
    within = office.get(f"{DAYS}&last_date={LATE_ON}&store_id={day['store_id']}")["items"]
    assert [one["work_date"] for one in within] == sorted(
        one["work_date"] for one in before["items"] if one["work_date"] <= LATE_ON
    )
    assert office.get(f"{DAYS}&store_id=elsewhere")["items"] == []


def test_without_a_person_the_api_says_from_when_it_lists(office: Office, tmp_path: Path) -> None:
    _archive(office, tmp_path)
    page = office.get(f"/days?first_date={FIRST}")
    assert page["online_from"] == ONLINE_FROM
    assert all(one["work_date"] >= ONLINE_FROM for one in page["items"])


def test_the_api_says_that_the_archive_cannot_be_read(office: Office, tmp_path: Path) -> None:
    _archive(office, tmp_path)
    _lose(tmp_path)
    for language, word in (("zh", "归档"), ("en", "archive")):
        office.client.headers["Accept-Language"] = language
        for path in (DAYS, f"/days/E1/{LATE_ON}"):
            told = office.get(path, 503)
            assert told["code"] == "unavailable"
            assert word in told["detail"]
            assert "daka-hq archive verify" in told["remedy"]
    office.get("/days/E1/2027-05-01")
    office.get(f"/days?employee_id=E1&first_date={ONLINE_FROM}")


def test_a_month_of_a_person_and_the_file_of_years_are_the_same_from_the_archive(
    office: Office, tmp_path: Path
) -> None:
    def read() -> Any:
        return office.reading(
            lambda c: (
                profile.days(c, "E1", "2026-12-01", "2026-12-31"),
                personal_file.personal_file(c, "E1", office.now_utc_ms),
            )
        )

    days, file = before = read()
    assert len(days) == 23
    assert [(one.period, one.judged_days, one.late_days) for one in file.months][-2:] == [
        ("2026-12", 23, 1), ("2026-11", 6, 0),
    ]  # fmt: skip
    _archive(office, tmp_path)
    assert read() == before
    phones = office.reading(
        lambda c: personal_file.personal_file(c, "E1", office.now_utc_ms, from_archive=False)
    )
    assert phones.half_points == file.half_points
    assert phones.tags == file.tags


NOTES = {
    Language.ZH: ("2026年12月的逐日考勤已归档", "这个月的考勤在归档里,现在读不到"),
    Language.EN: (
        "The days of Dec 2026 are archived",
        "This month is in the archive, which cannot be",
    ),
}
QUIET = {Language.ZH: "这个月还没有记录", Language.EN: "Nothing yet in this month"}


def _desk(office: Office) -> Desk:
    return Desk(office.engine, office.clock, Hub(office.engine, office.clock, lambda _: False))


def _pages(office: Office, month: str) -> dict[Language, str]:
    desk = _desk(office)
    return {one: str(draw_person(desk, PersonView(one, "E1", month))) for one in Language}


def test_the_page_of_a_person_shows_an_archived_month_and_says_so(
    office: Office, tmp_path: Path
) -> None:
    before = _pages(office, "2026-12")
    _archive(office, tmp_path)
    for language, page in _pages(office, "2026-12").items():
        begin = page.index('<p class="note">')
        told = page[begin : page.index("</p>", begin) + len("</p>")]
        assert NOTES[language][0] in told
        assert page.replace(told, "") == before[language], "all else is as it was"
    for language, page in _pages(office, "2027-05").items():
        assert NOTES[language][0] not in page
    _lose(tmp_path)
    for language, page in _pages(office, "2026-12").items():
        assert NOTES[language][1] in page
        assert "daka-hq archive verify" in page
        assert QUIET[language] not in page, "it is not said that there was nothing"
        assert "/ledger?person=E1" in page


def test_a_campaign_of_archived_days_is_not_compared_with_what_is_not_there(
    office: Office, tmp_path: Path
) -> None:
    def told(language: Language) -> str:
        seen = office.reading(lambda c: campaign_review.review(c, "c1"))
        return unescape(str(draw_effect(seen, {}, language)))

    one = Campaign(campaign_id="c1", name="卖货", first_date="2027-01-11", last_date="2027-01-15")
    office.writing(lambda c: campaigns.enter(c, one, "wang", office.now_utc_ms))
    office.writing(
        lambda c: membership.join(c, "c1", ["E1"], one.first_date, office.now_utc_ms, author="wang")
    )
    office.evaluate()
    assert "A member sold 123.45 yuan a day worked" in told(Language.EN)
    _archive(office, tmp_path)
    for language, since in ((Language.ZH, "2027年2月1日"), (Language.EN, "1 Feb 2027")):
        assert since in told(language)
    assert "A member sold" not in told(Language.EN)


def test_a_report_that_reaches_below_the_horizon_says_from_when_it_counts(
    office: Office, tmp_path: Path
) -> None:
    desk = _desk(office)

    def counted(language: Language, report: str, first: str, last: str = "2027-05-10") -> Sheet:
        return count(desk, View(language, report, first, last))

    assert counted(Language.ZH, "anomaly", FIRST).notice == ""
    _archive(office, tmp_path)
    for language, since in ((Language.ZH, "2027年2月1日"), (Language.EN, "1 Feb 2027")):
        sheet = counted(language, "anomaly", FIRST)
        assert since in sheet.notice
        assert "daka-hq archive bring-back" in sheet.notice
        assert sheet.notice in unescape(str(draw_findings(sheet)))
        cells = load_workbook(BytesIO(to_xlsx(sheet))).active["A"]
        assert sheet.notice in [cell.value for cell in cells]
        assert counted(language, "amounts", FIRST).notice == "", "the ledger never leaves"
        assert counted(language, "completeness", ONLINE_FROM).notice == "", "nothing is missing"
        assert since in counted(language, "anomaly", FIRST, LAST).notice, "an empty one says it too"


def test_only_files_that_may_hold_what_is_asked_for_are_opened(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = [one for one in tables.day_fact.c if one.name != "employee_id"]
    names = ["employee_id", *(one.name for one in columns)]
    for who in ("E0", "E2"):  # as many days as E1 has, in files of their own
        copied = select(literal(who), *columns).where(tables.day_fact.c.employee_id == "E1")
        office.writing(
            lambda c, rows=copied: c.execute(insert(tables.day_fact).from_select(names, rows))
        )
    before = office.get(f"{DAYS}&limit=500")["items"]
    in_december = sum(one["work_date"].startswith("2026-12") for one in before)
    monkeypatch.setattr(archive_run, "PART_ROWS", in_december)
    _archive(office, tmp_path)
    december, january = (tmp_path / FACTS / f"month=20{month}" for month in ("26-12", "27-01"))
    first, own, last = sorted(december.glob("*.parquet"))
    first.unlink()
    last.unlink()
    assert len(office.get(f"{DAYS}&last_date=2026-12-31")["items"]) == 29, (
        "others' are not looked at"
    )
    office.get("/days?employee_id=E0&first_date=2026-12-01", 503)
    for file in january.glob("*.parquet"):
        file.unlink()
    page = office.get(f"{DAYS}&limit=20")
    assert page["items"] == before[:20], "nor are the months behind the page"
    assert office.get(f"{DAYS}&last_date=2026-12-31&limit=500")["items"] == before[:29]
    own.unlink()
    page = office.get(f"/days?employee_id=E1&limit=500&first_date={ONLINE_FROM}")
    assert page["items"] == [one for one in before if one["work_date"] >= ONLINE_FROM]
    office.get(f"{DAYS}&limit=20", 503)


def test_files_of_before_are_looked_through_until_their_people_are_noted(
    office: Office, tmp_path: Path
) -> None:
    _archive(office, tmp_path)
    part = tables.archive_part
    office.writing(lambda c: c.execute(update(part).values(first_who=None, last_who=None)))
    before = office.get(f"{DAYS}&limit=500")["items"]
    assert len(before) == 51
    assert archive_run.verify(office.engine, tmp_path).troubles == ()
    kept = office.reading(
        lambda c: c.execute(
            select(part.c.first_who, part.c.last_who).where(part.c.kind == FACTS)
        ).all()
    )
    assert [tuple(one) for one in kept] == [("E1", "E1")] * 3
    assert office.get(f"{DAYS}&limit=500")["items"] == before
