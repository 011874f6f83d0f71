"""What the publisher asks of the thread that runs it; pure values."""

from __future__ import annotations

from dataclasses import dataclass

from sync.receipt import Mark, Rejection
from sync.topics import Lane


@dataclass(frozen=True, slots=True)
class Send:
    """Publish records `first` ... of a lane, up to `limit` of them, as one batch.

    Whoever does so calls `shortened` if the batch ends earlier.
    """

    token: int
    lane: Lane
    first: int
    limit: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Note in the outbox what headquarters holds; `mark` replaces the old one."""

    lane: Lane
    mark: Mark
    rejected: tuple[Rejection, ...]
    hq_epoch: str


@dataclass(frozen=True, slots=True)
class Rewind:
    """Headquarters holds less than it did: it was restored, and is refilled from `through`."""

    lane: Lane
    through: int


@dataclass(frozen=True, slots=True)
class Renew:
    """Headquarters holds numbers this outbox never gave, or others did: it needs a new epoch.

    Attributes:
        claimed: the highest number headquarters holds.
        is_contested: another outbox gave numbers of this epoch to other records.
    """

    lane: Lane
    claimed: int
    is_contested: bool


@dataclass(frozen=True, slots=True)
class Replace:
    """Headquarters cannot read this one record: send a trouble in its place, keep it here."""

    lane: Lane
    seq: int
    code: str


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The connection is up in name only; make a new one."""

    reason: str


Action = Send | Settle | Rewind | Renew | Replace | Reconnect
