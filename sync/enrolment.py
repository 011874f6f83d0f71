"""How a new box is let in: the claim code, the exchange that redeems it, and renewal.

Headquarters makes a claim code for a store; an installer types it or scans it. The box makes
its own key and sends a signing request; headquarters answers with the certificate and what
the box needs to know. The secret half of the code is never sent: it keys a digest over the
request and another over the answer, so that the exchange needs no protected line, and a
copied request lets nobody else in. Renewal is signed with the key that is still good.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sync.errors import WireError

VERSION: Final = 1
MAX_DOCUMENT_BYTES: Final = 32_768
ENROL_PATH: Final = "/enrol"
RENEW_PATH: Final = "/enrol/renew"
ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Five bits a letter; without I, O, 0 and 1, which are mistaken for one another."""
_GROUP: Final = 5
_ID_LETTERS: Final = 5
_SECRET_LETTERS: Final = 20  # 100 bits: no guess and no search through copied requests finds it
_MISREAD: Final = str.maketrans({"0": "Q", "O": "Q", "1": "L", "I": "L"})


@dataclass(frozen=True, slots=True)
class ClaimCode:
    """A one-time code: an id that may be shown, and a secret that may not.

    >>> ClaimCode.parse("https://hq.example:8080/enrol#ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2").claim_id
    'ABCDE'
    """

    claim_id: str
    secret: str

    @classmethod
    def from_random(cls, random: bytes) -> ClaimCode:
        """Make a code of at least 25 random bytes."""
        letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in random)
        assert len(letters) >= _ID_LETTERS + _SECRET_LETTERS, "too little to make a code of"
        return cls(letters[:_ID_LETTERS], letters[_ID_LETTERS : _ID_LETTERS + _SECRET_LETTERS])

    @classmethod
    def parse(cls, text: str) -> ClaimCode:
        """Read a code as typed, or the address a QR code holds.

        Raises:
            WireError: `claim_code` when it is none.
        """
        typed = text.rpartition("#")[2].upper()
        letters = re.sub(r"[\s-]", "", typed).translate(_MISREAD)
        whole = _ID_LETTERS + _SECRET_LETTERS
        if len(letters) != whole or not set(letters) <= set(ALPHABET):
            raise WireError(
                "claim_code", f"a claim code has {whole} letters and digits, not {len(letters)}"
            )
        return cls(letters[:_ID_LETTERS], letters[_ID_LETTERS:])

    def text(self) -> str:
        """Return the code as it is printed, in groups of five."""
        letters = self.claim_id + self.secret
        return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))

    @property
    def key(self) -> bytes:
        """Return what requests and answers are signed with; headquarters keeps this alone."""
        return sha256(f"daka claim {self.secret}".encode()).digest()


def address_of(text: str) -> str | None:
    """Return the address before the code, None when only a code was typed."""
    address, found, _ = text.rpartition("#")
    return address.removesuffix(ENROL_PATH) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a box asks: the claim it redeems and a PEM signing request of its own key."""

    claim_id: str
    csr: str

    def sign(self, key: bytes) -> bytes:
        """Return the document to send."""
        body = {"v": VERSION, "claim": self.claim_id, "csr": self.csr}
        return _document(body | {"mac": _mac(key, "request", body)})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request as it came; `is_genuine` tells whether the code's owner wrote it."""

    request: Request
    mac: str

    def is_genuine(self, key: bytes) -> bool:
        """Tell whether it was signed with the key of the claim it names."""
        body = {"v": VERSION, "claim": self.request.claim_id, "csr": self.request.csr}
        return hmac.compare_digest(_mac(key, "request", body), self.mac)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a box learns when it is let in.

    Attributes:
        certificate: PEM, for the key the box made.
        authority: PEM of the one authority the box trusts from now on.
        broker: address of the broker, as settings write it.
    """

    org: str
    box_id: str
    store_id: str
    zone: str
    broker: str
    certificate: str
    authority: str

    def sign(self, key: bytes, csr: str) -> bytes:
        """Return the document to send in answer to the request with this signing request."""
        body = _admission_body(self, csr)
        return _document(body | {"mac": _mac(key, "admission", body)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A signing request for a new key, vouched for with the key that is still good.

    Attributes:
        certificate: PEM of the present certificate.
        signature: hex of ECDSA with SHA-256 by the present key over `csr`.
    """

    certificate: str
    csr: str
    signature: str

    def to_bytes(self) -> bytes:
        """Return the document to send."""
        return _document(
            {
                "v": VERSION,
                "certificate": self.certificate,
                "csr": self.csr,
                "signature": self.signature,
            }
        )


def decode_request(raw: bytes) -> SignedRequest:
    """Read a box's request.

    Raises:
        WireError: it is none.
    """
    body = _load(raw, ("claim", "csr", "mac"))
    return SignedRequest(request=Request(claim_id=body["claim"], csr=body["csr"]), mac=body["mac"])


def decode_admission(raw: bytes, key: bytes, csr: str) -> Admission:
    """Read headquarters' answer to the request with this signing request.

    Raises:
        WireError: it is none, or who wrote it does not know the claim code.
    """
    names = tuple(name for name in _ADMISSION if name != "mac")
    body = _load(raw, (*names, "mac"))
    admission = Admission(
        org=body["org"],
        box_id=body["box"],
        store_id=body["store"],
        zone=body["zone"],
        broker=body["broker"],
        certificate=body["certificate"],
        authority=body["authority"],
    )
    wanted = _mac(key, "admission", _admission_body(admission, csr))
    if not hmac.compare_digest(wanted, body["mac"]):
        raise WireError(
            "answer_not_genuine", "whoever answered does not know the claim code; check the address"
        )
    return admission


def decode_renewal(raw: bytes) -> Renewal:
    """Read a box's renewal.

    Raises:
        WireError: it is none.
    """
    body = _load(raw, ("certificate", "csr", "signature"))
    return Renewal(certificate=body["certificate"], csr=body["csr"], signature=body["signature"])


_ADMISSION: Final = ("org", "box", "store", "zone", "broker", "certificate", "authority")


def _admission_body(admission: Admission, csr: str) -> dict[str, Any]:
    return {
        "v": VERSION,
        "org": admission.org,
        "box": admission.box_id,
        "store": admission.store_id,
        "zone": admission.zone,
        "broker": admission.broker,
        "certificate": admission.certificate,
        "authority": admission.authority,
        "csr_sha256": sha256(csr.encode()).hexdigest(),
    }


def _document(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()


def _mac(key: bytes, purpose: str, body: Mapping[str, Any]) -> str:
    return hmac.new(key, purpose.encode() + b"\n" + _document(body), sha256).hexdigest()


def _load(raw: bytes, names: tuple[str, ...]) -> dict[str, str]:
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise WireError("size", f"{len(raw)} bytes, at most {MAX_DOCUMENT_BYTES} are read")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise WireError("json", "no JSON document") from error
    if not isinstance(body, dict) or body.get("v") != VERSION:
        raise WireError("version", f"no enrolment document of version {VERSION}")
    for name in names:
        if not isinstance(body.get(name), str) or not body[name]:
            raise WireError("field", f"{name} is missing or no text")
    return body
