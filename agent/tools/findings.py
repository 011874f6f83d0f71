"""What `doctor` found: one line a link of the chain, with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How a link of the chain does."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Checked:
    """One link of the chain.

    Attributes:
        check: stable key of the link, for machines: ``disk``, ``device``, ``tls`` ...
        say: key of the sentence that tells what was found.
        values: of that sentence and of the remedy.
        remedy: key of the sentence that says what to do; empty: nothing.
    """

    check: str
    verdict: Verdict
    say: str
    values: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""


def passed(check: str, say: str, **values: object) -> Checked:
    """Return a link that holds."""
    return Checked(check, Verdict.PASS, say, values)


def failed(check: str, say: str, remedy: str, **values: object) -> Checked:
    """Return a link that does not hold, and what to do."""
    return Checked(check, Verdict.FAIL, say, values, remedy)


def skipped(check: str, say: str, **values: object) -> Checked:
    """Return a link that was not looked at, and why."""
    return Checked(check, Verdict.SKIP, say, values)
