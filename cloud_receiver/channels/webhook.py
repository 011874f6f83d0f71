"""Notices as signed HTTP POSTs to one address.

Each request carries ``Idempotency-Key`` (the notice id,
percent-encoded), ``X-Daka-Timestamp`` (Unix
seconds) and ``X-Daka-Signature``: ``sha256=`` and the hex HMAC-SHA256, under the shared
secret, of the timestamp, a full stop and the body. The receiver recomputes it and refuses
old timestamps.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import quote

import httpx
import msgspec

from cloud_receiver.channels.contract import PermanentError, RetryLaterError
from cloud_receiver.domain.notices import Notice
from sync.clock import Clock
from sync.errors import DakaError

MAX_RETRY_AFTER_S: Final = 3600
_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_BUSY: Final = frozenset({408, 425, 429, 502, 503, 504})
_MISCONFIGURED: Final = frozenset({401, 403, 404, 405, 407})  # the notices are not to blame
_MAX_QUOTED_CHARS: Final = 200


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the value of the signature header."""
    return "sha256=" + hmac.new(secret, f"{timestamp}.".encode() + body, "sha256").hexdigest()


def body_of(notice: Notice) -> bytes:
    """Return the JSON that is posted: the texts and the notice's document as ``data``."""
    return msgspec.json.encode(
        {
            "notice_id": notice.notice_id,
            "target": notice.target,
            "employee_id": notice.employee_id,
            "language": notice.language,
            "text": {"zh": notice.text_zh, "en": notice.text_en},
            "data": msgspec.Raw(notice.document.encode()),
        }
    )


class WebhookNotifier:
    """Posts each notice to one address over a kept connection."""

    channel = "webhook"

    def __init__(
        self, url: str, secret: bytes, clock: Clock, *, timeout: httpx.Timeout = _TIMEOUT
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise DakaError(f"webhook_url {url!r}: begin it with https:// or http://")
        assert secret, "an empty secret signs nothing"
        self._url = url
        self._secret = secret
        self._clock = clock
        self._client = httpx.Client(timeout=timeout)

    def send(self, notice: Notice) -> None:
        """POST the notice; any 2xx answer means the other side has it.

        Raises:
            RetryLaterError: no answer, a busy or broken server, or one that rejects our
                credentials or address, which the administrator can put right.
            PermanentError: the server refuses this very notice.
        """
        body = body_of(notice)
        timestamp = str(int(self._clock.now_utc().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": quote(notice.notice_id, safe="/#"),
            "X-Daka-Timestamp": timestamp,
            "X-Daka-Signature": signature(self._secret, timestamp, body),
        }
        try:
            answer = self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            detail = f"no answer from {self._url}: {type(error).__name__} {error}"
            raise RetryLaterError(detail, channel_wide=True) from error
        _check(answer)

    def close(self) -> None:
        """Close the kept connection."""
        self._client.close()


def _check(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    detail = f"HTTP {status}: {answer.text[:_MAX_QUOTED_CHARS]}"
    if status in _BUSY:
        asked = answer.headers.get("Retry-After", "")
        wait_s = min(int(asked), MAX_RETRY_AFTER_S) if asked.isascii() and asked.isdigit() else None
        raise RetryLaterError(detail, channel_wide=True, retry_after_s=wait_s)
    if status in _MISCONFIGURED or answer.is_redirect:
        raise RetryLaterError(f"{detail}; check webhook_url and its secret", channel_wide=True)
    if answer.is_server_error:
        raise RetryLaterError(detail)
    raise PermanentError(detail)
