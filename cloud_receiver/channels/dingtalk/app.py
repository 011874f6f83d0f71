"""DingTalk's server API as an organisation's own app uses it: one token, kept; every call counted.

Two hosts: oapi.dingtalk.com with the token in the address (old calls, ``errcode``) and
api.dingtalk.com with it in a header (new calls). Both take the token of
``/v1.0/oauth2/accessToken``, which lives 7,200 s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, Self

import httpx

from cloud_receiver.channels.contract import RetryLaterError
from cloud_receiver.channels.dingtalk.errors import StaleTokenError, check, check_new
from cloud_receiver.channels.pace import Pace
from cloud_receiver.channels.posting import TIMEOUT, ask, object_of, post
from sync.clock import Clock

OLD_HOST: Final = "https://oapi.dingtalk.com"
NEW_HOST: Final = "https://api.dingtalk.com"
CALLS_A_SECOND: Final = 20
"""Of one app on one interface; we keep below it over all interfaces together."""
_RENEW_BEFORE_S: Final = 300


class DingTalkApp:
    """Calls DingTalk; used by several threads.

    Args:
        count: told of every metered call before it is made.
        rest: waits so many seconds, where somebody waits for many calls.
    """

    def __init__(
        self,
        app_key: str,
        app_secret: str,
        clock: Clock,
        *,
        endpoint: str = "",
        count: Callable[[], None] = lambda: None,
        rest: Callable[[float], None] = time.sleep,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._key, self._secret = app_key, app_secret
        self._old, self._new = endpoint or OLD_HOST, endpoint or NEW_HOST
        self._clock = clock
        self._count = count
        self._rest = rest
        self._client = httpx.Client(timeout=timeout)
        self._lock = threading.Lock()
        self._pace = Pace(CALLS_A_SECOND, 1.0, clock)
        self._token, self._token_until_s = "", float("-inf")

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def wait_s(self) -> float:
        """Return 0.0 when a call may be made now and take its place; else how long to wait."""
        with self._lock:
            return self._pace.take()

    def in_turn(self) -> Self:
        """Wait until a call may be made, and take its place: for whoever reads much in a row."""
        while wait_s := self.wait_s():
            self._rest(wait_s)
        return self

    def old(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """Make an old call.

        Raises:
            RetryLaterError, PermanentError: see `errors.check`.
        """

        def call(token: str) -> dict[str, Any]:
            url = f"{self._old}{path}"
            answer = post(self._client, url, params={"access_token": token}, json=document)
            found = object_of(answer)
            check(found)
            return found

        return self._with_token(call)

    def new(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """Make a new call.

        Raises:
            RetryLaterError, PermanentError: see `errors.check_new`.
        """

        def call(token: str) -> dict[str, Any]:
            headers = {"x-acs-dingtalk-access-token": token}
            answer = post(self._client, f"{self._new}{path}", headers=headers, json=document)
            found = object_of(answer)
            check_new(answer.status_code, found)
            return found

        return self._with_token(call)

    def fetch(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        """Make a new call that only reads.

        Raises:
            RetryLaterError, PermanentError: see `errors.check_new`.
        """

        def call(token: str) -> dict[str, Any]:
            headers = {"x-acs-dingtalk-access-token": token}
            answer = ask(self._client, "GET", f"{self._new}{path}", headers=headers, params=params)
            found = object_of(answer)
            check_new(answer.status_code, found)
            return found

        return self._with_token(call)

    def _with_token(self, call: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Make a call; a token that holds no more is renewed once."""
        token = self._fresh_token()
        self._count()
        try:
            return call(token)
        except StaleTokenError:
            with self._lock:
                if self._token == token:
                    self._token_until_s = float("-inf")
        token = self._fresh_token()
        self._count()
        return call(token)

    def _fresh_token(self) -> str:
        with self._lock:
            now_s = self._clock.monotonic_s()
            if now_s >= self._token_until_s:
                wanted = {"appKey": self._key, "appSecret": self._secret}
                answer = post(self._client, f"{self._new}/v1.0/oauth2/accessToken", json=wanted)
                found = object_of(answer)
                if answer.status_code in (400, 401, 403) or "accessToken" not in found:
                    raise RetryLaterError(
                        f"DingTalk gives no access token (HTTP {answer.status_code} "
                        f"{found.get('code', '')}: {found.get('message', '')}); "
                        "check app_key and app_secret_file",
                        channel_wide=True,
                    )
                self._token = str(found["accessToken"])
                lives_s = int(found.get("expireIn", 0))
                self._token_until_s = now_s + max(lives_s - _RENEW_BEFORE_S, lives_s // 2)
            return self._token
