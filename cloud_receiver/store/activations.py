"""First passwords: a link that works once, so that nobody else ever knows a password."""

from __future__ import annotations

from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update

from cloud_receiver.store import accounts
from cloud_receiver.store.engine import write
from cloud_receiver.store.tables import activation
from sync.errors import DakaError

VALID_DAYS: Final = 7
_DAY_MS: Final = 24 * 3600 * 1000


def invite(connection: Connection, login: str, now_utc_ms: int) -> str:
    """Return the token of a new link; links given out before work no more."""
    row = activation.c
    earlier = (row.login == login) & row.used_utc_ms.is_(None)
    connection.execute(update(activation).where(earlier).values(used_utc_ms=now_utc_ms))
    token = token_urlsafe(18)
    made = {"token_sha256": _hash(token), "login": login, "used_utc_ms": None,
            "expires_utc_ms": now_utc_ms + VALID_DAYS * _DAY_MS}  # fmt: skip
    connection.execute(insert(activation), [made])
    return token


def invited(connection: Connection, token: str, now_utc_ms: int) -> str | None:
    """Return whose first password a token is for, None when it is used, too old or unknown."""
    row = activation.c
    query = select(row.login).where(
        row.token_sha256 == _hash(token),
        row.used_utc_ms.is_(None),
        row.expires_utc_ms > now_utc_ms,
    )
    found: str | None = connection.scalar(query)
    return found


def activate(engine: Engine, token: str, password: str, now_utc_ms: int) -> str:
    """Give the account of a token its first password; return its login.

    Raises:
        DakaError: the link works no more, or the password is too short or too long.
    """
    with write(engine) as connection:
        login = invited(connection, token, now_utc_ms)
        if login is None:
            raise DakaError("this link was used already or is too old; ask for a new one")
        accounts.put_password(connection, login, password)
        used = update(activation).where(activation.c.token_sha256 == _hash(token))
        connection.execute(used.values(used_utc_ms=now_utc_ms))
    return login


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
