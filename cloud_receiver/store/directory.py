"""Who is who and who works when, as reading the journal asks for it: asked once and kept.

The next portion of the journal asks for the same people again, on the same dates or the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import organisation
from cloud_receiver.store.organisation import BadgeBook, Rosters, SellerBook

_KEPT_DAYS: Final = 500_000
"""Roster days of everybody that may be in memory for what is asked later."""
_AHEAD_DAYS: Final = 3


class Directory:
    """Stores, bindings and rosters as they are now.

    Args:
        looks_ahead: many more dates will be asked for, one after the other.
    """

    def __init__(self, connection: Connection, *, looks_ahead: bool = False) -> None:
        self.connection: Final = connection
        self.sites: Final = organisation.sites(connection)
        self.zones: Final = {store_id: site.zone for store_id, site in self.sites.items()}
        self._looks_ahead: Final = looks_ahead
        self._badges: Final = BadgeBook({})
        self._sellers: Final = SellerBook({})
        self._known_badges: Final[set[tuple[str, str]]] = set()
        self._known_sellers: Final[set[tuple[str, str]]] = set()
        self._rosters: dict[str, dict[str, RosterDay]] = {}
        self._dates: dict[str, tuple[str, str]] = {}  # first and last that are known of a person
        self._kept_days = 0

    def badge_book(self, asked: Collection[tuple[str, str]]) -> BadgeBook:
        """Return whose user ids are whose: these, each (store, id), and maybe others."""
        if new := _take_up(asked, self._known_badges):
            self._badges.add(organisation.badge_book(self.connection, *new))
        return self._badges

    def seller_book(self, asked: Collection[tuple[str, str]]) -> SellerBook:
        """Return whose till codes are whose: these, each (store, code), and maybe others."""
        if new := _take_up(asked, self._known_sellers):
            self._sellers.add(organisation.seller_book(self.connection, *new))
        return self._sellers

    def rosters(self, people: Collection[str], first: str, last: str) -> Rosters:
        """Return the rosters of some people between two dates, and maybe more."""
        until = shift_date(last, _AHEAD_DAYS) if self._looks_ahead else last
        if self._kept_days > _KEPT_DAYS:
            self._rosters.clear()
            self._dates.clear()
            self._kept_days = 0
        missing: defaultdict[str, list[str]] = defaultdict(list)
        for who in people:
            known = self._dates.get(who)
            if known is None or first < known[0] or first > known[1]:
                missing[first].append(who)
                self._rosters[who] = {}
                self._dates[who] = first, until
            elif last > known[1]:
                missing[shift_date(known[1], 1)].append(who)
                self._dates[who] = known[0], until
        for since, some in missing.items():
            read = organisation.rosters(self.connection, some, since, until, self.sites)
            for who, days in read.items():
                self._rosters[who].update(days)
                self._kept_days += len(days)
        return self._rosters


def _take_up(
    asked: Collection[tuple[str, str]], known: set[tuple[str, str]]
) -> tuple[set[str], set[str]] | None:
    """Make what is asked known; return the stores and the ids of what was not, None if all was."""
    new = set(asked) - known
    if not new:
        return None
    known.update(new)
    return {store_id for store_id, _ in new}, {own_id for _, own_id in new}
