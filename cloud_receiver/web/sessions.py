"""Who is logged in: a signed cookie and the secret that signs it.

`store.sessions` has which log-ins are open. The cookie is sealed with the account's password hash and its access too, so a changed
password or role, or a removed account, ends every session of it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.store import keyfiles

COOKIE: Final = "daka_session"
MAX_AGE_S: Final = 12 * 3600
_MAX_COOKIE: Final = 600
_KEPT_IN: Final = "web-secret"


NOBODY: Final = Reader(Role.SALESPERSON)


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in.

    Attributes:
        issued_s: when, in seconds since 1970 of the machine's clock.
        nonce: names this log-in, so that logging out ends it and no other.
        reader: what the account may see; `NOBODY` in what a cookie merely claims.
    """

    login: str
    issued_s: int
    nonce: str
    reader: Reader = NOBODY

    @property
    def expires_s(self) -> int:
        """Return when it ends by itself."""
        return self.issued_s + MAX_AGE_S


def begin(login: str, now_s: int) -> Session:
    """Return a new session of `login`."""
    return Session(login, now_s, token_hex(8))


def sign(session: Session, secret: bytes, sealed_with: str) -> str:
    """Return the cookie's value."""
    name = urlsafe_b64encode(session.login.encode()).decode()
    claim = f"{name}.{session.issued_s}.{session.nonce}"
    return f"{claim}.{_seal(claim, secret, sealed_with)}"


def claimed(cookie: str) -> Session | None:
    """Read what a cookie claims, unproven; None when it is no such cookie."""
    parts = cookie.split(".")
    if len(cookie) > _MAX_COOKIE or len(parts) != 4 or not parts[1].isdecimal():
        return None
    try:
        login = urlsafe_b64decode(parts[0]).decode()
    except ValueError:
        return None
    return Session(login, int(parts[1]), parts[2])


def is_genuine(cookie: str, secret: bytes, sealed_with: str, now_s: int) -> bool:
    """Tell whether `cookie` was signed here for this account and has not expired."""
    session = claimed(cookie)
    claim, _, seal = cookie.rpartition(".")
    return (
        session is not None
        and hmac.compare_digest(seal.encode(), _seal(claim, secret, sealed_with).encode())
        and session.issued_s <= now_s < session.expires_s
    )


def _seal(claim: str, secret: bytes, sealed_with: str) -> str:
    return hmac.new(secret, f"{claim}\n{sealed_with}".encode(), sha256).hexdigest()


def load_secret(data_dir: Path) -> bytes:
    """Return the secret that signs sessions, made at the first call."""
    return keyfiles.load(data_dir / _KEPT_IN)


def forget_secret(data_dir: Path) -> None:
    """End every session: what was signed before is good no longer."""
    (data_dir / _KEPT_IN).unlink(missing_ok=True)
