"""HTTP requests as terminals send them: bytes in, requests out, everything bounded; pure.

Terminals put raw blanks into the request line, count their bodies wrongly and invent header
values, so this reader is lenient about form and strict about size.

Source: RFC 9112, and what terminals do instead.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

MAX_HEAD_BYTES: Final = 16 * 1024
MAX_BODY_BYTES: Final = 8 * 1024 * 1024
_MAX_CHUNK_DIGITS: Final = 8
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE: Final = re.compile(r"([A-Za-z]{3,10}) +(.*?)(?: +HTTP/(\d)\.(\d))? *")
_OPENS_A_REQUEST: Final = re.compile(rb"\s*(?:GET|POST|PUT|HEAD|OPTIONS|DELETE|PATCH) ")
_CRLF: Final = b"\r\n"
_GZIP: Final = 31  # zlib's name for it


class RequestError(Exception):
    """What came is no request that can be answered; the connection ends after `status`."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    Attributes:
        path: lower case, without ``.aspx`` and final slashes.
        query: by lower-case key; a key told twice with different values is empty.
        is_whole: False when the body ended before its declared length.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""
    keep_alive: bool = False
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    request: Request
    body_bytes: int
    is_chunked: bool
    is_gzip: bool
    expects: bool


class RequestParser:
    """Collect the bytes of one connection.

    Attributes:
        wants_continue: the peer waits for ``100 Continue`` before it sends its body; whoever
            has sent it sets this to False.
    """

    def __init__(self) -> None:
        self.wants_continue = False
        self._buffer = bytearray()
        self._body = bytearray()
        self._head: _Head | None = None
        self._is_ending = False  # within the trailer of a chunked body

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing of a request has come."""
        return self._head is None and not self._buffer

    @property
    def has_head(self) -> bool:
        """Tell whether only the body is still coming."""
        return self._head is not None

    def feed(self, data: bytes) -> Request | None:
        """Return the request that `data` completes; what follows it waits for the next call.

        Raises:
            RequestError: it is none, or too large.
        """
        self._buffer += data
        if self._head is None:
            self._head = self._take_head()
            if self._head is None:
                return None
            self.wants_continue = self._head.expects and not self._buffer
        is_done = self._take_chunks() if self._head.is_chunked else self._take_counted()
        return self._finished(self._head) if is_done else None

    def give_up(self) -> Request | None:
        """Return what there is of a body that will not end, marked as not whole."""
        head = self._head
        if head is None or not self._body or head.is_gzip:
            return None
        return replace(self._finished(head), is_whole=False, keep_alive=False)

    def with_rest(self, request: Request, data: bytes) -> Request:
        """Return the request with what came behind a body that was counted too short."""
        rest = bytes(self._buffer) + data
        self._buffer.clear()
        if not rest.strip() or _OPENS_A_REQUEST.match(rest):
            self._buffer += rest
            return request
        body = request.body + rest
        if len(body) > MAX_BODY_BYTES:
            raise RequestError(413, "the body is too large")
        return replace(request, body=body, keep_alive=False)

    def _take_head(self) -> _Head | None:
        while self._buffer.startswith((b"\r", b"\n")):
            del self._buffer[:1]
        end = _HEAD_END.search(self._buffer)
        if (end.end() if end else len(self._buffer)) > MAX_HEAD_BYTES:
            raise RequestError(431, "the head is too large")
        if end is None:
            return None
        lines = self._buffer[: end.start()].decode("latin-1").split("\n")
        del self._buffer[: end.end()]
        return _head_of(lines[0].rstrip("\r"), _headers_of(lines[1:]))

    def _take_counted(self) -> bool:
        assert self._head
        missing = self._head.body_bytes - len(self._body)
        self._body += self._buffer[:missing]
        del self._buffer[:missing]
        return len(self._body) == self._head.body_bytes

    def _take_chunks(self) -> bool:
        while True:
            line, newline, _ = bytes(self._buffer[:MAX_HEAD_BYTES]).partition(b"\n")
            if not newline:
                if len(self._buffer) > MAX_HEAD_BYTES:
                    raise RequestError(400, "a chunk has no length")
                return False
            taken = len(line) + 1
            if self._is_ending:
                del self._buffer[:taken]
                if not line.strip():
                    return True
                continue
            size = _chunk_size(line)
            if len(self._body) + size > MAX_BODY_BYTES:
                raise RequestError(413, "the body is too large")
            end = taken + size
            if size == 0:
                self._is_ending = True
            elif len(self._buffer) < end + len(_CRLF):
                return False
            else:
                if self._buffer[end : end + len(_CRLF)] != _CRLF:
                    raise RequestError(400, "a chunk is longer than it says")
                self._body += self._buffer[taken:end]
                taken = end + len(_CRLF)
            del self._buffer[:taken]

    def _finished(self, head: _Head) -> Request:
        body = bytes(self._body)
        self._head, self._is_ending, self.wants_continue = None, False, False
        self._body.clear()
        return replace(head.request, body=_unpacked(body) if head.is_gzip else body)


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]+", digits) or len(digits) > _MAX_CHUNK_DIGITS:
        raise RequestError(400, "a chunk has no length")
    return int(digits, 16)


def _unpacked(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(body, MAX_BODY_BYTES)
    except zlib.error as error:
        raise RequestError(400, "the body is not gzip") from error
    if unpacker.unconsumed_tail:
        raise RequestError(413, "the body is too large")
    if not unpacker.eof:
        raise RequestError(400, "the gzip body ends too early")
    return plain


def _headers_of(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return headers


def _head_of(line: str, headers: Mapping[str, str]) -> _Head:
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise RequestError(400, "this is no HTTP request")
    method, target, major, minor = found.groups()
    path, _, query = target.partition("?")
    is_new = (major, minor) == ("1", "1")
    connection = headers.get("connection", "").lower()
    length = headers.get("content-length", "0").strip() or "0"
    if not re.fullmatch(r"[0-9]{1,15}", length):
        raise RequestError(400, "the body has no length")
    if int(length) > MAX_BODY_BYTES:
        raise RequestError(413, "the body is too large")
    request = Request(
        method=method.upper(),
        path=_path_of(path),
        query=query_of(query),
        keep_alive="keep-alive" in connection or (is_new and "close" not in connection),
    )
    return _Head(
        request=request,
        body_bytes=int(length),
        is_chunked="chunked" in headers.get("transfer-encoding", "").lower(),
        is_gzip="gzip" in headers.get("content-encoding", "").lower(),
        expects="100-continue" in headers.get("expect", "").lower(),
    )


def _path_of(target: str) -> str:
    path = re.sub(r"^https?://[^/]*", "", unquote(target.strip()), flags=re.IGNORECASE)
    return path.lower().rstrip("/").removesuffix(".aspx")


def query_of(text: str) -> dict[str, str]:
    """Return a query by lower-case key; a key told twice differently has the value "".

    >>> query_of("SN=A1&sn=B2&INFO=Ver%206.8, 2")
    {'sn': '', 'info': 'Ver 6.8, 2'}
    """
    values: dict[str, str] = {}
    for part in text.split("&"):
        name, _, value = part.partition("=")
        key = unquote(name).strip().lower()
        plain = unquote(value, errors="replace").strip()
        if key:
            values[key] = plain if values.get(key, plain) == plain else ""
    return values
