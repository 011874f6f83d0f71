"""The evaluator: journal rows in; day facts, outcomes, ledger entries and notices out.

Each flush is one transaction: what was read from the journal, what it means and what is to
be looked at again commit together or not at all. Judging and deciding are the pure domain's.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.budgets import limited
from cloud_receiver.domain.campaigns import Campaign
from cloud_receiver.domain.employee_day import Assessment, assess
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.notices import EVERY_GROUP_NEWS, GroupNews
from cloud_receiver.domain.outcomes import DayKey, Outcome
from cloud_receiver.domain.periods import last_date, period_of
from cloud_receiver.domain.revision import Change, revise
from cloud_receiver.domain.rules import Rulebook, decide, decide_closing
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.domain.workday import local_date, shift_date, utc_ms
from cloud_receiver.store import (
    archive,
    campaigns,
    change_feed,
    day_facts,
    days,
    dirty,
    journal_digests,
    policies,
    projection,
    retention,
)
from cloud_receiver.store.archive_files import ArchiveError
from cloud_receiver.store.dirty import NextLook
from cloud_receiver.store.engine import wait_turn, write
from cloud_receiver.store.ledger import DEFAULT_CHANNELS, apply_outcomes, lock
from cloud_receiver.store.rulebook import load_rulebook
from cloud_receiver.store.verification import send_anchor

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from sync.clock import Clock

PORTIONS_READ_ON: Final = 8
"""How many whole portions of the journal are read on before days are judged: a day that is judged
while its touches still come in is judged again. Beyond that a flood is not waited out."""

IDLE_S: Final = 0.5
"""How long the evaluator sleeps when nobody wakes it: the accuracy of what time alone brings."""

RECORDS: Final = ("punches", "sales", "feedback", "entries")
"""What of a day's evidence is records that outcomes rest on."""

