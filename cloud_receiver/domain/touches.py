"""Touches: who says that a person came or left, how much that weighs, and which are one act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple

from cloud_receiver.domain.findings import FindingCode
from cloud_receiver.domain.workday import CheckType

_EARTH_M: Final = 6_371_000


class Source(StrEnum):
    """Where a touch comes from; DingTalk's names, so that imports are copies."""

    ATM = "ATM"  # a terminal
    USER = "USER"  # the person's phone
    BOSS = "BOSS"  # a supervisor's record
    APPROVE = "APPROVE"  # a correction


class Place(StrEnum):
    """Whether a touch was made where the store is; DingTalk's names where it has one."""

    NORMAL = "Normal"
    OUTSIDE = "Outside"
    UNKNOWN = "Unknown"  # no position, or the store has no fence


class Tap(NamedTuple):
    """A touch at its effective time, by a person who is known. In order of time.

    Attributes:
        zone: of the store; says on which date a touch stands that no shift takes.
        rank: what goes before what when sources disagree, the lowest first; see `rank_of`.
        check_type: which end of the shift it claims to be; None: the windows decide.
        oddities: what is odd about it wherever it is used.
    """

    at_utc_ms: int
    record_id: str
    store_id: str
    zone: str
    source: Source = Source.ATM
    rank: int = 0
    place: Place = Place.UNKNOWN
    check_type: CheckType | None = None
    oddities: tuple[FindingCode, ...] = ()


class Touch(NamedTuple):
    """Taps close together, taken as one act."""

    taps: tuple[Tap, ...]

    @property
    def first(self) -> Tap:
        """The earliest."""
        return self.taps[0]

    @property
    def last(self) -> Tap:
        """The latest."""
        return self.taps[-1]

    @property
    def rank(self) -> int:
        """The weight of the best of its sources."""
        return min(tap.rank for tap in self.taps)

    def may_be(self, check_type: CheckType) -> bool:
        """Tell whether nobody claims that it is the other end of the shift."""
        return all(tap.check_type in (None, check_type) for tap in self.taps)


def rank_of(source: Source, place: Place, *, has_photo: bool) -> int:
    """Return the weight of a source: terminal, phone with photo in the fence, phone, supervisor."""
    if source is not Source.USER:
        return 0 if source is Source.ATM else 3
    return 1 if has_photo and place is Place.NORMAL else 2


def collapse(taps: Sequence[Tap], within_s: int) -> list[Touch]:
    """Take taps that lie close to the first of them as one; `taps` in order of time."""
    groups: list[list[Tap]] = []
    for tap in taps:
        if groups and tap.at_utc_ms - groups[-1][0].at_utc_ms <= within_s * 1000:
            groups[-1].append(tap)
        else:
            groups.append([tap])
    return [Touch(tuple(group)) for group in groups]


def weightiest(touches: Sequence[Touch], within_ms: int) -> tuple[Touch, tuple[Touch, ...]]:
    """Return which of the touches for one card point counts, and those it contradicts.

    What different sources say within `within_ms` of the first is about the same act: the
    weightiest source decides it. Further apart they are different acts and the first counts.

    Args:
        touches: the foremost first: the earliest for coming, the latest for going.
    """
    foremost = touches[0].first.at_utc_ms
    about_it = [one for one in touches if abs(one.first.at_utc_ms - foremost) <= within_ms]
    chosen = min(about_it, key=lambda one: one.rank)
    return chosen, tuple(one for one in about_it if one.rank > chosen.rank)


def distance_m(from_microdeg: tuple[int, int], to_microdeg: tuple[int, int]) -> int:
    """Return the metres between two places (latitude, longitude), along the great circle."""
    (lat_a, lon_a), (lat_b, lon_b) = (
        (radians(lat / 1e6), radians(lon / 1e6)) for lat, lon in (from_microdeg, to_microdeg)
    )
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return round(2 * _EARTH_M * asin(sqrt(half)))


def oddities_of(taps: Iterable[Tap]) -> list[tuple[FindingCode, str]]:
    """Return what is odd about taps: (code, record id)."""
    return [(code, tap.record_id) for tap in taps for code in tap.oddities]
