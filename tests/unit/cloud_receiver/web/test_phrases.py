"""Amounts, times and bytes as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cloud_receiver.web.evidence import offset_text
from cloud_receiver.web.phrases import (
    ago,
    date_text,
    fact_text,
    local_time,
    money,
    signed_yuan,
    span,
)
from cloud_receiver.web.rawbytes import hex_listing, readable_text
from cloud_receiver.web.texts import Language
from cloud_receiver.web.visit import own_address

NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)


def test_an_amount_has_its_sign_two_decimals_and_its_colour() -> None:
    assert [signed_yuan(fen) for fen in (5_000, -1_000, 0)] == ["+50.00", "-10.00", "0.00"]
    assert "good" in money(1)
    assert "bad" in money(-1)
    assert "muted" in money(0)


def test_times_are_those_of_the_store() -> None:
    at = int(NOW.timestamp() * 1000)
    assert local_time(at, "Asia/Shanghai") == "10:20"
    assert local_time(at, "Europe/Berlin") == "03:20"
    assert date_text("2026-11-23", Language.ZH) == "11月23日 周一"
    assert date_text("2026-11-23", Language.EN) == "Mon 23 Nov"


@pytest.mark.parametrize(
    ("seconds", "zh"),
    [(0, "刚刚"), (59, "59 秒前"), (60, "1 分钟前"), (3_600, "1 小时前"), (3 * 86_400, "3 天前")],
)
def test_an_age_has_the_unit_that_matters(seconds: int, zh: str) -> None:
    then = NOW - timedelta(seconds=seconds)
    assert ago(int(then.timestamp() * 1000), NOW, Language.ZH) == zh
    assert ago(None, NOW, Language.EN) == "never"


def test_a_span_has_at_most_two_units() -> None:
    assert span(0.4, Language.EN) == "0.4 s"
    assert span(-65, Language.ZH) == "1 分 5 秒"
    assert span(7_265, Language.EN) == "2 h 1 min"
    assert span(0, Language.EN) == "0 s"


def test_a_clock_is_fast_slow_right_or_unknown() -> None:
    told = [offset_text(ms, Language.EN) for ms in (95_000, -1_400, 300, None)]
    assert told == ["1 min 35 s fast", "1.4 s slow", "exact", "not measured"]


def test_facts_carry_their_units() -> None:
    assert fact_text("late_min", 20, Language.ZH, {}) == "20 分钟"
    assert fact_text("achievement_bp", 12_050, Language.EN, {}) == "120.5%"
    assert fact_text("target_met", True, Language.ZH, {}) == "是"
    assert fact_text("subsidy_fen", 10_000, Language.EN, {}) == "100.00 yuan"
    assert fact_text("sales_qty_milli", 1_500, Language.EN, {}) == "1.5 units"
    assert fact_text("status", "Late", Language.ZH, {"Late": "迟到"}) == "迟到"


def test_bytes_are_spelled_out() -> None:
    assert readable_text("迟到\x00".encode() + b"\xff\n") == "迟到\\x00\\xff\n"
    listing = hex_listing(b"AB" + bytes(15)).split("\n")
    assert listing[0].startswith("0000  41 42 00")
    assert listing[0].endswith("AB..............")
    assert listing[1].startswith("0010  00")


@pytest.mark.parametrize("address", ["//evil.example", "https://x", "/\\evil", "", "/a\nb", "x"])
def test_only_addresses_of_this_site_are_gone_back_to(address: str) -> None:
    assert own_address(address) == "/"
    assert own_address("/ledger?person=E1") == "/ledger?person=E1"
