"""What goes wrong at a chat service, by name, and how the service says so."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final


class Fault(StrEnum):
    """One request's misfortune."""

    NO_ANSWER = "no_answer"  # never reached the service
    LOST_ANSWER = "lost_answer"  # taken, but the answer is lost
    BUSY = "busy"
    TOO_FAST = "too_fast"
    REFUSED = "refused"  # keyword, signature, time stamp or address
    NO_PERMISSION = "no_permission"
    QUOTA = "quota"
    FLOW = "flow"
    ROBOT_TOKEN = "robot_token"  # noqa: S105  a name
    STALE_TOKEN = "stale_token"  # noqa: S105
    UNAVAILABLE = "unavailable"  # HTTP 503
    NO_JSON = "no_json"  # a proxy's page


Answer = tuple[int, dict[str, Any]]
OK: Final[Answer] = (200, {"errcode": 0, "errmsg": "ok"})
_OLD: Final[dict[Fault, dict[str, Any]]] = {
    Fault.BUSY: {"errcode": -1, "errmsg": "系统繁忙"},
    Fault.TOO_FAST: {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
    Fault.REFUSED: {"errcode": 310000, "errmsg": "sign not match"},
    Fault.NO_PERMISSION: {"errcode": 88, "sub_code": "60011", "errmsg": "no permission"},
    Fault.QUOTA: {"errcode": 90020, "errmsg": "调用量:10001次,额度:10000次"},
    Fault.FLOW: {
        "errcode": 90018,
        "errmsg": "您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了",
    },
    Fault.ROBOT_TOKEN: {"errcode": 300001, "errmsg": "token is not exist"},
    Fault.STALE_TOKEN: {"errcode": 42001, "errmsg": "access_token expired"},
}
_NEW: Final[dict[Fault, tuple[int, str]]] = {
    Fault.BUSY: (500, "ServiceUnavailable"),
    Fault.TOO_FAST: (429, "Forbidden.AccessDenied.QpsLimitForApi"),
    Fault.REFUSED: (500, "unknownError"),
    Fault.NO_PERMISSION: (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
    Fault.QUOTA: (403, "90020"),
    Fault.FLOW: (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
    Fault.ROBOT_TOKEN: (500, "unknownError"),
    Fault.STALE_TOKEN: (401, "InvalidAuthentication"),
}


def answer_of(fault: Fault, *, is_new: bool) -> Answer:
    """Return how the service says it, on its old or its new host."""
    if fault is Fault.UNAVAILABLE:
        return 503, {}
    if is_new:
        status, code = _NEW[fault]
        return status, {"code": code, "message": _OLD[fault]["errmsg"], "requestid": "0"}
    return 200, _OLD[fault]
