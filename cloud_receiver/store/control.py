"""What headquarters wants of its boxes, and what they answered.

The database is the one place: the command line and the pages write wishes here, the
dispatcher sends them until a box has answered, the intake notes the answers.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store.engine import insert_ignore, upsert
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import box, box_command, box_setting
from sync.clock import parse_utc, utc_text
from sync.control import Command, Desired, Outcome, Reply, Reported, refusal_of
from sync.errors import ToldError, within

ANSWER_GRACE_MS: Final = 60_000
"""An answer may come this long after the command's expiry; then there will be none."""
_NO_ANSWER: Final = "the box did not answer before the command expired"


@dataclass(frozen=True, slots=True)
class Errand:
    """A command or a wish that is still to be answered, and by which box."""

    box_id: str
    document: Command | Desired


def wish(
    connection: Connection, box_id: str, changes: Mapping[str, int | None], author: str, now: int
) -> Desired:
    """Change what is wished of a box; None takes a wish back. Return the new version.

    Raises:
        DakaError: the box is unknown, or a setting may not be set from afar.
    """
    _insist_on_box(connection, box_id)
    given = {name: value for name, value in changes.items() if value is not None}
    if refusal := refusal_of({**given, **dict.fromkeys(changes.keys() - given.keys(), 1)}):
        raise within(box_id, refusal)
    row = setting_of(connection, box_id)
    before = json.loads(row["settings"]) if row else {}
    kept = {name: value for name, value in before.items() if name not in changes}
    desired = Desired((row["version"] if row else 0) + 1, {**kept, **given})
    told = {
        "box_id": box_id,
        "version": desired.version,
        "settings": json.dumps(dict(desired.settings)),
        "author": author,
        "asked_utc_ms": now,
    }
    upsert(connection, box_setting, [told])
    return desired


def setting_of(connection: Connection, box_id: str) -> RowMapping | None:
    """Return what is wished of a box and what it reported; None: neither."""
    query = select(box_setting).where(box_setting.c.box_id == box_id)
    return connection.execute(query).mappings().first()


def ask(
    connection: Connection,
    box_id: str,
    action: str,
    arguments: Mapping[str, Any],
    author: str,
    now_utc_ms: int,
    expires_utc_ms: int,
) -> str:
    """Ask a box for a live action; return the command's id.

    Raises:
        DakaError: the box is unknown.
    """
    _insist_on_box(connection, box_id)
    command_id = secrets.token_hex(8)
    row = {
        "command_id": command_id,
        "box_id": box_id,
        "action": action,
        "arguments": json.dumps(dict(arguments), ensure_ascii=False),
        "author": author,
        "asked_utc_ms": now_utc_ms,
        "expires_utc_ms": expires_utc_ms,
    }
    insert_ignore(connection, box_command, [row])
    return command_id


def commands(connection: Connection, box_id: str | None, limit: int) -> Sequence[RowMapping]:
    """Return commands with their answers, the newest first; None: of every box."""
    query = select(box_command).order_by(box_command.c.asked_utc_ms.desc()).limit(limit)
    if box_id is not None:
        query = query.where(box_command.c.box_id == box_id)
    return connection.execute(query).mappings().all()


def command_of(connection: Connection, command_id: str) -> RowMapping | None:
    """Return a command with its answer."""
    query = select(box_command).where(box_command.c.command_id == command_id)
    return connection.execute(query).mappings().first()


def errands(connection: Connection, now_utc_ms: int) -> list[Errand]:
    """Return everything a box has not answered yet and may still be asked for."""
    command, setting = box_command.c, box_setting.c
    asked = connection.execute(
        select(box_command)
        .where(command.outcome.is_(None), command.expires_utc_ms > now_utc_ms)
        .order_by(command.asked_utc_ms)
    ).mappings()
    wished = connection.execute(
        select(setting.box_id, setting.version, setting.settings).where(
            setting.version > 0, setting.reported_version.is_distinct_from(setting.version)
        )
    ).mappings()
    return [
        *(Errand(row["box_id"], _command(row)) for row in asked),
        *(
            Errand(row["box_id"], Desired(row["version"], json.loads(row["settings"])))
            for row in wished
        ),
    ]


def give_up(connection: Connection, now_utc_ms: int) -> None:
    """Close commands nobody answered in time."""
    command = box_command.c
    connection.execute(
        update(box_command)
        .where(command.outcome.is_(None), command.expires_utc_ms < now_utc_ms - ANSWER_GRACE_MS)
        .values(outcome=Outcome.EXPIRED.value, detail=_NO_ANSWER, result="{}")
    )


def note_reports(connection: Connection, told: Iterable[tuple[str, Reported]]) -> None:
    """Take what boxes say of their settings, in order of arrival."""
    for box_id, report in told:
        blank = {"version": 0, "settings": "{}", "author": "", "asked_utc_ms": 0}
        insert_ignore(connection, box_setting, [{"box_id": box_id, **blank}])
        _REPORTED.do(
            connection,
            box_id=box_id,
            reported_version=report.version,
            reported_reason=report.reason,
            reported_settings=json.dumps(dict(report.settings)),
            reported_utc_ms=utc_ms(parse_utc(report.at_utc)),
        )


_TOLD: Final = ("reported_version", "reported_reason", "reported_settings", "reported_utc_ms")
_REPORTED: Final = Question(
    update(box_setting)
    .where(box_setting.c.box_id == bindparam("box_id"))
    .values({name: bindparam(name) for name in _TOLD})
)


def note_replies(
    connection: Connection, told: Iterable[tuple[str, Reply]], now_utc_ms: int
) -> None:
    """Take answers to commands; the first stands, a later or a stranger's changes nothing."""
    command = box_command.c
    for box_id, reply in told:
        connection.execute(
            update(box_command)
            .where(
                command.command_id == reply.command_id,
                command.box_id == box_id,
                command.replied_utc_ms.is_(None),
            )
            .values(
                outcome=reply.outcome.value,
                detail=reply.detail,
                result=json.dumps(dict(reply.result), ensure_ascii=False),
                replied_utc_ms=now_utc_ms,
            )
        )


def _command(row: RowMapping) -> Command:
    expires = datetime.fromtimestamp(row["expires_utc_ms"] / 1000, UTC)
    arguments = json.loads(row["arguments"])
    return Command(row["command_id"], row["action"], arguments, utc_text(expires))


def _insist_on_box(connection: Connection, box_id: str) -> None:
    if connection.scalar(select(box.c.box_id).where(box.c.box_id == box_id)) is None:
        known = ", ".join(sorted(connection.scalars(select(box.c.box_id)))) or "none yet"
        raise ToldError(
            f"盒子 {box_id} 从未上报过;已知的盒子:{known}",
            f"no box {box_id!r} has ever reported; known boxes: {known}",
        )
