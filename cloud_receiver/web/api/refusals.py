"""How the API says no: a code for machines, a sentence and a remedy for people, zh or en."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from cloud_receiver.web.texts import Language
from sync.errors import ToldError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of refusal: the HTTP status, and what to do, in both languages."""

    status: int
    zh: str
    en: str


KINDS: Final[dict[str, Kind]] = {
    "unauthenticated": Kind(401, "请在 Authorization: Bearer 中给出有效的密钥", "send a good key as Authorization: Bearer"),
    "forbidden": Kind(403, "请管理员为密钥增加所需的权限范围", "ask the administrator for a key with the scope named"),
    "not_found": Kind(404, "请检查地址和编号", "check the address and the id"),
    "method": Kind(405, "请查看 openapi.json 中该地址支持的方法", "see openapi.json for what this address takes"),
    "conflict": Kind(409, "请先按说明处理再重试", "put right what the detail names, then try again"),
    "gone": Kind(410, "请重新读取所需列表,再从说明中的序号继续", "read the lists anew, then follow from the number the detail names"),
    "too_large": Kind(413, "请分批发送", "send it in several parts"),
    "invalid": Kind(422, "请按说明修改该字段后重试", "correct the field as the detail says and try again"),
    "unavailable": Kind(503, "请管理员把归档放回原处,或运行 daka-hq archive verify", "have the archive put back in its place, or daka-hq archive verify run"),
    "busy": Kind(429, "请稍候再试(见 Retry-After)", "wait as Retry-After says and try again"),
}  # fmt: skip


class Refusal(BaseModel):
    """Why a request was not done."""

    model_config = ConfigDict(extra="forbid")
    code: str
    detail: str
    field: str
    remedy: str


class ApiError(ToldError):
    """A request that cannot be done; `code` is one of `KINDS`."""

    def __init__(self, code: str, zh: str, en: str, field: str = "") -> None:
        assert code in KINDS, code
        super().__init__(zh, en, field)
        self.code = code


def not_found(what_zh: str, what_en: str, key: str) -> ApiError:
    """Return that there is nothing of that id."""
    return ApiError("not_found", f"没有{what_zh}“{key}”", f"there is no {what_en} {key!r}")


def asked_language(headers: Headers) -> Language:
    """Return the first of zh and en that Accept-Language names; Chinese when it names neither."""
    for part in headers.get("accept-language", "").split(","):
        tag = part.partition(";")[0].strip().lower()[:2]
        if tag in set(Language):
            return Language(tag)
    return Language.ZH


def refusal(headers: Headers, error: ApiError) -> JSONResponse:
    """Return the answer to a request that cannot be done."""
    language, kind = asked_language(headers), KINDS[error.code]
    body = Refusal(
        code=error.code,
        detail=language.pick(error.zh, error.en),
        field=error.field,
        remedy=language.pick(kind.zh, kind.en),
    )
    more = {"Vary": "Accept-Language"}
    if kind.status == 401:
        more["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.model_dump(), status_code=kind.status, headers=more)


RESPONSES: Final[dict[int | str, dict[str, object]]] = {
    kind.status: {"model": Refusal, "description": kind.en} for kind in KINDS.values()
}
