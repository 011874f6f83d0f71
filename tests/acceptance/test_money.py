"""The money half of what the seed and users ask for, each under its number (hq.md 1a, 1b)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud_receiver.domain.appeals import State
from cloud_receiver.exchange import statement_files
from cloud_receiver.store import (
    appeals,
    balances,
    personal_file,
    reports,
    rule_health,
    statement,
    tables,
)
from cloud_receiver.store.account_statement import account_statement, sign
from cloud_receiver.store.closing import close_of, close_period, payroll_paid
from cloud_receiver.store.verification import verify_all
from cloud_receiver.store.why import why
from cloud_receiver.store.withdrawals import available_fen, settle_withdrawal, withdraw
from sync.errors import DakaError
from tests.integration.evaluate.conftest import Headquarters

MONDAY, TUESDAY = "2026-11-23", "2026-11-24"
NOVEMBER = "2026-11"


@pytest.fixture
def hq(hq_engine: Engine) -> Headquarters:
    """Two stores, the shipped rules, and a person of the first with a badge and a till code."""
    headquarters = Headquarters(hq_engine)
    headquarters.organise()
    headquarters.publish_rules()
    headquarters.bind("1001", "E1")
    headquarters.bind_seller("P01", "E1")
    return headquarters


def _day(hq, arrival: str = "08:55:00", date: str = MONDAY) -> list[str]:
    ids = hq.journal(hq.punch("1001", f"{date}T{arrival}"), hq.punch("1001", f"{date}T18:02:00"))
    hq.feed_complete(f"{date}T23:59")
    hq.at(f"{date}T23:30")
    return ids


def _balance(hq, who: str = "E1") -> dict[str, int]:
    own = hq.reading(lambda c: balances.of_people(c, [who])).get(who, {})
    return {account: fen for account, fen in own.items() if fen}


def _told(hq, target_id: str = "E1") -> list[str]:
    note = tables.notice.c
    query = select(note.text_zh).where(note.target_id == target_id).order_by(note.notice_no)
    return hq.reading(lambda c: list(c.scalars(query)))


def _entries(hq) -> list[Any]:
    query = select(tables.ledger).order_by(tables.ledger.c.entry_no)
    return hq.reading(lambda c: list(c.execute(query)))


def _late_and_met(hq) -> list[str]:
    """Twenty minutes late, and the day's target met at eleven."""
    hq.roster("E1", MONDAY)
    hq.journal(hq.sale("P01", f"{MONDAY}T11:00:00", 10_000))
    return _day(hq, "09:20:00")


def test_s12_amounts_are_computed_from_attendance_and_sales(hq) -> None:
    _late_and_met(hq)
    assert hq.ledger() == [
        ("late_standard", "E1", MONDAY, -1000),
        ("target_instant", "E1", MONDAY, 5000),
    ]
    assert _balance(hq) == {"instant": 5000, "subsidy": -1000}


def test_s13_payroll_gets_the_month_and_the_next_one_gets_the_corrections(hq) -> None:
    _late_and_met(hq)
    hq.at("2026-12-01T09:00")
    hq.writing(lambda c: close_period(c, NOVEMBER, "wang", hq.now_utc_ms))
    closed = hq.reading(lambda c: close_of(c, NOVEMBER))
    assert [(one.employee_id, one.subsidy_fen) for one in closed.payments] == [("E1", -1000)]
    hq.writing(lambda c: payroll_paid(c, NOVEMBER, "wang", hq.now_utc_ms))
    hq.journal(hq.punch("1001", f"{MONDAY}T08:52:00"))  # the offline punch, a week late
    hq.evaluate()
    last = next(row for row in reversed(_entries(hq)) if row.rule_id == "late_standard")
    assert (last.amount_fen, last.period, last.for_period) == (1000, "2026-12", NOVEMBER)
    assert hq.reading(lambda c: list(verify_all(c).troubles)) == []


def test_s14_twenty_minutes_late_is_ten_yuan_and_the_message_says_so(hq) -> None:
    hq.roster("E1", MONDAY)
    _day(hq, "09:20:00")
    (text,) = _told(hq)
    assert text.startswith(f"{MONDAY} 您今日迟到20分钟,扣减10%补贴(10.00元)(11-23 ")


