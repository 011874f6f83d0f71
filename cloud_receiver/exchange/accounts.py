"""Accounts for staff from a table: each line an account with a link to a first password."""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import Engine

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.exchange.headed import HeadedLine, headed
from cloud_receiver.exchange.sheets import read_sheet
from cloud_receiver.store import accounts, activations
from cloud_receiver.store.engine import write
from sync.errors import DakaError

Made = list[tuple[str, str]]


def import_accounts(
    engine: Engine, file: Path, now_utc_ms: int, language: str
) -> tuple[Made, int, list[tuple[int, str]]]:
    """Make the accounts of a file.

    Returns:
        (login, token) of each that was made, how many stood already, and (line, what is wrong).

    Raises:
        DakaError: the file cannot be read or names no employees and no logins.
    """
    made: Made = []
    stood, errors = 0, []
    for line in headed(read_sheet(file), ("login", "账号", "employee_id", "工号"), file.name):
        try:
            login, reader, speaks = _account(line, language)
            unknown = secrets.token_urlsafe(32)  # nobody knows it: the link is the only way in
            if not accounts.ensure(
                engine, login, unknown, now_utc_ms, reader=reader, language=speaks
            ):
                stood += 1
                continue
            with write(engine) as connection:
                made.append((login, activations.invite(connection, login, now_utc_ms)))
        except DakaError as error:
            errors.append((line.number, str(error)))
    return made, stood, errors


def _account(line: HeadedLine, language: str) -> tuple[str, Reader, str]:
    employee_id = line.first("employee_id", "工号")
    role = line.first("role", "角色") or Role.SALESPERSON
    stores = line.first("stores", "门店").replace(",", " ").replace(",", " ").split()
    speaks = line.first("language", "语言") or language
    if role not in set(Role):
        raise DakaError(f"role {role!r}: it is one of {', '.join(Role)}")
    if speaks not in accounts.LANGUAGES:
        raise DakaError(f"language {speaks!r}: it is one of {', '.join(accounts.LANGUAGES)}")
    login = line.first("login", "账号") or employee_id
    return login, Reader(Role(role), employee_id or None, tuple(stores)), speaks
