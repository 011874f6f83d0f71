"""Read what a browser or a box sends, up to a limit."""

from __future__ import annotations

from fastapi import Request


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """Return the body, None when it is larger than any honest one."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            return None
    return body
