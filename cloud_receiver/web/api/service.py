"""The API put together: routes, their document, refusals, and what every request passes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from cloud_receiver.store.engine import open_engine
from cloud_receiver.web.api import attendance, importing, money, operations, organisation
from cloud_receiver.web.api.caller import ANY_SCOPE, admit, needs
from cloud_receiver.web.api.refusals import RESPONSES, ApiError, refusal
from cloud_receiver.web.api.transport import REQUESTS_A_MINUTE, Transport
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.limits import RateLimit
from cloud_receiver.web.live import Hub
from sync.clock import SystemClock
from sync.errors import DakaError, ToldError

PREFIX: Final = "/api/v1"
_ROUTERS: Final = (organisation, attendance, money, operations, importing)
_CODES: Final = {404: "not_found", 405: "method"}
_ABOUT: Final = (
    "Daka for machines. Send a key as `Authorization: Bearer daka_…`; every operation names the scope"
    " it needs as `x-scope`. Refusals are in Chinese or English, as Accept-Language asks."
)


def create_api(desk: Desk, limit: RateLimit | None = None) -> FastAPI:
    """Return the application to be mounted at `PREFIX`, behind the gate.

    Args:
        limit: how often each caller may ask; None: `REQUESTS_A_MINUTE`, by the machine's clock.
    """
    if limit is None:
        now_s = SystemClock.of_this_boot().monotonic_s
        limit = RateLimit(REQUESTS_A_MINUTE, 60, now_s)
    api = FastAPI(
        title="Daka",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(admit)],
        responses=RESPONSES,
    )
    for module in _ROUTERS:
        api.include_router(module.router(desk))

    @api.get("/openapi.json", openapi_extra=needs(ANY_SCOPE), tags=["operations"])
    def get_document() -> dict[str, Any]:
        return document(api)

    api.add_exception_handler(ApiError, _refuse)
    api.add_exception_handler(DakaError, _conflict)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_middleware(Transport, limit=limit)
    return api


def document(api: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the schemas of entries and how one is let in."""
    if api.openapi_schema is None:
        made = get_openapi(
            title=api.title, version=api.version, description=api.description, routes=api.routes,
            servers=[{"url": PREFIX}],
        )  # fmt: skip
        made["components"]["schemas"] |= attendance.entry_schemas()
        made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"key": []}]
        api.openapi_schema = made
    return api.openapi_schema


def document_text() -> str:
    """Return the document as it is published in docs/openapi.json."""
    clock, engine = SystemClock.of_this_boot(), open_engine("sqlite://")
    api = create_api(Desk(engine, clock, Hub(engine, clock, lambda _: False)))
    return json.dumps(document(api), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


async def _refuse(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError), "registered for it"
    return refusal(request.headers, error)


async def _conflict(request: Request, error: Exception) -> JSONResponse:
    told = error if isinstance(error, ToldError) else ToldError(str(error), str(error))
    return refusal(request.headers, ApiError("conflict", told.zh, told.en, told.field))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError), "registered for it"
    first = error.errors()[0]
    place: Sequence[Any] = first["loc"]
    field = ".".join(str(part) for part in place[1:])
    told = f"{field or place[0]}: {first['msg']}"
    return refusal(request.headers, ApiError("invalid", f"填写有误:{told}", told, field=field))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException), "registered for it"
    code = _CODES.get(error.status_code, "invalid")
    path = request.url.path
    texts = {
        "not_found": (f"没有地址 {path}", f"there is nothing at {path}"),
        "method": (f"{path} 不支持 {request.method}", f"{path} does not take {request.method}"),
        "invalid": (str(error.detail), str(error.detail)),
    }
    answer = refusal(request.headers, ApiError(code, *texts[code]))
    answer.headers.update(error.headers or {})
    return answer
