"""Whether employee-days stand as they are judged from what is known: judged anew and compared.

Reads only, so several processes may each prove some people. A person is named of whom a day, a
column pages count by, or a next look is not the same; whoever asked has those days judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.day_texts import is_sound, read
from cloud_receiver.domain.employee_day import Assessment, assess
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.moulds import COLUMNS, NOTHING_SOLD
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.plain_plans import text
from cloud_receiver.domain.policies import PolicyBook
from cloud_receiver.domain.revision import columns, document, mark_of
from cloud_receiver.domain.tallies import AT_FIRST, tallies
from cloud_receiver.domain.validity import in_force
from cloud_receiver.domain.workday import local_date
from cloud_receiver.store import days, dirty, policies, tables
from cloud_receiver.store.day_casts import Casts, cast_days
from cloud_receiver.store.dirty import NextLook
from cloud_receiver.store.questions import Among, Question

DAYS_AT_ONCE: Final = 5_000
"""How many employee-days are in memory at a time, as long as one person has not more."""
_fact, _roster, _dirty = tables.day_fact.c, tables.roster.c, tables.dirty.c
_NOT_COMPARED: Final = {"employee_id", "work_date", "revision", "computed_utc_ms"}
_TEXTS: Final = {"facts", "evidence", "input_hash"}
_COLUMNS: Final = tuple(
    column.name for column in tables.day_fact.columns if column.name not in _NOT_COMPARED | _TEXTS
)
_STORED: Final = Question(
    select(
        _fact.employee_id, _fact.work_date, _fact.facts, _fact.evidence, _fact.input_hash != "",
        *[_fact[name] for name in _COLUMNS],
    ).where(Among(_fact.employee_id, "people"))
)  # fmt: skip
_LOOKS: Final = Question(
    select(
        _dirty.employee_id, _dirty.work_date, _dirty.due_utc_ms, _dirty.awaits_store_id,
        _dirty.awaits_utc_ms,
    ).where(Among(_dirty.employee_id, "people"))
)  # fmt: skip
_BEGUN: Final = Question(
    select(_roster.employee_id, func.count())
    .where(_roster.work_date <= bindparam("until"))
    .group_by(_roster.employee_id)
)
_KEPT: Final = Question(select(_fact.employee_id, func.count()).group_by(_fact.employee_id))


_NONE: Final = text("")
_Row = tuple[Any, ...]
assert _COLUMNS == COLUMNS, "moulds know every column of a day"


@dataclass(slots=True)
class Unlike:
    """Who has days that do not stand as they are judged.

    Attributes:
        days: how many were judged.
        people: employee ids.
        columns: days whose documents stand, and a column beside them does not.
    """

    days: int = 0
    people: list[str] = field(default_factory=list)
    columns: list[DayKey] = field(default_factory=list)


def parties(connection: Connection, now_utc_ms: int, leave_out: Collection[str]) -> list[list[str]]:
    """Return who has days, but for some, in parties of at most `DAYS_AT_ONCE` days together."""
    until = local_date(now_utc_ms, "UTC")
    size = Counter(dict(map(tuple, _BEGUN.ask(connection, until=until))))
    size |= Counter(dict(map(tuple, _KEPT.ask(connection))))
    found: list[list[str]] = []
    left = 0
    for who, number in sorted(size.items()):
        if who in leave_out:
            continue
        if left < number:
            found.append([])
            left = DAYS_AT_ONCE
        found[-1].append(who)
        left -= number
    return found


def prove(connection: Connection, people: Sequence[str], now_utc_ms: int, policy: Policy) -> Unlike:
    """Judge all days of some people and compare them with what stands.

    Args:
        policy: in force where no version is stored.
    """
    stored: defaultdict[str, dict[str, _Row]] = defaultdict(dict)
    for row in _STORED.tuples(connection, people=people):
        stored[row[0]][row[1]] = row
    looks: defaultdict[str, dict[str, _Row]] = defaultdict(dict)
    for who, date, *look in _LOOKS.tuples(connection, people=people):
        looks[who][date] = tuple(look)
    book = policies.book(connection, policy)
    casts = cast_days(connection, people, stored, now_utc_ms, book)
    judged = _judged(connection, casts.others, now_utc_ms, book)
    found = Unlike()
    for who in people:
        stands = _Stands(who, stored[who], looks[who], now_utc_ms)
        if not stands.are(casts, judged[who]):
            found.people.append(who)
        found.days += len(casts.plain[who]) + len(judged[who])
        found.columns += stands.odd
    return found


def _judged(
    connection: Connection, keys: Sequence[DayKey], now_utc_ms: int, book: PolicyBook
) -> defaultdict[str, dict[str, Assessment]]:
    """Return days by person and date as the judge has them."""
    complete_utc_ms = dirty.complete(connection)
    by_person: defaultdict[str, dict[str, Assessment]] = defaultdict(dict)
    for inputs in days.load(connection, keys):
        work_date = inputs.day.work_date
        by_person[inputs.employee_id][work_date] = assess(
            inputs,
            as_of_utc_ms=now_utc_ms,
            complete_utc_ms=complete_utc_ms,
            policy=book.on(work_date),
        )
    return by_person


class _Stands:
    """What stands of a person's days."""

    def __init__(
        self,
        who: str,
        stored: Mapping[str, _Row],
        looks: Mapping[str, _Row],
        now_utc_ms: int,
    ) -> None:
        self._who = who
        self._stored = stored
        self._looks = looks
        self._now_utc_ms = now_utc_ms
        self.odd: list[DayKey] = []

    def are(self, casts: Casts, judged: Mapping[str, Assessment]) -> bool:
        """Tell whether these are the days of the person, all of them and to the byte."""
        who = self._who
        plain = casts.plain[who]
        run = [(date, cast.mark()) for date, cast in plain.items()]
        run += [(date, mark_of(day)) for date, day in judged.items() if not day.is_empty]
        run.sort()
        same = self._stored.keys() == {date for date, _ in run}
        sold, teams = casts.sold[who], casts.teams.get(who)
        name, in_campaigns = text(who), casts.campaigns
        for (date, _), tally in zip(run, tallies(AT_FIRST, run), strict=True):
            stands = self._stored.get(date)
            if stands is None:
                continue
            _, _, told, proven, is_decided, *rest = stands
            cast = plain.get(date)
            if cast is None:
                facts, evidence = judged[date].facts | tally._asdict(), judged[date].evidence
                texts = document(facts), document(evidence)
            else:
                its = sold.get(date, NOTHING_SOLD)
                team = text(in_force(teams, date)) if teams else _NONE
                campaign = text(in_campaigns.get((who, date), "")) if in_campaigns else _NONE
                texts = cast.facts(name, team, campaign, tally, its), cast.evidence(its)
            if told != texts[0] or proven != texts[1] or not is_decided:
                same = False
                if not is_sound(told, proven):
                    continue  # it will be written anew, with its columns
                # its columns must fit what stands, should that turn out to be right
                own = _columns(*read(told, proven))
            elif cast is None:
                own = _columns(facts, evidence)
            else:
                own = cast.columns(tally, its)
            if rest != own:
                self.odd.append((who, date))
        return same and self._uses_all(casts, judged) and self._are_looked_at(plain, judged)

    def _uses_all(self, casts: Casts, judged: Mapping[str, Assessment]) -> bool:
        """Tell whether every touch and till line of the person counts for some day."""
        plain, sold = casts.plain[self._who], casts.sold[self._who]
        evidence = [day.evidence for day in judged.values()]
        touches = sum([2 for cast in plain.values() if cast.came])
        touches += sum([len(one["punches"]) for one in evidence])
        lines = sum([len(its.record_ids) for date, its in sold.items() if date in plain])
        lines += sum([len(one["sales"]) for one in evidence])
        held = sum([len(its.record_ids) for its in sold.values()])
        return (touches, lines) == (casts.touches.get(self._who, 0), held)

    def _are_looked_at(self, plain: Iterable[str], judged: Mapping[str, Assessment]) -> bool:
        """Tell whether the days are in the queue as judging leaves them there."""
        looks = self._looks
        if any(looks[date][0] > self._now_utc_ms for date in looks.keys() & plain):
            return False  # nothing is awaited, so it is out of the queue or due
        for date, day in judged.items():
            stands = looks.get(date)
            is_due = stands is not None and stands[0] <= self._now_utc_ms  # and is judged anyway
            if not is_due and stands != NextLook.after(day).columns:
                return False
        return True


def _columns(facts: Mapping[str, FactValue], evidence: dict[str, Any]) -> list[Any]:
    own = columns(facts, evidence)
    return [own[name] for name in _COLUMNS]
