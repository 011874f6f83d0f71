"""DingTalk's attendance into the journal: what was tapped, and how DingTalk judged it.

Answers of its API and pushed check-ins take the way of its files (`exchange.importing`), so a
touch that is pushed, pulled and read from a report is one record. Sources: open.dingtalk.com,
``attendance/listRecord`` and ``attendance/list`` (50 users, 7 days), ``attendance_check_record``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cloud_receiver.dingtalk_errand import AUTHOR, USERS_A_CALL
from cloud_receiver.exchange.foreign import Form
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.exchange.importing import Report, import_file
from cloud_receiver.store import contacts
from cloud_receiver.store.engine import read
from sync.portions import portions

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cloud_receiver.channels.dingtalk.app import DingTalkApp
    from cloud_receiver.dingtalk_errand import Errand

DAYS_A_CALL: Final = 7
PAGE: Final = 50


def take_checks(
    engine: Engine, checks: Sequence[Mapping[str, Any]], now_utc_ms: int
) -> list[Report]:
    """Take pushed check-ins in, each under its bizId; the same push again changes nothing."""
    with read(engine) as connection:
        known = contacts.employees_by_address(connection, "dingtalk")
    reports = []
    with TemporaryDirectory() as folder:
        for check in checks:
            biz_id = re.sub(r"[^0-9A-Za-z_-]", "_", str(check.get("bizId", "")))[:80]
            path = Path(folder) / f"dingtalk-check-{biz_id}.json"
            record = {**check, "userCheckTime": check.get("checkTime")}
            _write(path, [_known(record, known)])
            reports.append(
                import_file(
                    engine, ImportKind.PUNCHES, path, AUTHOR, now_utc_ms, form=Form.DINGTALK
                )
            )
    return reports


def pull(errand: Errand, first: str, last: str) -> list[Report]:
    """Fetch records and results of everybody with a userid, and take them in.

    Args:
        first, last: work dates, both included.

    Raises:
        DakaError: DingTalk does not answer, or the folder cannot be written.
    """
    with read(errand.engine) as connection:
        known = contacts.employees_by_address(connection, "dingtalk")
    reports = []
    for kind, fetch in ((ImportKind.PUNCHES, _cards), (ImportKind.RESULTS, _results)):
        records = [
            _known(record, known)
            for users in portions(sorted(known), USERS_A_CALL)
            for begin, end in _weeks(first, last)
            for record in fetch(errand.app, users, begin, end)
        ]
        if records:
            reports.append(errand.bring(kind, f"{kind}-{first}-{last}", records))
    return reports


def _cards(
    app: DingTalkApp, users: Sequence[str], begin: str, end: str
) -> Iterator[dict[str, Any]]:
    asked = {"userIds": users, "checkDateFrom": f"{begin} 00:00:00", "checkDateTo": f"{end} 23:59:59",
             "isI18n": "false"}  # fmt: skip
    yield from app.in_turn().old("/attendance/listRecord", asked).get("recordresult") or ()


def _results(
    app: DingTalkApp, users: Sequence[str], begin: str, end: str
) -> Iterator[dict[str, Any]]:
    offset, has_more = 0, True
    while has_more:
        answer = app.in_turn().old(
            "/attendance/list",
            {
                "userIdList": users,
                "workDateFrom": f"{begin} 00:00:00",
                "workDateTo": f"{end} 00:00:00",
                "offset": offset,
                "limit": PAGE,
            },
        )
        page = answer.get("recordresult") or ()
        yield from page
        offset += PAGE
        has_more = bool(answer.get("hasMore")) and bool(page)


def _known(record: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Return a record with our employee id; a stranger keeps DingTalk's, to be told of."""
    userid = str(record.get("userId", ""))
    return {**record, "userId": known.get(userid, userid), "dingtalkUserId": userid}


def _weeks(first: str, last: str) -> Iterator[tuple[str, str]]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    while begin <= end:
        until = min(begin + timedelta(DAYS_A_CALL - 1), end)
        yield begin.isoformat(), until.isoformat()
        begin = until + timedelta(1)


def _write(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    path.write_text(json.dumps({"recordresult": records}, ensure_ascii=False), encoding="utf-8")
