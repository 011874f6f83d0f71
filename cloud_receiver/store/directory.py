"""Who is who and who works when, as reading the journal asks for it: asked once and kept.

The next portion of the journal asks for the same people again, on the same dates or the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final

from sqlalchemy import Connection, func, select

from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import organisation, tables
from cloud_receiver.store.organisation import BadgeBook, Rosters, SellerBook

_KEPT_DAYS: Final = 200_000
"""Roster days of everybody that may be in memory for what is asked later."""
_AHEAD_DAYS: Final = 30


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
        self._rosters: dict[str, Mapping[str, RosterDay]] = {}
        self._dates: dict[str, tuple[str, str]] = {}

    def badge_book(self, asked: Collection[tuple[str, str]]) -> BadgeBook:
        """Return whose user ids are whose: these, each (store, id), and maybe others."""
        new = set(asked) - self._known_badges
        if new:
            stores, ids = (set(some) for some in zip(*new, strict=True))
            self._badges.add(organisation.badge_book(self.connection, stores, ids))
            self._known_badges.update(new)
        return self._badges

    def seller_book(self, asked: Collection[tuple[str, str]]) -> SellerBook:
        """Return whose till codes are whose: these, each (store, code), and maybe others."""
        new = set(asked) - self._known_sellers
        if new:
            stores, codes = (set(some) for some in zip(*new, strict=True))
            self._sellers.add(organisation.seller_book(self.connection, stores, codes))
            self._known_sellers.update(new)
        return self._sellers

    def rosters(self, people: Collection[str], first: str, last: str) -> Rosters:
        """Return the rosters of some people between two dates, and maybe more."""
        dates = self._dates
        new = [
            who
            for who in people
            if who not in dates or first < dates[who][0] or last > dates[who][1]
        ]
        if new:
            until = shift_date(last, self._ahead_days)
            read = organisation.rosters(self.connection, new, first, until, self.sites)
            for who in new:
                self._rosters[who] = read.get(who, {})
                dates[who] = first, until
        return self._rosters

    @cached_property
    def _ahead_days(self) -> int:
        if not self._looks_ahead:
            return 0
        people = self.connection.scalar(select(func.count()).select_from(tables.employee)) or 1
        return min(_AHEAD_DAYS, _KEPT_DAYS // people)
