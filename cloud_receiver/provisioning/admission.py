"""Letting boxes in: a claim redeemed, a certificate renewed, one revoked.

Each is one transaction, and safe to repeat: the same request again gets the same answer, for
an answer may be lost on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Engine

from cloud_receiver.domain.workday import instant, utc_ms
from cloud_receiver.provisioning.authority import (
    Authority,
    Issued,
    Revoked,
    Role,
    is_vouched,
    public_key_of,
)
from cloud_receiver.store import certificates, names
from cloud_receiver.store.certificates import Certificate, Claim
from cloud_receiver.store.engine import read, write
from sync.enrolment import Admission, SignedRequest, decode_renewal, decode_request
from sync.errors import WireError

RENEWABLE_AFTER: Final = timedelta(days=90)
"""A box that was in a closed store may still renew this long after its certificate ended."""


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Lets boxes of one organisation in.

    Attributes:
        broker: the address boxes are given, as their settings write it.
    """

    engine: Engine
    authority: Authority
    org: str
    broker: str

    def admit(self, raw: bytes, now_utc: datetime) -> bytes:
        """Redeem a claim; return the answer for the box.

        Raises:
            WireError: with the reason a person at the box needs.
        """
        asked = decode_request(raw)
        request = asked.request
        key = public_key_of(request.csr)
        csr_sha256 = sha256(request.csr.encode()).hexdigest()
        with write(self.engine) as connection:
            claim = _open_claim(connection, asked, csr_sha256, utc_ms(now_utc))
            pem = claim.certificate
            if pem is None:
                issued = self.authority.issue(key, claim.box_id, Role.BOX, now_utc)
                note_issued(
                    connection, issued, claim.box_id, Role.BOX, f"claim:{claim.claim_id}", now_utc
                )
                certificates.redeem(
                    connection, claim.claim_id, csr_sha256, issued.pem, utc_ms(now_utc)
                )
                pem = issued.pem
            zone = names.zone(connection, claim.store_id)
        return Admission(
            org=self.org,
            box_id=claim.box_id,
            store_id=claim.store_id,
            zone=zone,
            broker=self.broker,
            certificate=pem,
            authority=self.authority.pem,
        ).sign(claim.key, request.csr)

    def renew(self, raw: bytes, now_utc: datetime) -> bytes:
        """Issue a certificate for a box's next key; the present one stays good to its end.

        Raises:
            WireError: with the reason a person at the box needs.
        """
        renewal = decode_renewal(raw)
        serial_hex, subject = self.authority.subject_of(renewal.certificate)
        key = public_key_of(renewal.csr)
        if not is_vouched(renewal.certificate, renewal.csr, renewal.signature):
            raise WireError("signature", "the request was not signed with the present key")
        with write(self.engine) as connection:
            present = certificates.find_certificate(connection, serial_hex)
            _require_renewable(present, now_utc)
            issued = self.authority.issue(key, subject, Role.BOX, now_utc)
            note_issued(connection, issued, subject, Role.BOX, f"renewal:{serial_hex}", now_utc)
        return issued.pem.encode()


def revoke(engine: Engine, subject: str, why: str, now_utc: datetime) -> int:
    """Revoke every certificate of a box; return how many were good until now."""
    with write(engine) as connection:
        return certificates.revoke(connection, subject, why, utc_ms(now_utc))


def revocation_list(engine: Engine, authority: Authority, now_utc: datetime) -> bytes:
    """Return the list the broker must have to turn revoked boxes away."""
    with read(engine) as connection:
        gone = [
            Revoked(int(one.serial_hex, 16), instant(one.revoked_utc_ms))
            for one in certificates.revoked(connection)
            if one.revoked_utc_ms is not None
        ]
    return authority.revocation_list(gone, now_utc)


def _open_claim(
    connection: Connection, asked: SignedRequest, csr_sha256: str, now_utc_ms: int
) -> Claim:
    """Return the claim a request may redeem; who does not know the code learns nothing of it."""
    claim = certificates.find_claim(connection, asked.request.claim_id)
    if claim is None or not asked.is_genuine(claim.key):
        raise WireError("claim_unknown", "no claim has this code; read it again from headquarters")
    if claim.withdrawn_utc_ms is not None:
        raise WireError("claim_withdrawn", "this code was withdrawn; ask for a new one")
    if claim.csr_sha256 not in (None, csr_sha256):
        raise WireError("claim_used", "this code let a box in already; ask for a new one")
    if claim.csr_sha256 is None and claim.expires_utc_ms <= now_utc_ms:
        raise WireError("claim_expired", "this code has expired; ask for a new one")
    return claim


def _require_renewable(present: Certificate | None, now_utc: datetime) -> None:
    if present is None or present.role != Role.BOX:
        raise WireError("certificate", "headquarters did not issue it to a box")
    if present.revoked_utc_ms is not None:
        raise WireError("certificate_revoked", "headquarters revoked it; ask for a new claim code")
    if instant(present.not_after_utc_ms) + RENEWABLE_AFTER < now_utc:
        raise WireError("certificate_expired", "it ended too long ago; ask for a new claim code")


def note_issued(
    connection: Connection,
    issued: Issued,
    subject: str,
    role: Role,
    issued_for: str,
    now_utc: datetime,
) -> None:
    """Store what the authority issued."""
    certificates.note_certificate(
        connection,
        Certificate(
            serial_hex=issued.serial_hex,
            subject=subject,
            role=role.value,
            not_after_utc_ms=utc_ms(issued.not_after_utc),
            issued_utc_ms=utc_ms(now_utc),
            issued_for=issued_for,
            revoked_utc_ms=None,
            revoked_why="",
        ),
    )
