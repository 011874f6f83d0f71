"""The box's identity: its key is made here and never leaves; headquarters signs for it.

Key and certificate stand in one file, so that a renewed pair replaces the old one in one
step. The library this needs weighs much: the running agent leaves renewal to a process of
its own (`agent.renewal`).
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.enrolment import (
    ENROL_PATH,
    MAX_DOCUMENT_BYTES,
    RENEW_PATH,
    Admission,
    ClaimCode,
    Renewal,
    Request,
    decode_admission,
)
from sync.errors import DakaError
from sync.ownership import PRIVATE, hand_over
from sync.secret_file import write_secret

FOLDER: Final = "identity"
"""In the data folder: the service renews by itself, and may write nowhere else."""
IDENTITY: Final = "box.pem"
AUTHORITY: Final = "authority.pem"
RENEW_AT: Final = 2 / 3
"""Of a certificate's life: a third of it is left to reach headquarters in."""
TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Life:
    """From when to when a certificate is good."""

    not_before_utc: datetime
    not_after_utc: datetime

    def is_due(self, now_utc: datetime) -> bool:
        """Tell whether it is time to renew."""
        return (
            now_utc >= self.not_before_utc + (self.not_after_utc - self.not_before_utc) * RENEW_AT
        )

    def left(self, now_utc: datetime) -> timedelta:
        """Return how long it is still good."""
        return self.not_after_utc - now_utc


def enrol(address: str, code: ClaimCode, folder: Path) -> Admission:
    """Redeem a claim code: make a key, have it signed, store both and the authority.

    Safe to repeat after a lost answer: the key is kept until the answer is here.

    Args:
        address: of headquarters' pages, ``https://...`` or ``http://...``.

    Raises:
        DakaError: headquarters does not answer, or refuses; the message says why.
    """
    parent = next(one for one in folder.absolute().parents if one.exists())
    folder.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    folder.mkdir(exist_ok=True)
    waiting = folder / f"claim-{code.claim_id}.key"
    key = _load_key(waiting) if waiting.exists() else ec.generate_private_key(ec.SECP256R1())
    write_secret(waiting, _private_pem(key))
    csr_file = waiting.with_suffix(".csr")
    if not csr_file.exists():  # signatures differ each time; the same request gets its answer again
        csr_file.write_text(_csr(key))
    csr = csr_file.read_text()
    request = Request(claim_id=code.claim_id, csr=csr).sign(code.key)
    answer = decode_admission(_post(address + ENROL_PATH, request), code.key, csr)
    _store(folder / IDENTITY, key, answer.certificate, answer.authority)
    (folder / AUTHORITY).write_text(answer.authority)
    waiting.unlink()
    csr_file.unlink()
    hand_over(folder, parent)
    return answer


def renew(address: str, identity: Path, authority: Path) -> Life:
    """Replace the key and the certificate; the old pair is good until the new one is stored.

    Raises:
        DakaError: headquarters does not answer, or refuses; nothing was changed.
    """
    present = identity.read_bytes()
    old_key = _private_key(present)
    key = ec.generate_private_key(ec.SECP256R1())
    csr = _csr(key)
    renewal = Renewal(
        certificate=_certificate(present).public_bytes(serialization.Encoding.PEM).decode(),
        csr=csr,
        signature=old_key.sign(csr.encode(), ec.ECDSA(hashes.SHA256())).hex(),
    )
    pem = _post(address + RENEW_PATH, renewal.to_bytes()).decode("ascii", errors="replace")
    _store(identity, key, pem, authority.read_text())
    hand_over(identity, identity.parent)
    return life_of(identity)


def life_of(identity: Path) -> Life:
    """Return from when to when the certificate in a file is good.

    Raises:
        DakaError: the file cannot be read or holds none.
    """
    try:
        certificate = _certificate(identity.read_bytes())
    except (OSError, ValueError) as error:
        raise DakaError(f"{identity} holds no certificate: {error}") from error
    return Life(certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def _store(identity: Path, key: ec.EllipticCurvePrivateKey, pem: str, authority: str) -> None:
    """Store a pair after making sure that it is one, and signed by whom we trust."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.encode()))
    except (ValueError, TypeError, InvalidSignature) as error:
        raise DakaError("headquarters' answer is no certificate of its authority") from error
    if certificate.public_key() != key.public_key():
        raise DakaError("headquarters' certificate is for another key")
    write_secret(identity, _private_pem(key) + pem.encode())


def _post(address: str, body: bytes) -> bytes:
    if not address.startswith(("http://", "https://")):
        raise DakaError(f"{address!r}: headquarters' address begins with https:// or http://")
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        address, data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return bytes(answer.read(MAX_DOCUMENT_BYTES + 1))
    except urllib.error.HTTPError as error:
        raise DakaError(_refusal(address, error)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise DakaError(f"headquarters does not answer at {address}: {reason}") from error


def _refusal(address: str, error: urllib.error.HTTPError) -> str:
    try:
        told = json.loads(error.read(MAX_DOCUMENT_BYTES))
        return f"headquarters refuses ({told['code']}): {told['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{address} answers {error.code}: is it headquarters' address?"


def _csr(key: ec.EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box")])  # headquarters names it
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    return _private_key(path.read_bytes())


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "this module makes no others"
    return key


def _certificate(identity: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificates(identity)[0]
