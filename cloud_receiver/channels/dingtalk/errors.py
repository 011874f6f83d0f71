"""DingTalk's error codes by what they mean for a message.

Sources: open.dingtalk.com, "global error codes" and the pages of the calls. Old calls answer
HTTP 200 with ``errcode``/``errmsg`` (``sub_code``), new ones an HTTP status with ``code``.
"""

from __future__ import annotations

from typing import Any, Final

from cloud_receiver.channels.contract import PermanentError, RetryLaterError

TOKEN_CODES: Final = frozenset({"40001", "40014", "42001", "InvalidAuthentication"})
TOO_FAST: Final = 130101
ROBOT_REST_S: Final = 600
QUOTA_REST_S: Final = 3600
PERMISSION_REST_S: Final = 600
_NO_SUCH_USER: Final = frozenset({33012, 40003, 40031, 60121})
_TOO_LONG: Final = frozenset({40035, 460101})


class StaleTokenError(RetryLaterError):
    """The access token holds no more; a new one has to be fetched."""


def check(answer: dict[str, Any]) -> None:
    """Raise what an old call's answer, or a robot's, means; 0 is well.

    Raises:
        RetryLaterError: not now, or not until the administrator put something right.
        PermanentError: it cannot be sent to this person, or not as it is.
    """
    code = answer.get("errcode", 0)
    if code == 0:
        return
    sub_code = str(answer.get("sub_code") or answer.get("subcode") or "")
    told = f"DingTalk {code}{f'/{sub_code}' if sub_code else ''}: {answer.get('errmsg', '')}"
    if str(code) in TOKEN_CODES or sub_code in TOKEN_CODES:
        raise StaleTokenError(told, channel_wide=True)
    if code == TOO_FAST:
        raise RetryLaterError(told, retry_after_s=ROBOT_REST_S, keeps=True)
    if code == 310000:
        raise RetryLaterError(
            f"{told}; check the robot's secret, keyword and permitted addresses, and this clock"
        )
    if code == 300001:
        raise RetryLaterError(f"{told}; check the robot's token_file")
    if code == 90020:
        raise _quota(told)
    if code == 90018 or sub_code in ("90018", "90002", "90006"):
        raise RetryLaterError(told, channel_wide=True, retry_after_s=1, keeps=True)
    if code == 60011 or sub_code == "60011":
        raise _permission(told)
    if code in _NO_SUCH_USER or code in _TOO_LONG:
        raise PermanentError(told)
    raise RetryLaterError(told)  # -1 busy, and what nobody has seen: given up after days, visibly


def check_new(status: int, answer: dict[str, Any]) -> None:
    """Raise what a new call's answer means.

    Raises:
        RetryLaterError, PermanentError: as `check`.
    """
    if 200 <= status < 300:
        return
    code = str(answer.get("code", ""))
    told = f"DingTalk HTTP {status} {code}: {answer.get('message', '')}"
    if code in TOKEN_CODES or status == 401:
        raise StaleTokenError(told, channel_wide=True)
    if "90020" in code or "quota" in code.lower():
        raise _quota(told)
    if "Qps" in code or status == 429:
        raise RetryLaterError(told, channel_wide=True, retry_after_s=1, keeps=True)
    if status == 403:
        raise _permission(told)
    if status >= 500:
        raise RetryLaterError(told)
    raise PermanentError(told)


def _quota(told: str) -> RetryLaterError:
    return RetryLaterError(
        f"{told}; the month's metered calls are used up, messages wait for the next month "
        "or a larger edition",
        channel_wide=True,
        retry_after_s=QUOTA_REST_S,
        keeps=True,
    )


def _permission(told: str) -> RetryLaterError:
    return RetryLaterError(
        f"{told}; grant the app this permission in DingTalk's developer console",
        channel_wide=True,
        retry_after_s=PERMISSION_REST_S,
        keeps=True,
    )
