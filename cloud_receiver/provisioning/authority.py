"""Headquarters' own certificate authority: signs for boxes, receivers and the broker.

Its key never leaves headquarters' data folder. Boxes make their own keys and send signing
requests; whatever a request says about names is ignored, for the claim decides the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.errors import DakaError, WireError
from sync.secret_file import write_secret

AUTHORITY_LIFE: Final = timedelta(days=20 * 365)
LIFE: Final = timedelta(days=398)
CRL_LIFE: Final = timedelta(days=3650)
"""A broker refuses everybody when its list has expired, so the list outlives the visits."""
BACKDATED: Final = timedelta(days=1)
"""Clocks of boxes differ; a certificate is good a little before it was made."""


class Role(StrEnum):
    """Whom a certificate is for."""

    BOX = "box"
    RECEIVER = "receiver"
    BROKER = "broker"


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that is good no longer."""

    serial: int
    at_utc: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A new certificate."""

    pem: str
    serial_hex: str
    not_after_utc: datetime


class Authority:
    """The authority in a folder: ``authority.pem`` for everybody, ``authority.key`` for nobody.

    Raises:
        DakaError: there is none in the folder; `found` makes one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
            key = serialization.load_pem_private_key(
                (folder / "authority.key").read_bytes(), password=None
            )
        except OSError as error:
            raise DakaError(
                f"no certificate authority in {folder}: run daka-hq broker-config first"
            ) from error
        assert isinstance(key, ec.EllipticCurvePrivateKey), "authority.key is ours"
        self._key = key

    @classmethod
    def found(cls, folder: Path, org: str, now_utc: datetime) -> Authority:
        """Return the authority in a folder, made when there is none."""
        if not (folder / "authority.key").exists():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Daka {org}")])
            certificate = (
                x509.CertificateBuilder()
                .subject_name(name)
                .issuer_name(name)
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now_utc - BACKDATED)
                .not_valid_after(now_utc + AUTHORITY_LIFE)
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(_usage(signs=True), critical=True)
                .add_extension(
                    x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
                )
                .sign(key, hashes.SHA256())
            )
            write_secret(folder / "authority.key", private_pem(key))
            (folder / "authority.pem").write_bytes(
                certificate.public_bytes(serialization.Encoding.PEM)
            )
        return cls(folder)

    @property
    def certificate_file(self) -> Path:
        """Return where the authority's certificate is; it is no secret."""
        return self.folder / "authority.pem"

    @property
    def pem(self) -> str:
        """Return the authority's certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(
        self,
        public_key: ec.EllipticCurvePublicKey,
        subject: str,
        role: Role,
        now_utc: datetime,
        hosts: tuple[str, ...] = (),
    ) -> Issued:
        """Sign a certificate.

        Args:
            hosts: names and addresses the broker answers to.
        """
        not_after_utc = now_utc + LIFE
        serves = role is Role.BROKER
        use = ExtendedKeyUsageOID.SERVER_AUTH if serves else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now_utc - BACKDATED)
            .not_valid_after(not_after_utc)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        return Issued(pem, f"{certificate.serial_number:x}", not_after_utc)

    def revocation_list(self, revoked: list[Revoked], now_utc: datetime) -> bytes:
        """Return the signed PEM list of what is good no longer."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now_utc - BACKDATED)
            .next_update(now_utc + CRL_LIFE)
        )
        for one in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(one.serial)
                .revocation_date(one.at_utc)
                .build()
            )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def subject_of(self, pem: str) -> tuple[str, str]:
        """Return serial and subject of a certificate this authority signed, whatever its age.

        Raises:
            WireError: it is none of ours.
        """
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise WireError("certificate", "not one of this authority") from error
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return f"{certificate.serial_number:x}", str(name.value)


def public_key_of(csr: str) -> ec.EllipticCurvePublicKey:
    """Return the key of a signing request that was made by the key's owner.

    Raises:
        WireError: it is no such request.
    """
    try:
        request = x509.load_pem_x509_csr(csr.encode())
    except ValueError as error:
        raise WireError("csr", "no PEM signing request") from error
    key = request.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not request.is_signature_valid:
        raise WireError("csr", "must be for an elliptic-curve key and signed with it")
    return key


def is_vouched(pem: str, csr: str, signature_hex: str) -> bool:
    """Tell whether a signing request was signed with the key of a certificate of ours."""
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey), "we sign no others"
    try:
        key.verify(bytes.fromhex(signature_hex), csr.encode(), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as PEM, unprotected: the file's mode protects it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