_EMPLOYEES_AT_ONCE: Final = 200
_ASK_AGAIN_MS: Final = 600_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms days are judged and people told; `groups`: what groups hear of."""

    policy: Policy = field(default_factory=Policy)
    channels: Sequence[str] = DEFAULT_CHANNELS
    groups: frozenset[GroupNews] = EVERY_GROUP_NEWS

    def channels_for(self, news: GroupNews) -> Sequence[str]:
        """Return the channels that a kind of news for groups goes to."""
        return self.channels if news in self.groups else ()


class Evaluator:
    """Judges what is new and what has become due, until it is told to stop.

    Several may share a PostgreSQL: each takes the days of people nobody else has in hand, and
    they take turns at the ledger. On SQLite one at a time writes.

    Args:
        terms: the organisation's policy and the channels notices go to.
        on_judged: called after a commit that judged days: there may be notices to send.
        portion: how many rows of the journal are read at a time.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        terms: Terms = Terms(),
        on_judged: Callable[[], None] = lambda: None,
        portion: int = projection.MAX_ENTRIES,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._terms = terms
        self._on_judged = on_judged
        self._woken = threading.Event()
        self._portion = portion
        self._portions_read = 0
        self._anchored_on = ""
        self._swept_on = ""

    def wake(self) -> None:
        """Say that there is something new; safe from any thread."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Evaluate until `stop` is set; `wake` makes it notice at once.

        A database that is away is tried again for as long as it takes.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(OperationalError),
            wait=wait_random_exponential(multiplier=0.1, max=10),
            stop=stop_when_event_set(stop),
            sleep=sleep_using_event(stop),
            before_sleep=_report,
            reraise=True,
        )
        while not stop.is_set():
            self._woken.clear()
            try:
                is_behind = attempts(self.flush)
            except OperationalError:
                return  # only when told to stop while the database was away
            if not is_behind and not self._seal():
                self._woken.wait(IDLE_S)

    def flush(self) -> bool:
        """Evaluate one portion in one transaction; return whether more is waiting."""
        now_utc_ms = utc_ms(self._clock.now_utc())
        with write(self._engine) as connection:
            wait_turn(connection, archive.TURN, shared=True)
            projected = projection.advance(connection, now_utc_ms, self._portion)
            if self._reads_on(projected):
                return True
            keys = dirty.due(connection, now_utc_ms)
            if keys:
                _judge(connection, keys, now_utc_ms, self._terms)
            ending = campaigns.due(connection, now_utc_ms)
            if ending:  # another evaluator may be closing them
                lock(connection)
                ending = campaigns.due(connection, now_utc_ms)
            for one in ending:
                campaigns.close(connection, one.campaign_id, now_utc_ms)
            if ending:
                evaluate(connection, [], now_utc_ms, self._terms, ending)
            is_anchored = self._anchor(connection, now_utc_ms)
            self._sweep(connection, now_utc_ms)
        if keys or ending or is_anchored:
            self._on_judged()
        return projected == self._portion or len(keys) == dirty.MAX_DAYS

    def _reads_on(self, projected: int) -> bool:
        """Tell whether to read more of the journal before judging, after one more portion of it."""
        self._portions_read = self._portions_read + 1 if projected == self._portion else 0
        if self._portions_read < PORTIONS_READ_ON:
            return self._portions_read > 0
        self._portions_read = 0
        return False

    def _seal(self) -> bool:
        """Digest a range of the journal when there is time; tell whether there was a full one."""
        with write(self._engine) as connection:
            return journal_digests.seal(connection, utc_ms(self._clock.now_utc())) > 0

    def _anchor(self, connection: Connection, now_utc_ms: int) -> bool:
        """Send the end of the ledger away once a day; tell whether there is a notice for it."""
        date = local_date(now_utc_ms, "UTC")
        if date == self._anchored_on:
            return False
        self._anchored_on = date
        channels = self._terms.channels_for(GroupNews.ANCHOR)
        return send_anchor(connection, date, now_utc_ms, channels) is not None

    def _sweep(self, connection: Connection, now_utc_ms: int) -> None:
        """Delete what is beyond its time: daily, whoever evaluates, and on until it is all."""
        date = local_date(now_utc_ms, "UTC")
        if date == self._swept_on:
            return
        if retention.is_done_on(connection, date):
            self._swept_on = date
        else:
            retention.run(connection, now_utc_ms)


def _judge(connection: Connection, keys: Sequence[DayKey], now_utc_ms: int, terms: Terms) -> None:
    """Judge what is due, with the months it builds on back from the archive.

    Who needs a file of the archive that is missing waits, the others do not.
    """
    removed = archive.removed_through(connection)
    if not removed:
        evaluate(connection, keys, now_utc_ms, terms)
        return
    try:
        with connection.begin_nested():
            _bring_back(connection, keys, removed)
            evaluate(connection, keys, now_utc_ms, terms)
    except ArchiveError as error:
        by_person: defaultdict[str, list[DayKey]] = defaultdict(list)
        for key in keys:
            by_person[key[0]].append(key)
        if len(by_person) > 1:
            for own in by_person.values():
                _judge(connection, own, now_utc_ms, terms)
        else:
            _log.warning("archive_missed days=%d error=%s", len(keys), error)
            dirty.postpone(connection, keys, now_utc_ms + _ASK_AGAIN_MS)


def _bring_back(connection: Connection, keys: Sequence[DayKey], removed: str) -> None:
    clear_date = shift_date(last_date(removed), day_facts.LOOK_BACK_DAYS)
    old = [date for _, date in keys if date <= clear_date]
    if old:
        since = archive.needed_from(connection, min(old))
        since = min(since, shift_date(min(old), -day_facts.LOOK_BACK_DAYS))
        archive.bring_back(connection, period_of(since))


def _report(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("evaluator_waits attempt=%d error=%s", state.attempt_number, error)


def rebuild(engine: Engine, now_utc_ms: int, terms: Terms = Terms()) -> int:
    """Compute all that is derived from the journal and the organisation; return the days.

    Days that come out as they were are not touched, so on sound data nothing changes.
    It is one transaction: nobody sees, judges or books a half-built state. Months that were removed
    come back from the archive for it, and stay until they are archived again.
    """
    with write(engine) as connection:
        wait_turn(connection, archive.TURN)
        archive.bring_back(connection)
        projection.reset(connection)
        while projection.advance(connection, now_utc_ms):
            pass
        dirty.mark_all(connection, now_utc_ms)
        judged = 0
        for keys in dirty.by_employee(connection, now_utc_ms, _EMPLOYEES_AT_ONCE):
            evaluate(connection, keys, now_utc_ms, terms)
            judged += len(keys)
    return judged


def as_known(
    connection: Connection, key: DayKey, at_utc_ms: int, terms: Terms = Terms()
) -> Assessment:
    """Judge a day with what headquarters knew at an instant; changes nothing.

    Records, entries, withdrawals, rosters, calendar, policy and whose badge and till code is
    whose count as they were then. Where stores are, teams and campaigns are taken as they are
    now, and a feed that is complete beyond the instant is taken to have been complete to it.
    """
    complete_utc_ms = {
        store_id: min(until, at_utc_ms) for store_id, until in dirty.complete(connection).items()
    }
    (inputs,) = days.load(connection, [key], known_by_utc_ms=at_utc_ms)
    policy_book = policies.book(connection, terms.policy, known_by_utc_ms=at_utc_ms)
    return assess(
        inputs,
        as_of_utc_ms=at_utc_ms,
        complete_utc_ms=complete_utc_ms,
        policy=policy_book.on(key[1]),
    )


def evaluate(
    connection: Connection,
    keys: Sequence[DayKey],
    now_utc_ms: int,
    terms: Terms,
    ending: Sequence[Campaign] = (),
) -> list[DayKey]:
    """Judge days, write what changed, decide and book it; return the days that changed.

    A day whose start depends on a changed day before it is judged after it.

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
        looks[inputs.employee_id, inputs.day.work_date] = NextLook(
            day.look_again_utc_ms, day.awaited
        )
    changes = _revise(connection, assessed)
    day_facts.write(connection, [one.row(now_utc_ms) for one in changes.values() if one.facts])
    day_facts.remove(connection, [key for key, one in changes.items() if not one.facts])
    # from here on one evaluator at a time: what is closed and who leads is asked of all people
    lock(connection)
    judged = [_shown(key, one) for key, one in changes.items()]
    change_feed.tell(connection, ChangeKind.DAY_JUDGED, judged, now_utc_ms)
    rulebook = load_rulebook(connection)
    touched = {
        one.campaign_id: one for one in (*ending, *campaigns.closed_with(connection, changes))
    }
    settled = [_settle(connection, one, rulebook, now_utc_ms) for one in touched.values()]
    closing = {key for keys, _ in settled for key in keys}
    facts = {key: change.facts for key, change in changes.items()}
    evidence = {key: _records(change.evidence) for key, change in changes.items()}
    for key, stored in day_facts.of_days(connection, closing - changes.keys()).items():
        facts[key], evidence[key] = stored[0], _records(stored[1])
    outcomes = decide(rulebook, [day for day in facts.values() if day], evidence)
    outcomes += [one for _, some in settled for one in some]
    days_said = changes.keys() | closing
    apply_outcomes(
        connection, days_said, outcomes, now_utc_ms, channels=terms.channels, evidence=evidence,
        groups=GroupNews.AWARDS in terms.groups,
    )  # fmt: skip
    dirty.settle(connection, looks)
    followers = {(who, shift_date(date, 1)) for who, date in followed & changes.keys()}
    return list(changes), sorted(followers - looks.keys())