def test_s24_what_is_earned_waits_in_the_pending_account(hq) -> None:
    hq.roster("E1", MONDAY, target_fen=10_000)
    hq.journal(hq.sale("P01", f"{MONDAY}T11:00:00", 10_000))
    _day(hq)
    assert _balance(hq)["pending"] == 5000  # full attendance and target
    hq.at("2026-12-01T09:00")
    hq.writing(lambda c: close_period(c, NOVEMBER, "wang", hq.now_utc_ms))
    hq.writing(lambda c: payroll_paid(c, NOVEMBER, "wang", hq.now_utc_ms))
    assert "pending" not in _balance(hq)
    assert _balance(hq)["paid"] == 5000


def test_s25_the_person_is_told_of_every_award_and_never_twice_in_the_same_words(hq) -> None:
    for date in (MONDAY, TUESDAY):
        hq.roster("E1", date)
        hq.at(f"{date}T10:59")
        hq.journal(hq.sale("P01", f"{date}T11:00:00", 10_000))
        hq.at(f"{date}T11:01")
    texts = _told(hq)
    assert len(texts) == len(set(texts)) == 2
    assert all("50" in text for text in texts)


def test_s26_the_group_of_the_store_reads_the_list_of_awards(hq) -> None:
    _late_and_met(hq)
    (text,) = _told(hq, "S1")
    assert "王芳" in text
    assert "+50.00元" in text
    assert "迟到" not in text, "a deduction is nobody else's business"


def test_s33_the_instant_account_can_be_withdrawn_from_at_any_time(hq) -> None:
    _late_and_met(hq)
    assert hq.reading(lambda c: available_fen(c, "E1")) == 5000
    hq.writing(lambda c: withdraw(c, "E1", 5000, "w1", hq.now_utc_ms))
    with pytest.raises(DakaError, match=r"up to 0\.00"):
        hq.writing(lambda c: withdraw(c, "E1", 100, "w2", hq.now_utc_ms))
    hq.writing(lambda c: settle_withdrawal(c, "w1", hq.now_utc_ms, paid=True))
    hq.clock.now = hq.clock.now.replace(second=30)
    hq.journal(hq.sale("P01", f"{MONDAY}T12:00:00", -1, line_kind="refund"))
    hq.evaluate()
    assert _balance(hq) == {"paid": 5000, "carry_forward": -5000, "subsidy": -1000}


def test_s34_the_long_term_file_keeps_money_points_tags_tasks_and_appeals(hq) -> None:
    _late_and_met(hq)
    kept = hq.reading(lambda c: personal_file.personal_file(c, "E1", hq.now_utc_ms))
    (month,) = kept.months
    assert (month.period, month.rewards_fen, month.deductions_fen) == (NOVEMBER, 5000, -1000)
    assert (month.judged_days, month.late_days) == (1, 1)
    assert kept.appeals == ()


def test_s37_what_a_rule_does_is_there_to_change_it_by(hq) -> None:
    _late_and_met(hq)
    stretch = reports.Stretch(first=f"{NOVEMBER}-01", last=f"{NOVEMBER}-30")
    rows = [("late_standard", row) for row in ("late", "serious_late", "very_late", "half_day")]
    (late,) = hq.reading(lambda c: rule_health.row_hits(c, stretch, rows))
    assert (late.hits, late.people, late.amount_fen) == (1, 1, -1000)
    assert hq.reading(lambda c: rule_health.row_doubts(c, stretch)) == {}
    entry_id = f"late_standard/E1/{MONDAY}#1"
    one = hq.writing(lambda c: appeals.open_for_entry(c, entry_id, "E1", "地铁故障", hq.now_utc_ms))
    hq.writing(lambda c: appeals.decide(
        c, one.appeal_id, State.REVERSED, "wang", "属实", hq.now_utc_ms))  # fmt: skip
    doubts = hq.reading(lambda c: rule_health.row_doubts(c, stretch))
    assert doubts == {("late_standard", late.row_id): rule_health.Doubts(appeals=1, changed=1)}


def test_u15_returns_create_a_negative_entry_that_names_the_award(hq) -> None:
    hq.roster("E1", MONDAY)
    hq.journal(hq.sale("P01", f"{MONDAY}T11:00:00", 10_000))
    hq.at(f"{MONDAY}T11:01")
    hq.journal(hq.sale("P01", f"{MONDAY}T11:02:00", -1, line_kind="refund"))
    hq.evaluate()
    award, negative = [row for row in _entries(hq) if row.rule_id == "target_instant"]
    assert (award.amount_fen, negative.amount_fen, negative.adjusts) == (
        5000,
        -5000,
        award.entry_id,
    )
    assert _balance(hq) == {}


