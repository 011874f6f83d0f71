"""Keys of machines: made once, shown once, kept as a hash, taken away at any time."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from cloud_receiver.domain.scopes import Scope
from cloud_receiver.store.tables import api_key
from sync.errors import DakaError
from sync.records import is_clean_text

PREFIX: Final = "daka"
_MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is listed; the secret is nowhere.

    Attributes:
        revoked_utc_ms: it opens nothing since; None: it is good.
    """

    key_id: str
    name: str
    scopes: frozenset[Scope]
    author: str
    created_utc_ms: int
    revoked_utc_ms: int | None


def new(
    connection: Connection, name: str, scopes: frozenset[Scope], author: str, now_utc_ms: int
) -> str:
    """Make a key and return it; it cannot be shown again.

    Raises:
        DakaError: the name is taken or empty, or there is no scope.
    """
    if not is_clean_text(name):
        raise DakaError(f"key name {name!r}: write a text of 1 to 200 characters")
    if not scopes:
        raise DakaError(f"a key without a scope opens nothing; there are: {', '.join(Scope)}")
    if connection.scalar(select(api_key.c.key_id).where(api_key.c.name == name)) is not None:
        raise DakaError(f"there is, or was, a key called {name!r}; choose another name")
    key_id, secret = token_hex(6), token_hex(32)
    connection.execute(insert(api_key).values(
        key_id=key_id, name=name, secret_sha256=_digest(secret),
        scopes=json.dumps(sorted(scopes)), author=author, created_utc_ms=now_utc_ms,
    ))  # fmt: skip
    return f"{PREFIX}_{key_id}_{secret}"


def find(connection: Connection, text: str) -> ApiKey | None:
    """Return the key that a caller shows; None: it is none, wrong or revoked."""
    parts = text.split("_")
    if len(text) > _MAX_TEXT or len(parts) != 3 or parts[0] != PREFIX or not text.isascii():
        return None
    row = connection.execute(
        select(api_key).where(api_key.c.key_id == parts[1], api_key.c.revoked_utc_ms.is_(None))
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.secret_sha256, _digest(parts[2])):
        return None
    return _key(row)


def listed(connection: Connection) -> list[ApiKey]:
    """Return every key there is or was, by name."""
    return [_key(row) for row in connection.execute(select(api_key).order_by(api_key.c.name))]


def revoke(connection: Connection, name: str, now_utc_ms: int) -> None:
    """Take a key away; what it entered keeps its name.

    Raises:
        DakaError: there is no good key of that name.
    """
    good = (api_key.c.name == name) & api_key.c.revoked_utc_ms.is_(None)
    gone = connection.execute(update(api_key).where(good).values(revoked_utc_ms=now_utc_ms))
    if gone.rowcount == 0:
        raise DakaError(f"there is no key {name!r} to revoke; daka-hq api-key list shows them")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        name=row.name,
        scopes=frozenset(Scope(one) for one in json.loads(row.scopes)),
        author=row.author,
        created_utc_ms=row.created_utc_ms,
        revoked_utc_ms=row.revoked_utc_ms,
    )
