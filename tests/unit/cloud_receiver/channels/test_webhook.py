"""The webhook's signature and body, by known answers anyone can recompute."""

from __future__ import annotations

import json

import pytest

from cloud_receiver.channels.notifier import delay_before_s
from cloud_receiver.channels.webhook import WebhookNotifier, body_of, signature
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from sync.clock import SystemClock
from sync.errors import DakaError

NOTICE = Notice(
    notice_id="late/E1/2026-11-02#1",
    target=Target(TargetKind.PERSON, "E1"),
    text_zh="迟到",
    text_en="late",
    document='{"after_fen":-1000}',
)


def test_the_signature_is_what_openssl_computes() -> None:
    """printf '1790000000.abc.{}' | openssl dgst -sha256 -hmac secret"""
    assert (
        signature(b"secret", "1790000000", "abc", b"{}")
        == "sha256=ed3524e1c03ff3f5bce5a50ab1715cb807c75c4007ba101acba1ef779a06a74d"
    )


def test_the_body_carries_both_texts_and_the_document() -> None:
    assert json.loads(body_of(NOTICE)) == {
        "notice_id": "late/E1/2026-11-02#1",
        "target": {"kind": "person", "id": "E1"},
        "employee_id": "E1",
        "language": "zh",
        "text": {"zh": "迟到", "en": "late"},
        "data": {"after_fen": -1000},
    }


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(DakaError, match="begin it with https"):
        WebhookNotifier("example.com/daka", b"secret", SystemClock.of_this_boot())


def test_waiting_grows_to_ten_minutes_and_never_ends_before_we_were_asked() -> None:
    delays_s = [delay_before_s(attempt) for attempt in range(2, 30)]
    assert 1 <= delays_s[0] <= 2
    assert delays_s[5] >= 32
    assert all(delay_s <= 600 for delay_s in delays_s)
    assert delay_before_s(2, retry_after_s=90) == 90