def test_u16_an_appeal_holds_the_amount_until_a_person_decides(hq) -> None:
    hq.roster("E1", MONDAY)
    _day(hq, "09:20:00")
    one = hq.writing(lambda c: appeals.open_for_entry(
        c, f"late_standard/E1/{MONDAY}#1", "E1", "地铁故障,有证明", hq.now_utc_ms))  # fmt: skip
    assert _balance(hq) == {"held": -1000}
    hq.writing(lambda c: appeals.decide(
        c, one.appeal_id, State.REVERSED, "wang", "地铁公告属实", hq.now_utc_ms))  # fmt: skip
    assert _balance(hq) == {}
    seen = hq.reading(lambda c: why(c, _entries(hq)[-1].entry_id))
    assert seen.appeals[0].state is State.REVERSED
    assert "地铁公告属实" in seen.sentence.zh
    assert {record.kind for record in seen.records} == {"punch"}


def test_u18_what_cannot_be_paid_is_carried_forward_and_never_a_negative_payment(hq) -> None:
    hq.roster("E1", MONDAY, target_fen=10_000)
    hq.journal(hq.sale("P01", f"{MONDAY}T11:00:00", 10_000))
    _day(hq)
    hq.at("2026-12-01T09:00")
    hq.writing(lambda c: close_period(c, NOVEMBER, "wang", hq.now_utc_ms))
    hq.journal(hq.sale("P01", f"{MONDAY}T17:00:00", -1, line_kind="refund"))
    hq.evaluate()
    hq.at("2027-01-01T09:00")
    closed = hq.writing(lambda c: close_period(c, "2026-12", "wang", hq.now_utc_ms))
    (payment,) = closed.payments
    assert (payment.bonus_fen, payment.carried_forward_fen) == (0, -5000)


def test_u21_a_closed_month_stays_closed(hq) -> None:
    _late_and_met(hq)
    hq.at("2026-12-01T09:00")
    hq.writing(lambda c: close_period(c, NOVEMBER, "wang", hq.now_utc_ms))
    before = [row for row in _entries(hq) if row.period == NOVEMBER]
    hq.journal(hq.punch("1001", f"{MONDAY}T08:52:00"))
    hq.evaluate()
    assert [row for row in _entries(hq) if row.period == NOVEMBER] == before
    with pytest.raises(DakaError, match="stays so"):
        hq.writing(lambda c: close_period(c, NOVEMBER, "wang", hq.now_utc_ms))


def test_u22_each_gets_an_itemised_list_and_signs_it(hq) -> None:
    ids = _late_and_met(hq)
    shown = hq.reading(lambda c: account_statement(c, "E1", NOVEMBER))
    rows = list(csv.reader(io.StringIO(statement_files.to_csv(shown, "zh").decode("utf-8-sig"))))
    late = next(row for row in rows if row[6:7] == ["迟到扣减"])
    assert late[5] == "-10.00"
    assert ids[0] in late[8], "down to the raw record"
    assert "迟到分钟 20" in late[8]
    signed = hq.writing(lambda c: sign(
        c, "E1", NOVEMBER, shown.content_sha256, "E1", "page", hq.now_utc_ms))  # fmt: skip
    assert signed.signatures[0].is_current


def test_every_kind_of_entry_leads_down_to_raw_records(hq) -> None:
    ids = set(_late_and_met(hq))
    hq.writing(lambda c: withdraw(c, "E1", 2000, "w1", hq.now_utc_ms))
    hq.writing(lambda c: settle_withdrawal(c, "w1", hq.now_utc_ms, paid=True))
    hq.at("2026-12-01T09:00")
    hq.writing(lambda c: close_period(c, NOVEMBER, "wang", hq.now_utc_ms))
    hq.writing(lambda c: payroll_paid(c, NOVEMBER, "wang", hq.now_utc_ms))
    found = {row.entry_id: row.kind for row in _entries(hq)}
    assert set(found.values()) == {"outcome", "withdrawal", "close", "payroll"}
    for entry_id, kind in found.items():
        seen = hq.reading(lambda c, entry_id=entry_id: why(c, entry_id))
        assert seen.sentence.zh
        assert seen.sentence.en
        assert seen.lost == ()
        assert seen.records, entry_id
        if kind == "payroll" or entry_id.endswith("subsidy#1"):
            assert {record.record_id for record in seen.records} >= ids
    assert hq.reading(lambda c: statement.entries(c, statement.Selection(), 100))
