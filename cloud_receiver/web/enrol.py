"""Where boxes redeem claim codes and renew certificates; open, for the code is the key.

A code has a hundred secret bits and requests are few, so whoever asks often is guessing and
is turned away for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from cloud_receiver.provisioning.admission import Doorkeeper
from cloud_receiver.web.bodies import read_body
from cloud_receiver.web.frame import document
from cloud_receiver.web.limits import RateLimit
from cloud_receiver.web.markup import el
from cloud_receiver.web.texts import Texts, Words
from cloud_receiver.web.visit import language_of, theme_of
from sync.clock import SystemClock
from sync.enrolment import ENROL_PATH, MAX_DOCUMENT_BYTES, RENEW_PATH
from sync.errors import DakaError, WireError

REQUESTS_A_MINUTE: Final = 20
TEXTS: Final[Texts] = {
    "title": ("采集盒领取码", "A box's claim code"),
    "lead": (
        "这个二维码给门店采集盒使用。在采集盒上执行 daka-agent init,扫描或输入其中的领取码。",
        "This QR code is for a store's box. Run daka-agent init on the box and give it the code.",
    ),
}
_log = logging.getLogger(__name__)


def register(app: FastAPI, doorkeeper: Doorkeeper | None) -> None:
    """Add the three addresses; without a doorkeeper they say so."""
    clock = SystemClock.of_this_boot()
    limit = RateLimit(REQUESTS_A_MINUTE, 60, clock.monotonic_s)

    async def answer(request: Request, work: Callable[[bytes, datetime], bytes]) -> Response:
        who = request.client.host if request.client else ""
        if not limit.allows(who):
            return _refusal(429, "busy", "too many requests; try again in a minute")
        body = await read_body(request, MAX_DOCUMENT_BYTES)
        if body is None:
            return _refusal(413, "size", f"at most {MAX_DOCUMENT_BYTES} bytes")
        try:
            told = await run_in_threadpool(work, body, clock.now_utc())
        except WireError as error:
            _log.warning("box_refused from=%s code=%s", who, error.code)
            return _refusal(403, error.code, error.detail)
        except DakaError as error:
            return _refusal(409, "store", str(error))
        return Response(told, media_type="application/json")

    @app.get(ENROL_PATH)
    def explain(request: Request) -> HTMLResponse:
        language = language_of(request)
        words = Words(TEXTS, language)
        card = el("main", el("h1", words("title")), el("p", words("lead")), class_="card door-card")
        body = el("div", card, class_="daka door")
        return HTMLResponse(document(words("title"), body, theme_of(request), language))

    @app.post(ENROL_PATH)
    async def enrol(request: Request) -> Response:
        return await answer(request, doorkeeper.admit if doorkeeper else _closed)

    @app.post(RENEW_PATH)
    async def renew(request: Request) -> Response:
        return await answer(request, doorkeeper.renew if doorkeeper else _closed)


def _closed(_raw: bytes, _now_utc: datetime) -> bytes:
    raise WireError("no_authority", "this headquarters lets no boxes in: run daka-hq broker-config")


def _refusal(status: int, code: str, detail: str) -> Response:
    return JSONResponse({"code": code, "detail": detail}, status_code=status)
