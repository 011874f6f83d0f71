"""Notices as signed HTTP POSTs to one address.

Each request carries ``Idempotency-Key`` (the notice id,
percent-encoded), ``X-Daka-Timestamp`` (Unix seconds), ``X-Daka-Nonce`` (new for every
request) and ``X-Daka-Signature``: ``sha256=`` and the hex HMAC-SHA256, under the shared
secret, of timestamp, nonce and body, a full stop between them. The receiver recomputes it,
refuses timestamps older than `MAX_AGE_S` and nonces it has seen within that time.
"""

from __future__ import annotations

import hmac
from secrets import token_hex
from typing import Final
from urllib.parse import quote

import httpx
import msgspec

from cloud_receiver.channels.posting import TIMEOUT, check_status, post
from cloud_receiver.domain.notices import Notice
from sync.clock import Clock
from sync.errors import DakaError

MAX_AGE_S: Final = 300
"""How old a signed request may be before a receiver takes it for a replay."""


def signature(secret: bytes, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the value of the signature header."""
    signed = f"{timestamp}.{nonce}.".encode() + body
    return "sha256=" + hmac.new(secret, signed, "sha256").hexdigest()


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


def post_signed(
    client: httpx.Client, url: str, secret: bytes, clock: Clock, *, key: str, body: bytes,
    where: str,
) -> None:  # fmt: skip
    """POST a JSON body with its signature; any 2xx answer means the other side has it.

    Args:
        key: names the content; the same content sent again has the same.
        where: what to check when the other side refuses us altogether.

    Raises:
        RetryLaterError: no answer, a busy or broken server, or one that rejects our
            credentials or address, which the administrator can put right.
        PermanentError: the server refuses this very content.
    """
    timestamp, nonce = str(int(clock.now_utc().timestamp())), token_hex(16)
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": quote(key, safe="/#"),
        "X-Daka-Timestamp": timestamp,
        "X-Daka-Nonce": nonce,
        "X-Daka-Signature": signature(secret, timestamp, nonce, body),
    }
    check_status(post(client, url, content=body, headers=headers), f"{where} and its secret")


class WebhookNotifier:
    """Posts each notice to one address over a kept connection."""

    channel = "webhook"

    def __init__(
        self, url: str, secret: bytes, clock: Clock, *, timeout: httpx.Timeout = TIMEOUT
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
        post_signed(
            self._client, self._url, self._secret, self._clock,
            key=notice.notice_id, body=body_of(notice), where="webhook_url",
        )  # fmt: skip

    def close(self) -> None:
        """Close the kept connection."""
        self._client.close()
