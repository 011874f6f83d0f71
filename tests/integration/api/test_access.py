"""Who may do what through the API: every route with every scope, without a key, and by log-in."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_receiver.domain.roles import Reader, Role
from cloud_receiver.domain.scopes import Scope
from cloud_receiver.store import api_keys
from cloud_receiver.web.api import transport
from cloud_receiver.web.api.caller import ANY_SCOPE
from cloud_receiver.web.api.service import PREFIX, document
from cloud_receiver.web.gate import is_open
from cloud_receiver.web.limits import RateLimit
from cloud_receiver.web.sessions import COOKIE, Session
from sync.errors import DakaError
from tests.browser.serving import routes_of

VALUES = {"employee_id": "E1", "store_id": "S1", "work_date": "2026-11-23", "period": "2026-11",
          "export_no": "1", "campaign_id": "c", "kind": "stores"}  # fmt: skip


def _operations(office: Any) -> list[tuple[str, str, str]]:
    """Return (method, address, scope) of every operation there is."""
    found = []
    for path, methods in document(office.api)["paths"].items():
        for method, operation in methods.items():
            kind = "punches" if path.startswith("/history") else "stores"
            address = path.format(**VALUES | {"kind": kind})
            found.append((method.upper(), PREFIX + address, operation["x-scope"]))
    return found


def _status(office: Any, method: str, address: str, key: str | None) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
    body = {"content": b"{}", "headers": headers | {"Content-Type": "application/json"}}
    return int(office.client.request(method, address, **body).status_code)


def test_every_route_wants_its_own_scope_and_no_other(office) -> None:
    office.client.headers.clear()
    keys = {scope: office.key(scope) for scope in Scope}
    operations = _operations(office)
    assert len(operations) > 25
    for method, address, needed in operations:
        assert _status(office, method, address, None) == 401, address
        assert _status(office, method, address, "daka_x_y") == 401, address
        for scope, key in keys.items():
            status = _status(office, method, address, key)
            is_let_in = needed in (scope, ANY_SCOPE)
            assert (status != 403) == is_let_in, (method, address, scope, status)
            assert status not in (401, 500)


READABLE = {
    Scope.ORGANISATION_READ, Scope.ATTENDANCE_READ, Scope.MONEY_READ, Scope.NOTICES_READ,
    Scope.FLEET_READ, Scope.CHANGES_READ, ANY_SCOPE,
}  # fmt: skip
WRITABLE = {Scope.ORGANISATION_WRITE, Scope.ATTENDANCE_WRITE}
MATRIX: dict[Role, tuple[set[Scope], set[Scope]]] = {
    Role.ADMINISTRATOR: (READABLE, WRITABLE),
    Role.HR: (READABLE, WRITABLE),
    Role.FINANCE: (READABLE - {Scope.FLEET_READ}, set()),
    Role.AUDITOR: (READABLE, set()),
    Role.SUPERVISOR: (set(), set()),
    Role.SALESPERSON: (set(), set()),
}
"""What each role may read and write, as people decided it; kept apart from the code on purpose."""


def test_every_route_and_every_role_answer_as_was_decided(office) -> None:
    office.client.headers.clear()
    office.client.headers["Cookie"] = f"{COOKIE}=x"
    assert set(MATRIX) == set(Role), "a new role is decided here"
    operations = _operations(office)
    assert {needed for _, _, needed in operations} <= READABLE | WRITABLE, (
        "a new scope is decided here"
    )
    for role, (readable, writable) in MATRIX.items():
        office.session = Session("li", 0, "n", Reader(role))
        for method, address, needed in operations:
            status = _status(office, method, address, None)
            is_let_in = needed in (readable if method == "GET" else writable)
            assert (status != 403) == is_let_in, (role, method, address, status)
            assert status not in (401, 500)


def test_no_route_is_left_out_of_the_document_or_declares_no_scope(office) -> None:
    published = {
        (method.upper(), path)
        for path, methods in document(office.api)["paths"].items()
        for method in methods
    }
    served = {
        (method, path)
        for path, methods in routes_of(office.api.routes)
        for method in methods
        if method not in ("HEAD", "OPTIONS")
    }
    assert served == published


def test_another_site_can_change_nothing_with_a_person_s_cookie(office) -> None:
    office.client.headers.clear()
    office.session = Session("li", 0, "n", Reader(Role.ADMINISTRATOR))
    office.client.headers["Cookie"] = f"{COOKIE}=x"
    answer = office.client.request(
        "PUT", f"{PREFIX}/employees/E1", json={}, headers={"Origin": "https://evil.example"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_keys_open_the_api_and_nothing_else(office) -> None:
    answer = office.client.get("/ledger")
    assert (answer.status_code, answer.text) == (401, "log in first")
    assert not is_open(f"{PREFIX}/stores")


def test_a_key_is_kept_as_a_hash_and_can_be_revoked(office) -> None:
    key = office.key(Scope.FLEET_READ, name="monitor")
    (kept,) = [one for one in office.reading(api_keys.listed) if one.name == "monitor"]
    assert key.split("_")[2] not in repr(office.table(_table()))
    assert kept.scopes == {Scope.FLEET_READ}
    office.use(key)
    office.get("/boxes")
    office.writing(lambda c: api_keys.revoke(c, "monitor", office.now_utc_ms))
    assert office.get("/boxes", 401)["code"] == "unauthenticated"
    with pytest.raises(DakaError, match="no key 'monitor'"):
        office.writing(lambda c: api_keys.revoke(c, "monitor", office.now_utc_ms))
    with pytest.raises(DakaError, match="is, or was"):
        office.key(Scope.FLEET_READ, name="monitor")


def _table() -> Any:
    from cloud_receiver.store import tables

    return tables.api_key


def test_who_asks_too_much_waits(office) -> None:
    big = b"x" * (transport.MAX_BODY_BYTES + 1)
    answer = office.client.post(f"{PREFIX}/imports/stores", content=big)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    office.serve(RateLimit(2, 60, lambda: 0.0))
    office.get("/me")
    office.get("/me")
    answer = office.client.get(f"{PREFIX}/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
