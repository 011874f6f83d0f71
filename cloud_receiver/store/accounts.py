"""The people who may log in: passwords as argon2id hashes, roles, and a lock after failures.

A wrong login name costs as much time as a wrong password and gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from cloud_receiver.store.engine import insert_ignore, read, write
from cloud_receiver.store.tables import account
from sync.errors import DakaError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

MIN_PASSWORD_CHARS: Final = 8
MAX_PASSWORD_CHARS: Final = 200
MAX_LOGIN_CHARS: Final = 100
FAILURES_BEFORE_LOCK: Final = 5
LOCK_S: Final = 15 * 60
LANGUAGES: Final = ("zh", "en")
_HASHER: Final = PasswordHasher()  # argon2id with the library's current parameters


class Role(StrEnum):
    """What an account may do; a role is added together with the pages that heed it."""

    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to a log-in.

    Attributes:
        locked_for_s: seconds until the next try is looked at; 0: not locked.
        role, language: the account's, where it may come in.
    """

    is_ok: bool
    locked_for_s: int = 0
    role: Role | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as it is listed."""

    login: str
    role: Role
    language: str
    locked_until_utc_ms: int
    created_utc_ms: int


def add(
    engine: Engine,
    login: str,
    password: str,
    now_utc_ms: int,
    *,
    role: Role = Role.ADMINISTRATOR,
    language: str = "zh",
) -> None:
    """Make an account.

    Raises:
        DakaError: the login is taken or empty, or the password is too short or too long.
    """
    if not ensure(engine, login, password, now_utc_ms, role=role, language=language):
        raise DakaError(f"the login {login!r} is taken; choose another, or change its password")


def ensure(
    engine: Engine,
    login: str,
    password: str,
    now_utc_ms: int,
    *,
    role: Role = Role.ADMINISTRATOR,
    language: str = "zh",
) -> bool:
    """Make an account unless the login exists, which is left as it is; tell whether it was made.

    Raises:
        DakaError: the login is empty, or the password is too short or too long.
    """
    assert language in LANGUAGES, language
    if not 0 < len(login) <= MAX_LOGIN_CHARS or not login.isprintable() or login != login.strip():
        raise DakaError(
            f"login {login!r}: 1 to {MAX_LOGIN_CHARS} printable characters, no blanks around them"
        )
    row = {
        "login": login,
        "password_hash": _hash(password),
        "role": role,
        "language": language,
        "failed_logins": 0,
        "locked_until_utc_ms": 0,
        "created_utc_ms": now_utc_ms,
    }
    with write(engine) as connection:
        return insert_ignore(connection, account, [row]) == 1


def change_password(engine: Engine, login: str, password: str) -> None:
    """Give an account another password and unlock it; its sessions end.

    Raises:
        DakaError: there is no such login, or the password is too short or too long.
    """
    new = {"password_hash": _hash(password), "failed_logins": 0, "locked_until_utc_ms": 0}
    with write(engine) as connection:
        changed = connection.execute(update(account).where(account.c.login == login).values(new))
    if changed.rowcount == 0:
        raise DakaError(f"there is no login {login!r}")


def verify(engine: Engine, login: str, password: str, now_utc_ms: int) -> Verdict:
    """Check a log-in; after `FAILURES_BEFORE_LOCK` failures the account rests for `LOCK_S`."""
    with read(engine) as connection:
        row = connection.execute(select(account).where(account.c.login == login)).one_or_none()
    if row is None:
        _matches(_hash_of_nobody(), password)
        return Verdict(is_ok=False)
    locked_ms = row.locked_until_utc_ms - now_utc_ms
    if locked_ms > 0:
        return Verdict(is_ok=False, locked_for_s=-(-locked_ms // 1000))
    if not _matches(row.password_hash, password):
        return _count_failure(engine, login, now_utc_ms)
    if row.failed_logins:
        _reset_failures(engine, login)
    return Verdict(is_ok=True, role=Role(row.role), language=row.language)


def _count_failure(engine: Engine, login: str, now_utc_ms: int) -> Verdict:
    own = account.c.login == login
    with write(engine) as connection:
        connection.execute(
            update(account).where(own).values(failed_logins=account.c.failed_logins + 1)
        )
        failures = connection.execute(select(account.c.failed_logins).where(own)).scalar_one()
        if failures < FAILURES_BEFORE_LOCK:
            return Verdict(is_ok=False)
        until_utc_ms = now_utc_ms + LOCK_S * 1000
        connection.execute(
            update(account).where(own).values(failed_logins=0, locked_until_utc_ms=until_utc_ms)
        )
    return Verdict(is_ok=False, locked_for_s=LOCK_S)


def _reset_failures(engine: Engine, login: str) -> None:
    with write(engine) as connection:
        connection.execute(update(account).where(account.c.login == login).values(failed_logins=0))


def password_hash(connection: Connection, login: str) -> str | None:
    """Return the stored hash, None if there is no such login; sessions are bound to it."""
    query = select(account.c.password_hash).where(account.c.login == login)
    return connection.execute(query).scalar_one_or_none()


def accounts(connection: Connection) -> Sequence[AccountView]:
    """Return every account, by login."""
    rows = connection.execute(select(account).order_by(account.c.login))
    return [
        AccountView(
            row.login, Role(row.role), row.language, row.locked_until_utc_ms, row.created_utc_ms
        )
        for row in rows
    ]


def _hash(password: str) -> str:
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise DakaError(
            f"a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters,"
            f" this one {len(password)}"
        )
    return _HASHER.hash(password)


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody has this password")


def _matches(stored: str, password: str) -> bool:
    if len(password) > MAX_PASSWORD_CHARS:
        return False
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
