"""The rules as a shelf to look through: what is in force, what comes, and earlier versions; reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from cloud_receiver.domain.documents import Rule, RuleError, parse_rule
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.store.rulebook import shipped_rules
from cloud_receiver.store.tables import rule_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version of a rule as it was published.

    Attributes:
        rule: None when the document cannot be read any more; `document` has it as it is.
    """

    rule_id: str
    version: int
    rule: Rule | None
    document: str
    author: str
    created_utc_ms: int


def versions(connection: Connection, rule_id: str | None = None) -> list[Published]:
    """Return published versions, newest first within each rule, all rules or one."""
    query = select(rule_version).order_by(rule_version.c.rule_id, rule_version.c.version.desc())
    if rule_id is not None:
        query = query.where(rule_version.c.rule_id == rule_id)
    return [
        Published(
            rule_id=row.rule_id,
            version=row.version,
            rule=_readable(row.document, row.rule_id),
            document=row.document,
            author=row.author,
            created_utc_ms=row.created_utc_ms,
        )
        for row in connection.execute(query)
    ]


def newest(published: Iterable[Published]) -> dict[str, Rule]:
    """Return the newest readable version of each rule, by id; of `versions`, in their order."""
    rules: dict[str, Rule] = {}
    for one in published:
        if one.rule is not None:
            rules.setdefault(one.rule_id, one.rule)
    return rules


def rule_names(connection: Connection) -> dict[str, Text]:
    """Return what each rule is called in its newest readable version, by id."""
    return {rule_id: rule.name for rule_id, rule in newest(versions(connection)).items()}


def templates() -> list[Rule]:
    """Return the shipped rules that are on the shelf and not in force by themselves."""
    return [rule for rule in shipped_rules() if rule.effective_from is None]


def _readable(document: str, rule_id: str) -> Rule | None:
    try:
        return parse_rule(document, rule_id)
    except RuleError:
        return None