def _shown(key: DayKey, one: Change) -> tuple[str, dict[str, FactValue]]:
    """Return a day as other systems are told of it; status is empty when it is gone."""
    who, work_date = key
    shown = {name: one.facts.get(name, "") for name in ("store_id", "status")}
    is_final = one.facts.get("final", True)
    return f"{who}/{work_date}", {
        "employee_id": who, "work_date": work_date, **shown, "final": is_final,
    }  # fmt: skip


def _settle(
    connection: Connection, one: Campaign, rulebook: Rulebook, now_utc_ms: int
) -> tuple[set[DayKey], list[Outcome]]:
    """Return the closing days of a closed campaign's members and what is said about them."""
    standings = campaigns.settle(connection, one, now_utc_ms)
    rows = [standings[who].facts for who in sorted(standings)]
    evidence = {(who, one.last_date): {"days": list(standings[who].days)} for who in standings}
    outcomes = decide_closing(rulebook, rows, evidence)
    members = campaigns.members(connection, one.campaign_id)
    days = {(member.employee_id, one.last_date) for member in members}
    if one.budget is not None:
        outcomes = limited(outcomes, one.budget, campaigns.spent_fen(connection, one, days))
    return days, outcomes


def _revise(
    connection: Connection, assessed: Mapping[str, Mapping[str, Assessment]]
) -> dict[DayKey, Change]:
    """Return every day that is not as it is stored, later days of a streak among them."""
    if not assessed:
        return {}
    first_dates = {employee_id: min(days) for employee_id, days in assessed.items()}
    stored = day_facts.history(connection, first_dates)
    changes = {}
    for employee_id, new in sorted(assessed.items()):
        old = stored.get(employee_id, {})
        before = day_facts.tally_before(connection, employee_id, min(new), old)
        for change in revise(before, old, new):
            changes[employee_id, change.work_date] = change
    return changes


def _records(evidence: Mapping[str, Any]) -> dict[str, list[str]]:
    return {kind: evidence.get(kind, []) for kind in RECORDS}
