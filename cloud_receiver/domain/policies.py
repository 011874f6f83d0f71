"""Which policy days are judged by: versions, each from a work date on. Pure.

A day is judged by the version in force on its work date, not by the one in force when it is
judged; of two that begin on the same date the later version counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import msgspec

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.corrections import UNLIMITED
from sync.errors import DakaError

MAX_NUMBER: Final = 100_000  # minutes, seconds, days or times: nothing larger can be meant
_LIFTED: Final = frozenset({"allowance.cards_a_month", "allowance.within_days"})
NAMES: Final = tuple(field.name for field in fields(Policy))


@dataclass(frozen=True, slots=True, order=True)
class Dated:
    """A policy and the first work date it is about."""

    effective_from: str
    version: int
    policy: Policy


class PolicyBook:
    """All versions of the policy."""

    def __init__(self, versions: Sequence[Dated], before: Policy) -> None:
        """Take the versions; `before` is in force until the first of them."""
        self._versions = sorted(versions, key=lambda one: (one.effective_from, one.version))
        self._before = before

    def on(self, work_date: str) -> Policy:
        """Return the policy in force on a work date."""
        found = self._before
        for one in self._versions:
            if one.effective_from > work_date:
                break
            found = one.policy
        return found


def encode_policy(policy: Policy) -> str:
    """Return a policy as a document; the inverse of `decode_policy`."""
    return msgspec.json.encode(policy, order="deterministic").decode()


def decode_policy(document: str) -> Policy:
    """Read a policy; settings it does not name have their defaults.

    Raises:
        DakaError: it is none, or names a setting that does not exist.
    """
    try:
        return policy_of(msgspec.json.decode(document))
    except msgspec.DecodeError as error:
        raise DakaError(f"this is no policy: {error}") from error


def policy_of(settings: Any) -> Policy:
    """Return the policy that settings stand for.

    Raises:
        DakaError: a setting does not exist, or its value is of another kind.
    """
    unknown = sorted(set(settings) - set(NAMES)) if isinstance(settings, dict) else ["?"]
    if unknown:
        raise DakaError(f"there is no setting {unknown[0]!r}; there are: {', '.join(NAMES)}")
    try:
        return msgspec.convert(settings, Policy)
    except msgspec.ValidationError as error:
        raise DakaError(f"this is no policy: {error}") from error


def _numbers(settings: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, int]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{within}{name}.")
        elif isinstance(value, int):
            yield f"{within}{name}", value


def with_settings(policy: Policy, settings: dict[str, Any]) -> Policy:
    """Return a policy with some settings changed; ``a.b`` names a setting within another.

    Raises:
        DakaError: as `policy_of`, or a number is negative or larger than can be meant.
    """
    document: dict[str, Any] = msgspec.to_builtins(policy)
    for name, value in settings.items():
        within = document
        *groups, last = name.split(".")
        for group in groups:
            within = within.get(group, {})
            if not isinstance(within, dict):
                raise DakaError(f"{name}: {group!r} has no settings within")
        if last not in within:
            raise DakaError(f"there is no setting {name!r}; there are: {', '.join(within)}")
        within[last] = value
    policy = policy_of(document)
    for name, number in _numbers(document):
        if not 0 <= number <= MAX_NUMBER and (name not in _LIFTED or number != UNLIMITED):
            lifted = f", or {UNLIMITED} for no limit" if name in _LIFTED else ""
            raise DakaError(f"{name} {number}: is a number from 0 to {MAX_NUMBER}{lifted}")
    return policy
