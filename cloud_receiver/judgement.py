"""What is judged, decided and booked together: some employee-days, in the caller's transaction.

Judging and deciding are the pure domain's; here they are fed, and what came out is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.budgets import limited
from cloud_receiver.domain.campaigns import Campaign
from cloud_receiver.domain.employee_day import Assessment, assess
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.notices import GroupNews, Reach
from cloud_receiver.domain.outcomes import DayKey, Outcome
from cloud_receiver.domain.revision import Change, revise
from cloud_receiver.domain.rules import Rulebook, decide, decide_closing
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import (
    budgets,
    campaign_sums,
    campaigns,
    change_feed,
    day_facts,
    days,
    dirty,
    feed_history,
    known_then,
    policies,
)
from cloud_receiver.store.dirty import NextLook
from cloud_receiver.store.ledger import apply_outcomes, lock
from cloud_receiver.store.rulebook import load_rulebook

RECORDS: Final = ("punches", "sales", "feedback", "entries")
"""What of a day's evidence is records that outcomes rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(Reach):
    """On what terms days are judged and people told."""

    policy: Policy = field(default_factory=Policy)


AS_SHIPPED: Final = Terms()


def as_known(
    connection: Connection, key: DayKey, at_utc_ms: int, terms: Terms = AS_SHIPPED
) -> Assessment:
    """Judge a day with what headquarters knew at an instant; changes nothing.

    Records, gaps, entries, withdrawals, rosters, calendar, policy, stores, teams, home stores,
    campaigns, whose badge and till code is whose, and how far each feed was complete count as
    they were then. Before that of feeds was kept, one is taken to have been complete, unless a
    touch that came later shows that it was not.
    """
    complete_utc_ms = feed_history.complete_at(connection, at_utc_ms)
    (inputs,) = days.load(connection, [key], known_by_utc_ms=at_utc_ms)
    if at_utc_ms < feed_history.began_utc_ms(connection):
        stores = {
            one.store_id for day in (inputs.day, *inputs.neighbours.values()) for one in day.shifts
        }
        for store_id, until in known_then.behind(connection, stores, at_utc_ms).items():
            complete_utc_ms[store_id] = min(until, complete_utc_ms.get(store_id, until))
    policy_book = policies.book(connection, terms.policy, known_by_utc_ms=at_utc_ms)
    return assess(
        inputs,
        as_of_utc_ms=at_utc_ms,
        complete_utc_ms=complete_utc_ms,
        policy=policy_book.on(key[1]),
    )


def awaited_since(connection: Connection, day: Assessment, at_utc_ms: int) -> int | None:
    """Return when the data that a day waited for at an instant was complete; None: it still is not."""
    if day.awaited is None:
        return None
    awaited = day.awaited
    return feed_history.complete_since(
        connection, awaited.store_id, awaited.beyond_utc_ms, at_utc_ms
    )


def evaluate(
    connection: Connection,
    keys: Sequence[DayKey],
    now_utc_ms: int,
    terms: Terms,
    ending: Sequence[Campaign] = (),
) -> list[DayKey]:
    """Judge days, write what changed, decide and book it; return the days that changed.

    A day whose start depends on a changed day before it is judged after it, and so is what is
    stored beside them and cannot be read.

    Args:
        ending: the campaigns that were closed just now.
    """
    changed = []
    waiting = list(keys)
    while waiting or ending:
        some, waiting = _evaluate(connection, waiting, now_utc_ms, terms, ending)
        changed += some
        ending = ()
    return changed


def _evaluate(
    connection: Connection,
    keys: Sequence[DayKey],
    now_utc_ms: int,
    terms: Terms,
    ending: Sequence[Campaign],
) -> tuple[list[DayKey], list[DayKey]]:
    """Return the days that changed, and those that must be judged because of it."""
    complete_utc_ms = dirty.complete(connection)
    policy_book = policies.book(connection, terms.policy)
    assessed: defaultdict[str, dict[str, Assessment]] = defaultdict(dict)
    looks = {}
    followed = set()
    for inputs in days.load(connection, keys):
        day = assess(
            inputs,
            as_of_utc_ms=now_utc_ms,
            complete_utc_ms=complete_utc_ms,
            policy=policy_book.on(inputs.day.work_date),
        )
        assessed[inputs.employee_id][inputs.day.work_date] = day
        if inputs.is_followed:
            followed.add((inputs.employee_id, inputs.day.work_date))
        looks[inputs.employee_id, inputs.day.work_date] = NextLook.after(day)
    changes, unreadable = _revise(connection, assessed)
    rows = [one.row(now_utc_ms) for one in changes.values() if one.facts]
    day_facts.write(connection, rows)
    day_facts.remove(connection, [key for key, one in changes.items() if not one.facts])
    campaign_sums.move(connection, changes, rows)
    # from here on one evaluator at a time: what is closed and who leads is asked of all people
    lock(connection)
    judged = [_shown(key, one) for key, one in changes.items()]
    change_feed.tell(connection, ChangeKind.DAY_JUDGED, judged, now_utc_ms)
    unreadable |= _book(connection, changes, ending, now_utc_ms, terms)
    dirty.settle(connection, looks)
    followers = {(who, shift_date(date, 1)) for who, date in followed & changes.keys()}
    return list(changes), sorted((followers | unreadable) - looks.keys())


