"""The people who may log in: passwords as argon2id hashes, roles, and a lock after failures.

A wrong login name costs as much time as a wrong password and gives the same answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.store import names
from cloud_receiver.store.engine import insert_ignore, read, write
from cloud_receiver.store.tables import account, employee
from sync.errors import DakaError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Row

MIN_PASSWORD_CHARS: Final = 8
MAX_PASSWORD_CHARS: Final = 200
MAX_LOGIN_CHARS: Final = 100
FAILURES_BEFORE_LOCK: Final = 5
LOCK_S: Final = 15 * 60
LANGUAGES: Final = ("zh", "en")
ADMINISTRATOR: Final = Reader(Role.ADMINISTRATOR)
HASHER = PasswordHasher()  # argon2id with the library's current parameters


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
    reader: Reader
    language: str
    locked_until_utc_ms: int
    created_utc_ms: int


def add(
    engine: Engine,
    login: str,
    password: str,
    now_utc_ms: int,
    *,
    reader: Reader = ADMINISTRATOR,
    language: str = "zh",
) -> None:
    """Make an account.

    Raises:
        DakaError: the login is taken or empty, or the password is too short or too long.
    """
    if not ensure(engine, login, password, now_utc_ms, reader=reader, language=language):
        raise DakaError(f"the login {login!r} is taken; choose another, or change its password")


def ensure(
    engine: Engine,
    login: str,
    password: str,
    now_utc_ms: int,
    *,
    reader: Reader = ADMINISTRATOR,
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
        "role": reader.role,
        "employee_id": reader.employee_id,
        "store_ids": json.dumps(reader.store_ids),
        "language": language,
        "failed_logins": 0,
        "locked_until_utc_ms": 0,
        "created_utc_ms": now_utc_ms,
    }
    with write(engine) as connection:
        _require_known(connection, reader)
        return insert_ignore(connection, account, [row]) == 1


def change_reader(engine: Engine, login: str, reader: Reader) -> None:
    """Give an account another role, person or stores; its sessions end.

    Raises:
        DakaError: there is no such login, employee or store, or the role lacks one.
    """
    new = {
        "role": reader.role,
        "employee_id": reader.employee_id,
        "store_ids": json.dumps(reader.store_ids),
    }
    with write(engine) as connection:
        _require_known(connection, reader)
        if reader.role is not Role.ADMINISTRATOR:
            _require_another(connection, login)
        changed = connection.execute(update(account).where(account.c.login == login).values(new))
    if changed.rowcount == 0:
        raise DakaError(f"there is no login {login!r}")


def remove(engine: Engine, login: str) -> None:
    """Remove an account; its sessions end. What it did keeps its name.

    Raises:
        DakaError: there is no such login, or it is the last administrator.
    """
    with write(engine) as connection:
        _require_another(connection, login)
        gone = connection.execute(delete(account).where(account.c.login == login))
    if gone.rowcount == 0:
        raise DakaError(f"there is no login {login!r}")


def _require_another(connection: Connection, login: str) -> None:
    other = (account.c.role == Role.ADMINISTRATOR) & (account.c.login != login)
    if connection.scalar(select(account.c.login).where(other).limit(1)) is None:
        raise DakaError(f"{login!r} is the last administrator: make another one first")


def _require_known(connection: Connection, reader: Reader) -> None:
    if reader.role is Role.SALESPERSON and reader.employee_id is None:
        raise DakaError("a salesperson's account names the employee it belongs to")
    if reader.role is Role.SUPERVISOR and not reader.store_ids:
        raise DakaError("a supervisor's account names at least one store")
    stores = {one.store_id for one in names.stores(connection)}
    for store_id in reader.store_ids:
        if store_id not in stores:
            raise DakaError(f"there is no store {store_id!r}")
    if reader.employee_id is not None and not names.has_employee(connection, reader.employee_id):
        raise DakaError(f"there is no employee {reader.employee_id!r}")


def choose_language(engine: Engine, login: str, language: str) -> None:
    """Give an account, and the messages to its person, another language."""
    assert language in LANGUAGES, language
    with write(engine) as connection:
        this = account.c.login == login
        connection.execute(update(account).where(this).values(language=language))
        who = select(account.c.employee_id).where(this).scalar_subquery()
        connection.execute(
            update(employee).where(employee.c.employee_id == who).values(language=language)
        )


def change_password(engine: Engine, login: str, password: str) -> None:
    """Give an account another password and unlock it; its sessions end.

    Raises:
        DakaError: there is no such login, or the password is too short or too long.
    """
    with write(engine) as connection:
        put_password(connection, login, password)


def put_password(connection: Connection, login: str, password: str) -> None:
    """Do what `change_password` does, in a transaction that does more."""
    new = {"password_hash": _hash(password), "failed_logins": 0, "locked_until_utc_ms": 0}
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


@dataclass(frozen=True, slots=True)
class Credentials:
    """What sessions of an account are bound to: a change of either ends them."""

    password_hash: str
    reader: Reader

    @property
    def seal(self) -> str:
        """Return what a session's cookie is sealed with."""
        access = (self.reader.role, self.reader.employee_id, self.reader.store_ids)
        return f"{self.password_hash}\n{json.dumps(access)}"


def credentials(connection: Connection, login: str) -> Credentials | None:
    """Return what a login's sessions are bound to, None if there is no such login."""
    query = select(account).where(account.c.login == login)
    row = connection.execute(query).one_or_none()
    return None if row is None else Credentials(row.password_hash, _reader(row))


def _reader(row: Row[Any]) -> Reader:
    return Reader(Role(row.role), row.employee_id, tuple(json.loads(row.store_ids)))


def accounts(connection: Connection) -> Sequence[AccountView]:
    """Return every account, by login."""
    rows = connection.execute(select(account).order_by(account.c.login))
    return [
        AccountView(
            row.login, _reader(row), row.language, row.locked_until_utc_ms, row.created_utc_ms
        )
        for row in rows
    ]


def _hash(password: str) -> str:
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise DakaError(
            f"a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters,"
            f" this one {len(password)}"
        )
    return HASHER.hash(password)


@cache
def _hash_of_nobody() -> str:
    return HASHER.hash("nobody has this password")


def _matches(stored: str, password: str) -> bool:
    if len(password) > MAX_PASSWORD_CHARS:
        return False
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
