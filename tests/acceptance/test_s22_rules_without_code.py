"""S22, S37: a rule is a document; changing one goes through lint, history and a second person."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from cloud_receiver.domain.documents import Grant, Rule, parse_rule
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.store import drafts, tables
from cloud_receiver.store.drafts import DraftError, DraftState
from cloud_receiver.store.rulebook import shipped_rules
from tests.acceptance.conftest import Play, day_of

LATE = next(rule for rule in shipped_rules() if rule.id == "late_standard")


def _double(rule: Rule, first_date: str) -> Rule:
    """Return the standard rule with 20 % for the first tier."""
    row = msgspec.structs.replace(rule.rows[0], outcome=Grant(rate_bp=2000, of="subsidy_fen"))
    return msgspec.structs.replace(
        rule, rows=(row, *rule.rows[1:]), effective_from=first_date, examples=()
    )


def _propose(hq: Play, rule: Rule) -> int:
    def steps(connection) -> int:
        draft = drafts.save(connection, rule, "王经理", hq.now_utc_ms)
        tried = drafts.back_test(connection, rule, day_of(0), day_of(4))
        drafts.propose(connection, draft.draft_no, tried, hq.now_utc_ms)
        return draft.draft_no

    return int(hq.writing(steps))


@pytest.fixture
def week(hq: Play) -> Play:
    """Two people for two days, one late by ten minutes each."""
    on_time, late = hq.people(2)
    for number in (0, 1):
        hq.day(on_time, number)
        hq.day(late, number, came="09:10")
    hq.finish(2)
    return hq


def test_s22_a_rule_is_read_from_its_document_and_written_back_alike() -> None:
    assert parse_rule(LATE.to_json()) == LATE


def test_s37_raising_the_rate_is_tried_on_history_before_it_counts(week: Play) -> None:
    rule = _double(LATE, day_of(3))
    tried = week.reading(lambda c: drafts.back_test(c, rule, day_of(0), day_of(4)))
    assert (tried.days, tried.people, tried.winners, tried.losers) == (4, 2, 0, 1)
    assert (tried.before.deductions_fen, tried.after.deductions_fen) == (-2_000, -4_000)
    assert [(one.id, one.before_fen, one.after_fen) for one in tried.most_down] == [
        ("E02", -2_000, -4_000)
    ]
    assert [(one.id, one.after_fen - one.before_fen) for one in tried.stores] == [("S1", -2_000)]
    assert len(tried.examples) == 2
    assert [entry[3] for entry in week.ledger()] == [-1000, -1000], "trying books nothing"


def test_s37_a_second_person_approves_and_it_counts_from_its_first_date(week: Play) -> None:
    number = _propose(week, _double(LATE, day_of(3)))
    with pytest.raises(DraftError, match="second person"):
        week.writing(lambda c: drafts.approve(c, number, "王经理", week.now_utc_ms))
    rule = week.writing(lambda c: drafts.approve(c, number, "李总监", week.now_utc_ms))
    for day in (2, 3):
        week.day("E02", day, came="09:10")
    week.finish(4)
    assert [entry[3] for entry in week.ledger()] == [-1000, -1000, -1000, -2000]
    draft = week.reading(lambda c: drafts.of_number(c, number))
    assert (draft.state, draft.version) == (DraftState.PUBLISHED, rule.version)
    version = tables.rule_version.c
    said = week.reading(
        lambda c: c.execute(
            select(version.author, version.approver).where(version.version == rule.version)
        ).first()
    )
    assert tuple(said) == ("王经理", "李总监")
    assert "起生效:“迟到扣减”第2版" in week.told()


def test_announcements_of_the_same_minute_are_told_together_in_every_channel(week: Play) -> None:
    ways = ("console", "webhook")
    for first in (day_of(3), day_of(4)):
        number = _propose(week, _double(LATE, first))
        week.writing(
            lambda c, n=number: drafts.approve(c, n, "李总监", week.now_utc_ms, channels=ways)
        )
    told = tables.notice.c
    rows = week.reading(lambda c: c.execute(select(told.channel, told.text_zh)).all())
    for way in ways:
        texts = "\n".join(text for channel, text in rows if channel == way)
        assert "“迟到扣减”第2版" in texts
        assert "“迟到扣减”第3版" in texts


def test_the_past_counts_only_when_it_was_approved(week: Play) -> None:
    number = _propose(week, _double(LATE, day_of(0)))
    with pytest.raises(DraftError, match="approve the past"):
        week.writing(lambda c: drafts.approve(c, number, "李总监", week.now_utc_ms))
    week.writing(lambda c: drafts.approve(c, number, "李总监", week.now_utc_ms, retroactive=True))
    week.evaluate()
    assert [entry[3] for entry in week.ledger()] == [-2000, -2000]


def test_a_rule_with_a_dead_row_cannot_be_proposed(week: Play) -> None:
    dead = msgspec.structs.replace(LATE.rows[0], id="dead", text=Text("行", "row"))
    rule = msgspec.structs.replace(
        LATE, rows=(*LATE.rows, dead), effective_from=day_of(5), examples=()
    )
    with pytest.raises(DraftError, match="never decide"):
        _propose(week, rule)