def _shown(key: DayKey, one: Change) -> tuple[str, dict[str, FactValue]]:
    """Return a day as other systems are told of it; status is empty when it is gone."""
    who, work_date = key
    shown = {name: one.facts.get(name, "") for name in ("store_id", "status")}
    is_final = one.facts.get("final", True)
    return f"{who}/{work_date}", {
        "employee_id": who, "work_date": work_date, **shown, "final": is_final,
    }  # fmt: skip


def _book(
    connection: Connection,
    changes: Mapping[DayKey, Change],
    ending: Sequence[Campaign],
    now_utc_ms: int,
    terms: Terms,
) -> set[DayKey]:
    """Decide about the days that changed, and campaigns that end or ended with them; book it.

    Return days of these campaigns that cannot be read: once they are judged the campaign is settled.
    """
    rulebook = load_rulebook(connection)
    closed = {
        one.campaign_id: one for one in (*ending, *campaigns.closed_with(connection, changes))
    }
    settled, unreadable = [], set()
    for one in closed.values():
        days, broken = campaigns.days_of(connection, one)
        unreadable.update(broken)
        if not broken:
            settled.append((one, *_settle(connection, one, days, rulebook, now_utc_ms)))
    closing = {key for _, keys, _ in settled for key in keys}
    facts = {key: change.facts for key, change in changes.items()}
    evidence = {key: _records(change.evidence) for key, change in changes.items()}
    for key, stored in day_facts.of_days(connection, closing - changes.keys()).items():
        facts[key], evidence[key] = stored[0], _records(stored[1])
        if not stored[0]:
            unreadable.add(key)
    outcomes = decide(rulebook, [day for day in facts.values() if day], evidence)
    said_of = changes.keys() | closing
    spent_fen = {}
    for one in budgets.touched(connection, said_of):
        assert one.budget is not None, "only those with a budget are asked for"
        held = budgets.held(connection, one, one.budget, said_of, outcomes)
        outcomes, said_of = held.outcomes, said_of | held.beside
        spent_fen[one.campaign_id] = held.spent_fen
        channels = terms.channels_for(GroupNews.BUDGET)
        budgets.tell_nearly_used(connection, one, one.budget, held.spent_fen, channels, now_utc_ms)
    for one, _, some in settled:
        if one.budget is not None:
            some = limited(some, one.budget, spent_fen[one.campaign_id])
        outcomes += some
    apply_outcomes(
        connection, said_of, outcomes, now_utc_ms, channels=terms.channels, evidence=evidence,
        groups=GroupNews.AWARDS in terms.groups,
    )  # fmt: skip
    return unreadable


def _settle(
    connection: Connection,
    one: Campaign,
    days: Sequence[dict[str, FactValue]],
    rulebook: Rulebook,
    now_utc_ms: int,
) -> tuple[set[DayKey], list[Outcome]]:
    """Return the closing days of a closed campaign's members and what is said about them."""
    standings = campaigns.settle(connection, one, days, now_utc_ms)
    rows = [standings[who].facts for who in sorted(standings)]
    evidence = {(who, one.last_date): {"days": list(standings[who].days)} for who in standings}
    outcomes = decide_closing(rulebook, rows, evidence)
    members = campaigns.members(connection, one.campaign_id)
    return {(member.employee_id, one.last_date) for member in members}, outcomes


def _revise(
    connection: Connection, assessed: Mapping[str, Mapping[str, Assessment]]
) -> tuple[dict[DayKey, Change], set[DayKey]]:
    """Return every day that is not as it is stored, later days of a streak among them.

    And days beside them whose texts are not sound: they count for nothing until they are judged.
    """
    if not assessed:
        return {}, set()
    first_dates = {employee_id: min(days) for employee_id, days in assessed.items()}
    stored = day_facts.history(connection, first_dates)
    newcomers = day_facts.newcomers(connection, first_dates)
    changes = {}
    unreadable = set()
    for employee_id, new in sorted(assessed.items()):
        old, first = stored.get(employee_id, {}), min(new)
        before, broken = day_facts.tally_before(
            connection, employee_id, first, old, is_new=employee_id in newcomers
        )
        later = [day for date, day in old.items() if date > first and date not in new]
        broken += [day.work_date for day in later if not day.is_sound]
        unreadable |= {(employee_id, date) for date in broken}
        sound = {date: day for date, day in old.items() if date not in broken}
        for change in revise(before, sound, new):
            changes[employee_id, change.work_date] = change
    return changes, unreadable


def _records(evidence: Mapping[str, Any]) -> dict[str, list[str]]:
    return {kind: evidence.get(kind, []) for kind in RECORDS}
