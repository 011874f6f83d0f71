"""The settings page: the attendance policy in force, number by number."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import Browser, expect

from cloud_receiver.domain.results import Policy
from cloud_receiver.domain.templates import ShiftTemplate, part
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import policies, shifts
from cloud_receiver.store.engine import write
from tests.browser.conftest import DESKTOP, PHONE, Headquarters, Witness, looking, shot
from tests.browser.looks import overflow_px, spilling, violations
from tests.browser.seeding import LOGIN, NOW


def test_the_policy_is_read_in_both_languages_at_a_desk_and_on_a_phone(
    browser: Browser, headquarters: Headquarters, witness: Witness
) -> None:
    with write(headquarters.engine) as connection:
        mild = replace(Policy(), serious_late_min=20)
        policies.put(connection, mild, "2026-11-01", LOGIN, utc_ms(NOW))
        later = replace(mild, absent_late_min=120, overtime_min=30)
        policies.put(connection, later, "2026-12-01", LOGIN, utc_ms(NOW))
        hours = part("早", "09:00", "18:00", grace_min=5, on_after_min=180)
        shifts.put(connection, ShiftTemplate("早", "早班", (hours,)), LOGIN, utc_ms(NOW))
    for language, told in (("zh", "今天按第 1 版判定"), ("en", "Today is judged by version 1")):
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            with looking(browser, headquarters.url, witness, language, size) as page:
                page.goto(f"{headquarters.url}/settings")
                expect(page.locator('[data-key="policy"]')).to_contain_text(told)
                page.locator('[data-key="policy"] summary').click()
                shot(page, f"settings-policy-{language}-{name}")
                assert overflow_px(page) <= 0
                assert spilling(page) == []
                assert violations(page) == []
