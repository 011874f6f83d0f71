"""Laws of the door: what lets people in, what keeps guessers out."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from cloud_receiver.store import accounts
from cloud_receiver.store.accounts import FAILURES_BEFORE_LOCK, LOCK_S, MAX_PASSWORD_CHARS
from cloud_receiver.store.engine import read
from sync.errors import DakaError

NOW = 1_763_000_000_000
GOOD = "correct horse"


def _fail(engine: Engine, times: int, now: int = NOW) -> accounts.Verdict:
    verdict = accounts.Verdict(is_ok=False)
    for _ in range(times):
        verdict = accounts.verify(engine, "li", "wrong guess", now)
    return verdict


def test_the_right_password_lets_in(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW, language="en")
    verdict = accounts.verify(hq_engine, "li", GOOD, NOW)
    assert verdict.is_ok
    assert (verdict.role, verdict.language) == (accounts.Role.ADMINISTRATOR, "en")


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
        before = accounts.password_hash(connection, "li")
    _fail(hq_engine, FAILURES_BEFORE_LOCK)
    accounts.change_password(hq_engine, "li", "battery staple")
    assert accounts.verify(hq_engine, "li", "battery staple", NOW).is_ok
    with read(hq_engine) as connection:
        assert accounts.password_hash(connection, "li") != before


def test_passwords_are_stored_as_argon2id(hq_engine: Engine) -> None:
    accounts.add(hq_engine, "li", GOOD, NOW)
    with read(hq_engine) as connection:
        stored = accounts.password_hash(connection, "li")
    assert stored is not None
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
