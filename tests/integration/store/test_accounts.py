"""Laws of the door: what lets people in, what keeps guessers out."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.store import accounts, tables
from cloud_receiver.store.accounts import FAILURES_BEFORE_LOCK, LOCK_S, MAX_PASSWORD_CHARS
from cloud_receiver.store.engine import read, write
from sync.errors import DakaError

NOW = 1_763_000_000_000
GOOD = "correct horse"


def _fail(engine: Engine, times: int, now: int = NOW) -> accounts.Verdict:
    verdict = accounts.Verdict(is_ok=False)
    for _ in range(times):
        verdict = accounts.verify(engine, "li", "wrong guess", now)
    return verdict


def _password_hash(connection: Connection) -> str:
    known = accounts.credentials(connection, "li")
    assert known is not None
    return known.password_hash


def test_a_password_costs_a_guesser_memory_and_time(shipped_hasher: PasswordHasher) -> None:
    assert shipped_hasher.hash(GOOD).startswith("$argon2id$v=19$")
    assert shipped_hasher.memory_cost >= 19 * 1024
    assert shipped_hasher.time_cost >= 2


def test_the_right_password_lets_in(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW, language="en")
    verdict = accounts.verify(hq_engine, "li", GOOD, NOW)
    assert verdict.is_ok
    assert (verdict.role, verdict.language) == (Role.ADMINISTRATOR, "en")


@pytest.mark.parametrize("password", ["", "Correct horse", GOOD + " ", "x" * 10_000])
def test_any_other_does_not(hq_engine: Engine, password: str) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    assert not accounts.verify(hq_engine, "li", password, NOW).is_ok


def test_an_unknown_login_gets_the_answer_of_a_wrong_password(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    unknown = accounts.verify(hq_engine, "wang", GOOD, NOW)
    assert unknown == accounts.verify(hq_engine, "li", "wrong guess", NOW)


def test_failures_lock_the_account_even_for_the_right_password(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    assert _fail(hq_engine, FAILURES_BEFORE_LOCK).locked_for_s == LOCK_S
    later = NOW + 1000
    assert accounts.verify(hq_engine, "li", GOOD, later).locked_for_s == LOCK_S - 1
    assert accounts.verify(hq_engine, "li", GOOD, NOW + LOCK_S * 1000).is_ok


def test_a_success_forgives_earlier_failures(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    for _ in range(2):
        assert not _fail(hq_engine, FAILURES_BEFORE_LOCK - 1).locked_for_s
        assert accounts.verify(hq_engine, "li", GOOD, NOW).is_ok


def test_a_new_password_unlocks_and_replaces_the_hash(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    with read(hq_engine) as connection:
        before = _password_hash(connection)
    _fail(hq_engine, FAILURES_BEFORE_LOCK)
    accounts.change_password(hq_engine, "li", "battery staple")
    assert accounts.verify(hq_engine, "li", "battery staple", NOW).is_ok
    with read(hq_engine) as connection:
        assert _password_hash(connection) != before


def test_passwords_are_stored_as_argon2id(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    with read(hq_engine) as connection:
        stored = _password_hash(connection)
    assert stored.startswith("$argon2id$")
    assert GOOD not in stored


def test_ensuring_leaves_an_existing_account_alone(hq_engine: Engine) -> None:
    assert accounts.ensure(hq_engine, "li", GOOD, NOW)
    assert not accounts.ensure(hq_engine, "li", "another one", NOW)
    assert accounts.verify(hq_engine, "li", GOOD, NOW).is_ok
    with pytest.raises(DakaError, match="taken"):
        accounts.add(hq_engine, "li", GOOD, NOW)


@pytest.mark.parametrize(
    ("login", "password"),
    [("", GOOD), (" li", GOOD), ("l\ni", GOOD), ("li", "short"), ("li", "x" * 201)],
)
def test_a_login_or_password_that_will_not_do_is_refused(
    hq_engine: Engine, login: str, password: str
) -> None:
    assert MAX_PASSWORD_CHARS == 200
    with pytest.raises(DakaError):
        accounts.add(hq_engine, login, password, NOW)


def test_changing_the_password_of_nobody_is_an_error(hq_engine: Engine) -> None:
    with pytest.raises(DakaError, match="no login"):
        accounts.change_password(hq_engine, "wang", GOOD)


def _stores(engine: Engine) -> None:
    with write(engine) as connection:
        connection.execute(
            tables.store.insert().values(
                store_id="S1", name="Corner", zone="Asia/Shanghai", scene="community"
            )
        )


def test_a_supervisor_needs_stores_and_a_salesperson_a_name(hq_engine: Engine) -> None:
    for role in (Role.SUPERVISOR, Role.SALESPERSON):
        with pytest.raises(DakaError, match="account names"):
            accounts.add(hq_engine, "li", GOOD, NOW, reader=Reader(role))
    unknown = Reader(Role.SUPERVISOR, store_ids=("S1",))
    with pytest.raises(DakaError, match="no store 'S1'"):
        accounts.add(hq_engine, "li", GOOD, NOW, reader=unknown)
    _stores(hq_engine)
    accounts.add(hq_engine, "li", GOOD, NOW, reader=unknown)
    with read(hq_engine) as connection:
        known = accounts.credentials(connection, "li")
    assert known is not None
    assert known.reader == unknown


def test_another_role_ends_the_sessions(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    accounts.add(hq_engine, "wang", GOOD, NOW)
    with read(hq_engine) as connection:
        before = accounts.credentials(connection, "li")
    accounts.change_reader(hq_engine, "li", Reader(Role.AUDITOR))
    with read(hq_engine) as connection:
        after = accounts.credentials(connection, "li")
    assert before is not None
    assert after is not None
    assert before.seal != after.seal


def test_the_last_administrator_stays(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    accounts.add(hq_engine, "wang", GOOD, NOW, reader=Reader(Role.HR))
    with pytest.raises(DakaError, match="last administrator"):
        accounts.remove(hq_engine, "li")
    accounts.remove(hq_engine, "wang")
    with pytest.raises(DakaError, match="no login"):
        accounts.remove(hq_engine, "wang")
