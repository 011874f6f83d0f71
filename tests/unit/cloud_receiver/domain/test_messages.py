"""Texts for people: filled from facts, never evaluated, never the same twice."""

from __future__ import annotations

from cloud_receiver.domain.messages import correction, fill
from cloud_receiver.domain.outcomes import Text


def _filled(template: str, **facts: int | str) -> str:
    return fill(Text(template, ""), facts, amount_fen=-1050, rate_bp=1050).zh


def test_units_become_what_people_read() -> None:
    assert _filled("{subsidy_fen}元", subsidy_fen=123_456) == "1,234.56元"
    assert _filled("{achievement_bp}%", achievement_bp=12_000) == "120%"
    assert _filled("{achievement_bp}%", achievement_bp=6_050) == "60.5%"
    assert _filled("{sales_qty_milli}件", sales_qty_milli=-1_250) == "-1.25件"
    assert _filled("{late_min}分钟", late_min=20) == "20分钟"


def test_amounts_have_no_sign_and_whole_yuan_may_be_short() -> None:
    assert _filled("{amount_yuan} {amount_yuan_short} {rate_pct}") == "10.50 10.50 10.5"
    whole = fill(Text("{amount_yuan}/{amount_yuan_short}", ""), {}, amount_fen=5000, rate_bp=0)
    assert whole.zh == "50.00/50"


def test_a_fact_cannot_smuggle_a_template() -> None:
    assert _filled("{store_id}", store_id="{late_min}") == "{late_min}"


def test_a_correction_names_both_amounts_and_its_number() -> None:
    rule = Text("迟到扣减", "Late arrival")
    text = correction(rule, "2026-11-02", before_fen=-1000, after_fen=0, number=1)
    assert text.zh == "2026-11-02 更正(第1次):迟到扣减由-10.00元改为0.00元,差额10.00元"
    assert "no. 1" in text.en
    again = correction(rule, "2026-11-02", before_fen=-1000, after_fen=0, number=3)
    assert again != text
