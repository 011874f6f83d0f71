"""Read what a browser or a box sends, up to a limit."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """Return the body, None when it is larger than any honest one."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            return None
    return body


async def read_form(request: Request, max_bytes: int) -> dict[str, list[str]] | None:
    """Return a form's fields, None when it is larger than any honest one."""
    body = await read_body(request, max_bytes)
    return None if body is None else parse_qs(body.decode("utf-8", errors="replace"))
