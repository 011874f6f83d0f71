"""Claim codes and the exchange that redeems them: nobody without the code gets in or answers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.enrolment import (
    MAX_DOCUMENT_BYTES,
    Admission,
    ClaimCode,
    Renewal,
    Request,
    address_of,
    decode_admission,
    decode_renewal,
    decode_request,
)
from sync.errors import WireError

CODE = ClaimCode.from_random(bytes(range(25)))
CSR = "-----BEGIN CERTIFICATE REQUEST-----\n"
ADMISSION = Admission(
    org="acme",
    box_id="box-001",
    store_id="S001",
    zone="Asia/Shanghai",
    broker="mqtts://hq.example:8883",
    certificate="cert",
    authority="ca",
)


@given(st.binary(min_size=25, max_size=40))
def test_a_code_survives_printing_and_typing(random: bytes) -> None:
    code = ClaimCode.from_random(random)
    assert ClaimCode.parse(code.text()) == code
    assert ClaimCode.parse(f" {code.text().lower().replace('-', ' ')} ") == code
    assert ClaimCode.parse(f"https://hq.example/enrol#{code.text()}") == code


@pytest.mark.parametrize("typed", ["", "ABCDE", "ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ!", "A" * 26])
def test_what_is_no_code_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(WireError, match="claim_code"):
        ClaimCode.parse(typed)


def test_the_address_stands_before_the_code() -> None:
    assert address_of(f"http://hq:8080/enrol#{CODE.text()}") == "http://hq:8080"
    assert address_of(CODE.text()) is None


def test_the_secret_is_never_sent() -> None:
    sent = Request(claim_id=CODE.claim_id, csr=CSR).sign(CODE.key)
    assert CODE.secret.encode() not in sent
    assert CODE.key.hex().encode() not in sent


def test_a_request_is_genuine_only_with_the_code() -> None:
    signed = decode_request(Request(claim_id=CODE.claim_id, csr=CSR).sign(CODE.key))
    assert signed.is_genuine(CODE.key)
    assert not signed.is_genuine(replace(CODE, secret="B" * 20).key)
    other = replace(signed, request=replace(signed.request, csr=CSR + "x"))
    assert not other.is_genuine(CODE.key)


def test_an_answer_is_taken_only_from_who_knows_the_code_and_for_this_request() -> None:
    answer = ADMISSION.sign(CODE.key, CSR)
    assert decode_admission(answer, CODE.key, CSR) == ADMISSION
    with pytest.raises(WireError, match="answer_not_genuine"):
        decode_admission(answer, b"another key", CSR)
    with pytest.raises(WireError, match="answer_not_genuine"):
        decode_admission(answer, CODE.key, CSR + "x")


@pytest.mark.parametrize(
    "name", ["org", "box", "store", "zone", "broker", "certificate", "authority"]
)
def test_no_part_of_an_answer_can_be_changed_on_the_way(name: str) -> None:
    body = json.loads(ADMISSION.sign(CODE.key, CSR))
    body[name] = "mallory"
    with pytest.raises(WireError, match="answer_not_genuine"):
        decode_admission(json.dumps(body).encode(), CODE.key, CSR)


def test_a_renewal_survives_the_wire() -> None:
    renewal = Renewal(certificate="cert", csr=CSR, signature="00ff")
    assert decode_renewal(renewal.to_bytes()) == renewal


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"v": 2, "claim": "A", "csr": "B", "mac": "C"}',
        b'{"v": 1, "claim": "A", "csr": "B"}',
        b'{"v": 1, "claim": 7, "csr": "B", "mac": "C"}',
        b" " * (MAX_DOCUMENT_BYTES + 1),
    ],
)
def test_junk_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(WireError):
        decode_request(raw)
