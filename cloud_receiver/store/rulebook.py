"""The rules in the database: shipped ones brought in, versions added, the rulebook read.

A version is never changed: a newer one takes over from its first work date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, insert, select

from cloud_receiver.domain.documents import Rule, parse_rule
from cloud_receiver.domain.rules import Rulebook, require_sound
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import rule_version
from sync.places import config_dir

SHIPPED: Final = "shipped"
SCHEMA_NAME: Final = "schema.json"
_WORK_ZONE: Final = ZoneInfo("Asia/Shanghai")  # says when tomorrow begins


def shipped_rules() -> Iterator[Rule]:
    """Yield every rule of ``config/rules`` by file name, templates on the shelf included.

    Raises:
        RuleError: a file holds no sound rule.
    """
    for path in sorted((config_dir() / "rules").glob("*.json")):
        if path.name == SCHEMA_NAME:
            continue
        yield require_sound(parse_rule(path.read_bytes(), path.name))


def publish_shipped(connection: Connection, now_utc_ms: int) -> list[Rule]:
    """Bring the shipped rules into the database; return the versions that were added.

    A new rule counts from its own first date, a changed one from tomorrow and never for
    the past. Rules that somebody published a version of are theirs and left alone.
    """
    added = []
    for rule in shipped_rules():
        newest = _newest_row(connection, rule.id)
        if rule.effective_from is None or (newest and newest.author != SHIPPED):
            continue
        if newest:
            first_day = max(rule.effective_from, _tomorrow(now_utc_ms))
            rule = msgspec.structs.replace(rule, effective_from=first_day)
        if newest is None or newest.content_sha256 != _content_sha256(rule):
            added.append(publish(connection, rule, SHIPPED, now_utc_ms))
    return added


def publish(
    connection: Connection, rule: Rule, author: str, now_utc_ms: int, *, approver: str | None = None
) -> Rule:
    """Add a rule as the next version of its id, in force from its `effective_from`.

    People publish through `store.drafts`, where a second person approves.

    Raises:
        RuleError: one of its examples does not hold.
    """
    assert rule.effective_from is not None, "a template needs a first date to be in force"
    newest = _newest_row(connection, rule.id)
    rule = msgspec.structs.replace(rule, version=newest.version + 1 if newest else 1)
    row = {
        "rule_id": rule.id,
        "version": rule.version,
        "document": require_sound(rule).to_json(),
        "content_sha256": _content_sha256(rule),
        "effective_from": rule.effective_from,
        "effective_to": rule.effective_to,
        "author": author,
        "approver": approver,
        "created_utc_ms": now_utc_ms,
    }
    connection.execute(insert(rule_version), row)
    return rule


def load_rulebook(connection: Connection) -> Rulebook:
    """Return the rules of the database, compiled; the same object until a version is added."""
    return _compiled(tuple(row[0] for row in _DOCUMENTS.ask(connection)))


_DOCUMENTS: Final = Question(
    select(rule_version.c.document).order_by(rule_version.c.rule_id, rule_version.c.version)
)


@lru_cache(maxsize=4)
def _compiled(documents: tuple[str, ...]) -> Rulebook:
    return Rulebook([parse_rule(document) for document in documents])


def _newest_row(connection: Connection, rule_id: str) -> Any:
    versions = select(rule_version).where(rule_version.c.rule_id == rule_id)
    return connection.execute(versions.order_by(rule_version.c.version.desc()).limit(1)).first()


def _content_sha256(rule: Rule) -> str:
    """Return the hash of what a rule says, whichever version says it and since when."""
    timeless = msgspec.structs.replace(rule, version=1, effective_from=None, effective_to=None)
    return sha256(timeless.to_json().encode()).hexdigest()


def today(now_utc_ms: int) -> str:
    """Return the work date it is, as far as publishing is concerned."""
    return _date(now_utc_ms, 0)


def _tomorrow(now_utc_ms: int) -> str:
    return _date(now_utc_ms, 1)


def _date(now_utc_ms: int, days: int) -> str:
    today = datetime.fromtimestamp(now_utc_ms // 1000, _WORK_ZONE).date()
    return (today + timedelta(days=days)).isoformat()
