"""S17: what customers say in DingTalk groups counts for the person they name."""

from __future__ import annotations

import pytest

from cloud_receiver.conversation import Heard, reply
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.store import feedback
from tests.acceptance.conftest import MONDAY, Play
from tests.integration.evaluate.conftest import ZONE


@pytest.mark.parametrize("said", ["服务态度好", "产品讲解详细"])
def test_s17_a_customer_s_words_are_kept_for_the_day_and_the_person(hq: Play, said: str) -> None:
    (who,) = hq.people(1)
    hq.day(who, 0)
    heard = Heard(
        channel="dingtalk", msg_id="m1", text=f"@助手 评价 {who} 5星 {said}", employee_id=None,
        author="dingtalk:顾客", store_id="S1",
        said_utc_ms=local_to_utc_ms(f"{MONDAY}T15:00", ZONE),
    )  # fmt: skip
    for _ in range(2):  # pushed twice, kept once
        answer = hq.writing(lambda c: reply(c, heard, (), hq.now_utc_ms))
        assert "已记录" in answer.text
    hq.evaluate()
    found = hq.reading(lambda c: feedback.of_days(c, [who], MONDAY, MONDAY))
    assert [one.count for one in found.values()] == [1]
