"""A closed month's sums into DingTalk's payroll, as third-party data.

Source: the official SDK, ``/v1.0/attendance/salaries/tripartiteDatas/write``: bizType, and items
of bizId, bizDate, userId and contents by key; what was not taken is told by its bizId. Each
person's month has one bizId, so a repeat or a correction replaces what stands there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import Connection, select

from cloud_receiver.domain.payroll import Part
from cloud_receiver.domain.periods import last_date
from cloud_receiver.store import contacts, payroll
from cloud_receiver.store.engine import read, upsert, write
from cloud_receiver.store.tables import payroll_write
from sync.errors import DakaError
from sync.money import yuan_text
from sync.portions import portions

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cloud_receiver.channels.dingtalk.app import DingTalkApp
    from cloud_receiver.channels.settings import DingTalkSettings
    from cloud_receiver.store.payroll import Export

ITEMS_A_CALL: Final = 50
_PATH: Final = "/v1.0/attendance/salaries/tripartiteDatas/write"


class Fate(StrEnum):
    """What becomes of a person's sums."""

    NEW = "new"  # will be written
    TAKEN = "taken"
    SAME = "same"  # DingTalk has exactly this
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A person's month as payroll there gets it.

    Attributes:
        userid: None: nobody has said who it is at DingTalk.
    """

    biz_id: str
    employee_id: str
    name: str
    userid: str | None
    sums_fen: dict[Part, int]
    content: str
    fate: Fate
    detail: str = ""


def lines_of(connection: Connection, settings: DingTalkSettings, export_no: int) -> list[Line]:
    """Return what an export would write, with what DingTalk has already.

    Raises:
        DakaError: there is no such export, it is not final, or no payroll_type is set.
    """
    made = payroll.export_of(connection, export_no)
    if not settings.payroll_type:
        raise DakaError(
            "[dingtalk] names no payroll_type, the bizType its payroll takes data under"
        )
    if not made.content.is_final:
        raise DakaError(f"export {export_no} is provisional: close the month first (daka-hq payroll export --close)")  # fmt: skip
    users = {
        who: user for user, who in contacts.employees_by_address(connection, "dingtalk").items()
    }
    row = payroll_write.c
    taken = connection.execute(select(row.biz_id, row.content).where(row.is_taken))
    stands = {one.biz_id: one.content for one in taken}
    return [_line(made, who, users.get(who), settings, stands) for who in made.content.totals_fen]


def _line(
    made: Export, who: str, userid: str | None, settings: DingTalkSettings, stands: dict[str, str]
) -> Line:
    period, sums = made.content.period, dict(made.content.totals_fen[who])
    biz_id = f"daka-{period}-{who}"
    item = {
        "bizId": biz_id,
        "bizDate": last_date(period),
        "userId": userid,
        "bizContents": [
            {"key": settings.payroll_bonus_key, "value": yuan_text(sums[Part.BONUS])},
            {"key": settings.payroll_subsidy_key, "value": yuan_text(sums[Part.SUBSIDY])},
        ],
    }
    content = msgspec.json.encode(item).decode()
    fate, detail = Fate.SAME if stands.get(biz_id) == content else Fate.NEW, ""
    if userid is None:
        fate, detail = Fate.REFUSED, "no DingTalk userid is known: daka-hq import contacts"
    return Line(
        biz_id=biz_id, employee_id=who, name=made.content.names.get(who, who), userid=userid,
        sums_fen=sums, content=content, fate=fate, detail=detail,
    )  # fmt: skip


def hand_over(
    engine: Engine, app: DingTalkApp, settings: DingTalkSettings, export_no: int, author: str,
    now_utc_ms: int,
) -> list[Line]:  # fmt: skip
    """Write an export into DingTalk's payroll; what it has already is not sent again.

    Raises:
        DakaError: see `lines_of`, or DingTalk does not answer; what it took before stands.
    """
    with read(engine) as connection:
        lines = lines_of(connection, settings, export_no)
    done: list[Line] = [one for one in lines if one.fate is not Fate.NEW]
    for some in portions([one for one in lines if one.fate is Fate.NEW], ITEMS_A_CALL):
        items = [msgspec.json.decode(one.content) for one in some]
        answer = app.in_turn().new(_PATH, {"bizType": settings.payroll_type, "items": items})
        told = [_told(one, answer) for one in some]
        with write(engine) as connection:
            upsert(connection, payroll_write, [
                {"biz_id": one.biz_id, "export_no": export_no, "employee_id": one.employee_id,
                 "content": one.content, "is_taken": one.fate is Fate.TAKEN, "detail": one.detail,
                 "author": author, "at_utc_ms": now_utc_ms}
                for one in told
            ])  # fmt: skip
        done += told
    return sorted(done, key=lambda one: one.employee_id)


def _told(one: Line, answer: dict[str, Any]) -> Line:
    result = answer.get("result")
    reasons = result.get("reason") if isinstance(result, dict) else None
    reason = reasons.get(one.biz_id) if isinstance(reasons, dict) else None
    if reason is None:
        return replace(one, fate=Fate.TAKEN)
    return replace(one, fate=Fate.REFUSED, detail=str(reason))
