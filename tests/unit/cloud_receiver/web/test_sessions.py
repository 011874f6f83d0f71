"""A session is good for one account, one password, one secret and twelve hours."""

from __future__ import annotations

import stat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.store.keyfiles import SECRET_BYTES
from cloud_receiver.web.sessions import (
    MAX_AGE_S,
    begin,
    claimed,
    is_genuine,
    load_secret,
    sign,
)

SECRET, HASH, NOW = b"s" * SECRET_BYTES, "$argon2id$one", 1_800_000_000


@given(st.text(min_size=1, max_size=100))
def test_a_signed_session_is_read_back(login: str) -> None:
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in login):
        return
    session = begin(login, NOW)
    cookie = sign(session, SECRET, HASH)
    assert claimed(cookie) == session
    assert is_genuine(cookie, SECRET, HASH, NOW)


def test_it_ends_with_its_time_its_password_and_its_secret() -> None:
    cookie = sign(begin("hr", NOW), SECRET, HASH)
    assert is_genuine(cookie, SECRET, HASH, NOW + MAX_AGE_S - 1)
    assert not is_genuine(cookie, SECRET, HASH, NOW + MAX_AGE_S)
    assert not is_genuine(cookie, SECRET, HASH, NOW - 1)
    assert not is_genuine(cookie, SECRET, "$argon2id$another", NOW)
    assert not is_genuine(cookie, b"t" * SECRET_BYTES, HASH, NOW)


@given(st.text(max_size=700))
def test_no_text_is_taken_for_a_session_it_is_not(text: str) -> None:
    assert not is_genuine(text, SECRET, HASH, NOW)


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    secret = load_secret(tmp_path)
    assert load_secret(tmp_path) == secret
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(b"cut")
    assert len(load_secret(tmp_path)) == SECRET_BYTES
