"""What people are told of points, tags and tasks: the ledger knows only money."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from cloud_receiver.domain.notices import Item, News, Target, TargetKind
from cloud_receiver.domain.outcomes import Outcome, Text

Change = tuple[Outcome | None, Outcome | None]
"""An outcome as it was and as it is; None: there was or is none."""


def news_of_grants(changes: Iterable[Change], now_utc_ms: int) -> list[News]:
    """Return the news of outcomes whose points, tag or task changed and that move no money.

    What comes with money is told with the money.

    Args:
        now_utc_ms: with what is granted it makes the notices of one outcome differ.
    """
    news = []
    for before, after in changes:
        one = after or before
        assert one is not None, "a change has a side"
        moves_money = bool((before and before.amount_fen) or (after and after.amount_fen))
        if moves_money or _grants(before) == _grants(after):
            continue
        item = Item(
            key=one.outcome_key,
            notice_id=f"{one.outcome_key}#{now_utc_ms}-{_told_apart(after)}",
            number=0,
            rule=one.explanation.rule,
            message=after.explanation.message if after and any(_grants(after)) else _taken(one),
            work_date=one.work_date,
            before_fen=0,
            after_fen=0,
            document={
                "kind": "grant",
                "employee_id": one.employee_id,
                "store_id": one.store_id,
                "work_date": one.work_date,
                "rule_id": one.rule_id,
                "rule_version": one.rule_version,
                "half_points": after.half_points if after else 0,
            },
            is_plain=True,
        )
        news.append(News(Target(TargetKind.PERSON, one.employee_id), (item,)))
    return news


def _grants(one: Outcome | None) -> tuple[int, Text | None, Text | None]:
    return (one.half_points, one.tag, one.task) if one else (0, None, None)


def _told_apart(one: Outcome | None) -> str:
    return sha256(repr(_grants(one)).encode()).hexdigest()[:8]


def _taken(one: Outcome) -> Text:
    rule = one.explanation.rule
    return Text(
        zh=f"{one.work_date} 更正:“{rule.zh}”不再适用",
        en=f'{one.work_date} correction: "{rule.en}" no longer applies',
    )
