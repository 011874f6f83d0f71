"""One HTTP request to a service, its answer as a JSON object, its failures by what they mean."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from cloud_receiver.channels.contract import PermanentError, RetryLaterError

MAX_RETRY_AFTER_S: Final = 3600
TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_BUSY: Final = frozenset({408, 425, 429, 502, 503, 504})
_MISCONFIGURED: Final = frozenset({401, 403, 404, 405, 407})  # the notices are not to blame
_MAX_QUOTED_CHARS: Final = 200


def post(client: httpx.Client, url: str, **content: Any) -> httpx.Response:
    """POST and return the answer, whatever it says.

    Raises:
        RetryLaterError: see `ask`.
    """
    return ask(client, "POST", url, **content)


def ask(client: httpx.Client, method: str, url: str, **content: Any) -> httpx.Response:
    """Make a request and return the answer, whatever it says.

    Raises:
        RetryLaterError: there was no answer; it names the host, for an address holds secrets.
    """
    try:
        return client.request(method, url, **content)
    except httpx.HTTPError as error:
        host = urlsplit(url).netloc
        detail = f"no answer from {host}: {type(error).__name__} {error}"
        raise RetryLaterError(detail, channel_wide=True) from error


def check_status(answer: httpx.Response, what_to_check: str) -> None:
    """Raise what an HTTP status means.

    Raises:
        RetryLaterError: a busy or broken server, or one that rejects our credentials or
            address, which the administrator can put right.
        PermanentError: the server refuses this very request.
    """
    status = answer.status_code
    if answer.is_success:
        return
    detail = f"HTTP {status}: {answer.text[:_MAX_QUOTED_CHARS]}"
    if status in _BUSY:
        asked = answer.headers.get("Retry-After", "")
        wait_s = min(int(asked), MAX_RETRY_AFTER_S) if asked.isascii() and asked.isdigit() else None
        raise RetryLaterError(detail, channel_wide=True, retry_after_s=wait_s)
    if status in _MISCONFIGURED or answer.is_redirect:
        raise RetryLaterError(f"{detail}; check {what_to_check}", channel_wide=True)
    if answer.is_server_error:
        raise RetryLaterError(detail)
    raise PermanentError(detail)


def object_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object an answer holds.

    Raises:
        RetryLaterError: it holds none; something else than the service answers there.
    """
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        quoted = answer.text[:_MAX_QUOTED_CHARS]
        raise RetryLaterError(
            f"{answer.url.host} answered HTTP {answer.status_code} without a JSON object: {quoted!r}",
            channel_wide=True,
        )
    return document
