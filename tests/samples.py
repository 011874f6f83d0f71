"""Records as boxes send them, for tests that need one of no particular kind."""

from __future__ import annotations

from sync.records import Punch

PUNCH = Punch(
    device_serial="A1",
    user_id="7",
    device_time="2026-11-23T08:59:59",
    state_code=255,
    verify_code=1,
    occurrence=0,
    workcode="",
    store_id="s001",
    driver="zkteco",
    received_at_utc="2026-11-23T01:00:02.120Z",
    boot_id="b",
    boottime_ms=5,
    clock_offset_ms=None,
)
