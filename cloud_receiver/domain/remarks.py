"""What is said about a rule before it is published."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How much a remark weighs."""

    ERROR = "error"
    WARNING = "warning"


class Remark(msgspec.Struct, frozen=True):
    """One thing to look at.

    Attributes:
        row_id: the row it is about; empty: the rule as a whole.
    """

    code: str
    severity: Severity
    row_id: str
    zh: str
    en: str


def error(code: str, zh: str, en: str, row_id: str = "") -> Remark:
    """Return what forbids publishing."""
    return Remark(code, Severity.ERROR, row_id, zh, en)


def warning(code: str, zh: str, en: str, row_id: str = "") -> Remark:
    """Return what is shown beside the rule."""
    return Remark(code, Severity.WARNING, row_id, zh, en)
