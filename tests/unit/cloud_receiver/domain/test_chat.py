"""What people write to the robot, and what is understood."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.chat import Intent, understand

TODAY = "2026-11-24"


@pytest.mark.parametrize(
    ("written", "intent", "work_date", "amount_fen", "rating_milli"),
    [
        ("我今天为什么扣了10元", Intent.WHY, TODAY, 1000, None),
        ("@打卡助手 昨天怎么少了 5.5 块?", Intent.WHY, "2026-11-23", 550, None),
        ("why -10 yuan on 11-20", Intent.WHY, "2026-11-20", 1000, None),
        ("12月30日为什么扣钱", Intent.WHY, "2025-12-30", None, None),
        ("2月30日为什么扣钱", Intent.WHY, TODAY, None, None),
        ("申诉 昨天 当时停电", Intent.APPEAL, "2026-11-23", None, None),
        ("Appeal: yesterday, no power", Intent.APPEAL, "2026-11-23", None, None),
        ("评价 王芳 5星 很热情", Intent.RATE, TODAY, None, 1000),
        ("rate E001 3 stars", Intent.RATE, TODAY, None, 600),
        ("你好", Intent.HELP, TODAY, None, None),
        ("", Intent.HELP, TODAY, None, None),
    ],
)
def test_a_message_is_understood(
    written: str, intent: Intent, work_date: str, amount_fen: int | None, rating_milli: int | None
) -> None:
    ask = understand(written, TODAY)
    assert (ask.intent, ask.work_date) == (intent, work_date)
    assert (ask.amount_fen, ask.rating_milli) == (amount_fen, rating_milli)


def test_the_rest_stays_in_the_writer_s_words() -> None:
    assert understand("申诉 昨天 当时停电", TODAY).text == "昨天 当时停电"
    assert understand("评价 王芳 5星 很热情", TODAY).text == "王芳   很热情"
