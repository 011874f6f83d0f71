"""Claims and certificates in the database: made, redeemed once, withdrawn, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from cloud_receiver.store.tables import certificate, claim
from sync.enrolment import ClaimCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A one-time code as headquarters knows it.

    Attributes:
        csr_sha256: of the request that redeemed it; None: not redeemed.
    """

    claim_id: str
    key: bytes
    box_id: str
    store_id: str
    author: str
    created_utc_ms: int
    expires_utc_ms: int
    csr_sha256: str | None
    certificate: str | None
    redeemed_utc_ms: int | None
    withdrawn_utc_ms: int | None


class Certificate(NamedTuple):
    """A certificate that was issued."""

    serial_hex: str
    subject: str
    role: str
    not_after_utc_ms: int
    issued_utc_ms: int
    issued_for: str
    revoked_utc_ms: int | None
    revoked_why: str


def make_claim(
    connection: Connection,
    code: ClaimCode,
    *,
    box_id: str,
    store_id: str,
    author: str,
    now_utc_ms: int,
    good_for_ms: int,
) -> None:
    """Store a new claim; an older one of the same box that was not redeemed is withdrawn."""
    connection.execute(
        update(claim)
        .where(
            claim.c.box_id == box_id,
            claim.c.redeemed_utc_ms.is_(None),
            claim.c.withdrawn_utc_ms.is_(None),
        )
        .values(withdrawn_utc_ms=now_utc_ms)
    )
    connection.execute(
        insert(claim).values(
            claim_id=code.claim_id,
            key=code.key,
            box_id=box_id,
            store_id=store_id,
            author=author,
            created_utc_ms=now_utc_ms,
            expires_utc_ms=now_utc_ms + good_for_ms,
        )
    )


def find_claim(connection: Connection, claim_id: str) -> Claim | None:
    """Return a claim, locked until the end of the transaction."""
    query = select(claim).where(claim.c.claim_id == claim_id).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Claim(**row)


def redeem(
    connection: Connection, claim_id: str, csr_sha256: str, pem: str, now_utc_ms: int
) -> None:
    """Note that a claim is used up, and the answer it earned."""
    connection.execute(
        update(claim)
        .where(claim.c.claim_id == claim_id)
        .values(csr_sha256=csr_sha256, certificate=pem, redeemed_utc_ms=now_utc_ms)
    )


def withdraw_claim(connection: Connection, claim_id: str, now_utc_ms: int) -> bool:
    """Make a claim that was not redeemed useless; return whether there was one."""
    done = connection.execute(
        update(claim)
        .where(
            claim.c.claim_id == claim_id,
            claim.c.redeemed_utc_ms.is_(None),
            claim.c.withdrawn_utc_ms.is_(None),
        )
        .values(withdrawn_utc_ms=now_utc_ms)
    )
    return bool(done.rowcount)


def claims(connection: Connection) -> list[Claim]:
    """Return all claims, the newest first."""
    query = select(claim).order_by(claim.c.created_utc_ms.desc())
    return [Claim(**row) for row in connection.execute(query).mappings()]


def note_certificate(connection: Connection, issued: Certificate) -> None:
    """Store what was issued: only what stands here can be revoked or renewed."""
    connection.execute(insert(certificate).values(issued._asdict()))


def find_certificate(connection: Connection, serial_hex: str) -> Certificate | None:
    """Return a certificate by its serial number."""
    row = connection.execute(
        select(certificate).where(certificate.c.serial_hex == serial_hex)
    ).one_or_none()
    return None if row is None else Certificate(*row)


def certificates(connection: Connection) -> list[Certificate]:
    """Return every certificate, by subject, the newest first."""
    rows = connection.execute(
        select(certificate).order_by(certificate.c.subject, certificate.c.issued_utc_ms.desc())
    )
    return [Certificate(*row) for row in rows]


def revoke(connection: Connection, subject: str, why: str, now_utc_ms: int) -> int:
    """Revoke every certificate of a subject; return how many were good until now."""
    done = connection.execute(
        update(certificate)
        .where(certificate.c.subject == subject, certificate.c.revoked_utc_ms.is_(None))
        .values(revoked_utc_ms=now_utc_ms, revoked_why=why)
    )
    return done.rowcount


def revoked(connection: Connection) -> list[Certificate]:
    """Return what was revoked."""
    rows = connection.execute(
        select(certificate)
        .where(certificate.c.revoked_utc_ms.is_not(None))
        .order_by(certificate.c.serial_hex)
    )
    return [Certificate(*row) for row in rows]
