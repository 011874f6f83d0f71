"""Read what a browser or a box sends, up to a limit."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from fastapi import Request

from cloud_receiver.domain.entries import NO_CHARACTER

MAX_FIELDS: Final = 1000


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """Return the body, None when it is larger than any honest one."""
    parts, size_bytes = [], 0
    async for part in request.stream():
        parts.append(part)
        size_bytes += len(part)
        if size_bytes > max_bytes:
            return None
    return b"".join(parts)


async def read_form(request: Request, max_bytes: int) -> dict[str, list[str]] | None:
    """Return a form's fields, None when it is larger, or has more of them, than any honest one.

    What is no character, such as the line break an office program leaves in what is pasted,
    comes as a blank.
    """
    body = await read_body(request, max_bytes)
    if body is None:
        return None
    try:
        fields = parse_qs(body.decode("utf-8", errors="replace"), max_num_fields=MAX_FIELDS)
    except ValueError:
        return None
    return {
        name: [NO_CHARACTER.sub(" ", value) for value in values] for name, values in fields.items()
    }
