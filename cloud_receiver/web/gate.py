"""The door: nothing but the log-in page, its style sheet, /healthz, and what has secrets of its
own, is open without log-in: the admission of boxes, customers' codes, first passwords.
Machines come in under /api only, by key; a browser sends no key by itself, so nobody can make
it act for a machine.

It wraps the whole application, so a page, an API route, a NiceGUI asset and the NiceGUI
socket all pass here, also those added later. Every answer leaves with security headers.
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud_receiver.domain.roles import home, may_change, may_look
from cloud_receiver.web.api.caller import Caller, caller_of_session, is_api, shown_key
from cloud_receiver.web.api.refusals import ApiError, refusal
from cloud_receiver.web.scripts import STATE, Nonce
from cloud_receiver.web.sessions import COOKIE, Session
from sync.enrolment import ENROL_PATH, RENEW_PATH

OPEN_PATHS: Final = frozenset({"/login", "/healthz", "/favicon.ico", ENROL_PATH, RENEW_PATH})
OPEN_FOLDER: Final = "/static/"
CUSTOMER_FOLDER: Final = "/f/"
WELCOME_FOLDER: Final = "/welcome/"
_OPEN_BY_TOKEN: Final = (CUSTOMER_FOLDER, WELCOME_FOLDER)
"""Folders whose pages stand behind a secret in the address: a customer's QR code, a first password."""
_VERSIONED_FOLDER: Final = "/_nicegui/"  # a new version has a new address
_ACT: Final = '42["event"'
"""How Socket.IO words what a reader does on a page of NiceGUI; its pings and receipts differ."""
NO_TEXT: Final = ApiError(
    "invalid", "地址中含有空字符(%00)", "the address holds a null character (%00)"
)
BAD_KEY: Final = ApiError(
    "unauthenticated", "没有密钥,或密钥无效、已作废", "no key, or one that is wrong or revoked"
)
NO_ACCESS: Final = ApiError("forbidden", "此登录账号不能这样做", "this log-in may not do that")
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SECURITY_HEADERS: Final = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


_ONLY_TLS: Final = "max-age=31536000"
_OF_THIS_SITE: Final = frozenset({"same-origin", "none"})
"""What browsers say in Sec-Fetch-Site of a page of ours, and of what the reader typed."""


