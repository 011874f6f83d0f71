"""What a box answers is told in Chinese too; what nobody knows is shown as it came."""

from __future__ import annotations

import pytest

from cloud_receiver.web.box_answers import answer_text
from cloud_receiver.web.texts import Language
from sync.control import refusal_of


@pytest.mark.parametrize(
    ("sentence", "zh"),
    [
        ("it expired at 2026-11-23T02:20:00.000Z", "过期未做,期限是 2026-11-23T02:20:00.000Z(UTC)"),
        ("no device '前台' on this box; there is 收银", "这个盒子上没有设备“前台”,有的是:收银"),
        ("前台 was read again: 3 records were new", "“前台”已重读,新增 3 条记录"),
        ("12 records of lane sale sent again", "已重传 12 条销售记录"),
        ("9..3 is no range", "从 9 到 3 不是有效的编号范围"),
        ("lane punch ends at 47", "打卡记录的编号只到 47"),
        ("records up to 9 of lane bulk have left the box", "编号 9 及以前的其他记录已不在盒子里"),
        ("the box did not answer before the command expired", "盒子在期限之前没有回应"),
        ("a sentence of tomorrow", "a sentence of tomorrow"),
    ],
)
def test_what_a_box_says_is_told(sentence: str, zh: str) -> None:
    assert answer_text(sentence, Language.ZH) == zh
    assert answer_text(sentence, Language.EN) == sentence


@pytest.mark.parametrize("settings", [{"password": 1}, {"poll_s": -1}, {"heartbeat_s": "x"}])
def test_a_refused_setting_is_told_as_headquarters_itself_would(settings: dict[str, int]) -> None:
    refusal = refusal_of(settings)
    assert refusal is not None
    assert answer_text(refusal.en, Language.ZH) == refusal.zh
