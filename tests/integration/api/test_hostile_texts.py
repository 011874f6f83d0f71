"""Characters that are none: refused at the door on both databases, never a trouble later on."""

from __future__ import annotations

import json

import pytest

from tests.integration.api.conftest import MONDAY, Office

NOT_TEXT = ("\\u0000", "a\\ud800b", "\\u0008")


@pytest.mark.parametrize("text", NOT_TEXT)
def test_an_entry_with_what_is_no_character_is_refused(office: Office, text: str) -> None:
    leave = {"kind": "leave", "employee_id": "E1", "purpose": "sick", "first_date": MONDAY,
             "last_date": MONDAY}  # fmt: skip
    said = {"kind": "feedback", "channel": "wechat", "msg_id": "M1", "store_id": "S1",
            "said_utc_ms": 1_764_000_000_000}  # fmt: skip
    for entry, field in ((leave, "reason"), (said, "text"), (said, "tags"), (leave, "employee_id"),
                         (said, "msg_id"), (leave, "client_id")):  # fmt: skip
        value: object = ["MARK"] if field == "tags" else "MARK"
        content = json.dumps({**entry, field: value}).replace("MARK", text)
        headers = {"content-type": "application/json"}
        answer = office.client.post("/api/v1/entries", content=content, headers=headers)
        assert answer.status_code == 422, (field, answer.status_code, answer.text)
    office.evaluate()


@pytest.mark.parametrize("path", [
    "/punches?employee_id=%00", "/days/%00/2026-11-23", "/why?entry_id=%00", "/punches?after=%00",
    "/campaigns/%ED%A0%80", "/campaigns/%00",
])  # fmt: skip
def test_an_address_with_what_is_no_character_is_refused(office: Office, path: str) -> None:
    assert office.client.get(f"/api/v1{path}").status_code in {400, 404, 422}