class Gate:
    """ASGI middleware that lets in who is logged in.

    Args:
        admit: reads the session of a cookie, or None, and keeps it awake; called in a worker
            thread.
        admit_key: reads the machine of a key, or None; called in a worker thread.
        behind_tls: browsers come by https to a proxy: cookies go by nothing else.
        barred: returns the page for somebody whose role does not see the one asked for.
    """

    def __init__(
        self,
        app: ASGIApp,
        admit: Callable[[str], Session | None],
        admit_key: Callable[[str], Caller | None],
        *,
        behind_tls: bool,
        barred: Callable[[Request], Response],
    ) -> None:
        self._app = app
        self._admit = admit
        self._admit_key = admit_key
        self._behind_tls = behind_tls
        self._barred = barred

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # PostgreSQL takes none
            await self._turn_away(scope, receive, send)
            return
        key = shown_key(headers.get("authorization")) if is_api(scope["path"]) else None
        if key is not None:
            await self._machine(key, scope, receive, send)
            return
        session = await self._session(headers)
        state = scope.setdefault("state", {})
        state["session"] = session
        state["caller"] = caller_of_session(session) if session else None
        closed = session is None and not is_open(scope["path"])
        foreign = _comes_from_elsewhere(scope, headers)
        barred = session is not None and not _may_enter(session, scope)
        answering = _with_headers(send, scope, behind_tls=self._behind_tls)
        if not closed and not foreign and not barred:
            await self._app(scope, self._noticing(scope, headers, receive), answering)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "log in first"})
        else:
            request = Request(scope)
            if barred and not foreign and wants_page(request):
                answer = _way_home(session, request) or self._barred(request)
            else:
                answer = _refusal(request, foreign=foreign, barred=barred)
            await answer(scope, receive, answering)

    def _noticing(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """Return `receive`, which on a socket keeps the session awake when the reader acts."""
        if scope["type"] != "websocket":
            return receive

        async def receiving() -> Message:
            message = await receive()
            if str(message.get("text") or "").startswith(_ACT):
                await self._session(headers)
            return message

        return receiving

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what nobody types."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "no such address"})
        else:
            answer: Response = PlainTextResponse("no such address", status_code=400)
            if is_api(scope["path"]):
                answer = refusal(Headers(scope=scope), NO_TEXT)
            await answer(scope, receive, _with_headers(send, scope, behind_tls=self._behind_tls))

    async def _machine(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a machine in by its key, whatever cookies come with it."""
        machine = await to_thread.run_sync(self._admit_key, key)
        sending = _with_headers(send, scope, behind_tls=self._behind_tls)
        if scope["type"] == "http" and machine is not None:
            scope.setdefault("state", {})["caller"] = machine
            await self._app(scope, receive, sending)
        elif scope["type"] == "http":
            await refusal(Headers(scope=scope), BAD_KEY)(scope, receive, sending)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "no sockets here"})

    async def _session(self, headers: Headers) -> Session | None:
        cookie = cookie_of(headers, COOKIE)
        return await to_thread.run_sync(self._admit, cookie) if cookie else None


def is_open(path: str) -> bool:
    """Tell whether `path` may be seen without log-in."""
    if path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
        return True
    # exactly one part behind the folder: nothing else can come to stand there unnoticed
    folder, _, token = path.rpartition("/")
    return f"{folder}/" in _OPEN_BY_TOKEN and bool(token)


def cookie_of(headers: Headers, name: str) -> str:
    """Return the cookie `name`, empty when there is none."""
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def _comes_from_elsewhere(scope: Scope, headers: Headers) -> bool:
    """Tell whether another site asks a browser to change something or to open the socket."""
    if scope["type"] == "http" and scope["method"] in _READING:
        return False
    if headers.get("sec-fetch-site", "none") not in _OF_THIS_SITE:
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _may_enter(session: Session, scope: Scope) -> bool:
    path = scope["path"]
    if is_open(path):
        return True
    allowed = (
        may_look if scope["type"] == "websocket" or scope["method"] in _READING else may_change
    )
    return allowed(session.reader.role, path)


def wants_page(request: Request) -> bool:
    """Tell whether a person at a browser asks for a page."""
    is_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    return is_page and not is_api(request.url.path)


def _way_home(session: Session | None, request: Request) -> Response | None:
    """Return the way to somebody's own first page, from the first page of others."""
    own = home(session.reader.role) if session else "/"
    if request.url.path == "/" and own != "/":
        return RedirectResponse(own, status_code=303)
    return None


def _refusal(request: Request, *, foreign: bool, barred: bool) -> Response:
    if is_api(request.url.path):
        return refusal(request.headers, NO_ACCESS if foreign or barred else BAD_KEY)
    if foreign:
        return PlainTextResponse("this request came from another site", status_code=403)
    if barred:
        return PlainTextResponse("your role has no access to this page", status_code=403)
    if wants_page(request):
        path, query = request.scope["raw_path"], request.scope["query_string"]
        target = (path + b"?" + query if query else path).decode("latin-1")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)
    return PlainTextResponse("log in first", status_code=401)


def _with_headers(send: Send, scope: Scope, *, behind_tls: bool) -> Send:
    path: str = scope["path"]
    nonce = scope.setdefault("state", {}).setdefault(STATE, Nonce())
    stamped = path.startswith(OPEN_FOLDER) and scope["query_string"].startswith(b"v=")
    kept = stamped or (path.startswith(_VERSIONED_FOLDER) and "/dynamic_resources/" not in path)

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", nonce.policy())
            for name, value in _SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if kept and message["status"] == 200:
                headers.setdefault("Cache-Control", "private, max-age=31536000, immutable")
            elif not path.startswith((OPEN_FOLDER, _VERSIONED_FOLDER)):
                headers.setdefault("Cache-Control", "no-store")
            if behind_tls:
                headers.setdefault("Strict-Transport-Security", _ONLY_TLS)
                message["headers"] = [
                    (name, value + b"; Secure" if name.lower() == b"set-cookie" else value)
                    for name, value in message["headers"]
                ]
        await send(message)

    return sending
