"""Every address and every role, asked over the wire; and nobody reaches another's own data."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import func, select

from cloud_receiver.domain.photographs import Photograph
from cloud_receiver.domain.roles import DOORS, Reader, Role, door, may_change, may_look
from cloud_receiver.domain.workday import CheckType, utc_ms
from cloud_receiver.store import accounts, feedback_doors, photos, tables, wishes
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.wishes import Wish
from cloud_receiver.web.gate import is_open
from cloud_receiver.web.report_kinds import KINDS
from tests.browser.conftest import Headquarters
from tests.browser.seeding import LATE_ENTRY, LATE_PERSON, NOW, TODAY

SECRET = "keys of every door"
PEOPLE = {
    Role.SALESPERSON: Reader(Role.SALESPERSON, "E101"),
    Role.SUPERVISOR: Reader(Role.SUPERVISOR, None, ("S001",)),
}
_CLOSED_ON_PURPOSE = ("/openapi",)


@pytest.fixture(scope="module")
def clients(headquarters: Headquarters) -> Iterator[dict[Role, httpx.Client]]:
    """Somebody of each role, logged in."""
    found = {}
    for role in Role:
        reader = PEOPLE.get(role, Reader(role))
        accounts.ensure(headquarters.engine, f"the-{role}", SECRET, 0, reader=reader)
        client = httpx.Client(base_url=headquarters.url, timeout=30)
        form = {"login": f"the-{role}", "password": SECRET}
        assert client.post("/login", data=form).status_code == 303
        found[role] = client
    yield found
    for client in found.values():
        client.close()


def _addresses(headquarters: Headquarters) -> list[str]:
    return sorted({re.sub(r"\{[^}]*\}", "x", path) for path, _ in headquarters.routes})


def test_every_address_asks_every_role(
    headquarters: Headquarters, clients: dict[Role, httpx.Client]
) -> None:
    for path in _addresses(headquarters):
        if is_open(path) or path.startswith("/static/"):
            continue
        for role, client in clients.items():
            looked = client.head(path).status_code
            assert (looked in {303, 403}) or may_look(role, path), (role, path, looked)
            assert looked != 403 or not may_look(role, path), (role, path)
            if not may_change(role, path):
                refused = {403} if path != "/" else {303, 403}  # the first page leads home
                assert client.post(path).status_code in refused, (role, path)


def test_no_address_stands_closed_because_nobody_decided(headquarters: Headquarters) -> None:
    named = set(DOORS.values())
    for path in _addresses(headquarters):
        if not is_open(path) and path != "/static/":
            assert door(path) in named, f"{path} is in no row of DOORS"


def test_the_camera_and_the_position_are_for_one_page_only(
    headquarters: Headquarters, clients: dict[Role, httpx.Client]
) -> None:
    form = {"location": "yes", "photo": "yes"}
    client = clients[Role.SALESPERSON]
    client.post("/me/consent", data=form)
    for path in ("/me", "/me/statement", "/me/consent", "/login"):
        powers = client.get(path).headers["permissions-policy"]
        assert "camera=()" in powers
        assert "geolocation=()" in powers
    powers = client.get("/me/checkin").headers["permissions-policy"]
    assert "camera=(self)" in powers
    assert "geolocation=(self)" in powers


def test_a_salesperson_reaches_nobody_elses_entry_photo_or_day(
    headquarters: Headquarters, clients: dict[Role, httpx.Client]
) -> None:
    client, engine = clients[Role.SALESPERSON], headquarters.engine
    entry = f"/me/entry/{LATE_ENTRY.replace('#', '%23')}"
    assert client.get(entry).status_code == 404
    assert client.post(entry, data={"text": "mine, surely"}).status_code == 404
    taken = Photograph(b"another's photo", "0" * 64, ())
    with write(engine) as connection:
        name = photos.keep(connection, taken, LATE_PERSON, "S002", photos.ARRIVAL, utc_ms(NOW))
    assert client.get(f"/me/photo/{name}").status_code == 404
    with read(engine) as connection:
        appeals = connection.scalar(select(func.count()).select_from(tables.appeal))
    assert appeals == 0
    page = client.get(f"/me?employee_id={LATE_PERSON}").text
    assert "王芳" in page
    assert "周杰" not in page


def test_a_supervisor_acts_in_no_other_store(
    headquarters: Headquarters, clients: dict[Role, httpx.Client]
) -> None:
    client, engine = clients[Role.SUPERVISOR], headquarters.engine
    page = client.get("/store?store=S002").text
    assert "人民广场超市" in page
    assert "滨江社区店" not in page
    at = f"{TODAY}T09:00"
    for store_id, who in (("S002", "E201"), ("S001", "E201")):
        form = {"store": store_id, "who": who, f"at-{who}": at, "reason": "x"}
        assert client.post("/store/arrivals", data=form).status_code == 409
    wish = Wish(wish_id="other", employee_id="E201", store_id="S002", work_date=str(TODAY), reason="x",
                check_type=CheckType.ON_DUTY, at_utc_ms=utc_ms(NOW), asked_utc_ms=utc_ms(NOW))  # fmt: skip
    taken = Photograph(b"a photo of the second store", "0" * 64, ())
    with write(engine) as connection:
        wishes.ask(connection, wish)
        name = photos.keep(connection, taken, "E201", "S002", photos.ARRIVAL, utc_ms(NOW))
    assert client.post("/store/wish", data={"wish": "other", "act": "confirm"}).status_code == 409
    assert client.get(f"/store/photo/E201/{name}?clear=1").status_code == 404
    with read(engine) as connection:
        kinds = set(connection.scalars(select(tables.journal.c.kind)))
    assert not kinds & {"arrival", "correction"}


def test_a_customers_code_opens_nothing_else_and_is_asked_slowly(
    headquarters: Headquarters,
) -> None:
    with write(headquarters.engine) as connection:
        token = feedback_doors.door_for(connection, "S001", "", utc_ms(NOW)).token
    url = headquarters.url
    assert httpx.get(f"{url}/f/{token}").status_code == 200
    for path in (
        f"/f/{token}/",
        f"/f/{token}/x",
        "/f/",
        "/f/../ledger",
        f"/f/{token}/../../ledger",
    ):
        assert httpx.get(url + path).status_code in {401, 404}, path
    assert httpx.get(f"{url}/f/never-given-out").status_code == 404
    answers = [
        httpx.post(f"{url}/f/{token}", data={"rating": "5"}, cookies={"daka_visitor": "one"})
        for _ in range(8)
    ]
    assert [one.status_code for one in answers] == [200] * 6 + [429] * 2
    with read(headquarters.engine) as connection:
        kinds = list(connection.scalars(select(tables.journal.c.kind)))
    assert kinds.count("feedback") == 1


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/payroll/export/{'9' * 30}.csv", 404),
        ("/payroll/export/0.xlsx", 404),
        ("/people/E101?month=9999-12", 200),
        ("/people/E101?month=0001-01", 200),
        ("/reports?from=0001-01-01&to=9999-12-31", 200),
        *(
            (f"/reports/{kind}.xlsx?from={first}&to={last}", 200)
            for kind in KINDS
            for first, last in (("0001-01-01", "9999-12-31"), ("2000-01-01", "2099-12-31"))
        ),
        ("/schedule?from=9999-12-31", 200),
        ("/ledger?from=9999-12-31", 200),
        ("/audit?day=9999-12-31", 200),
    ],
)
def test_numbers_and_dates_beyond_any_database_are_no_trouble(
    clients: dict[Role, httpx.Client], address: str, status: int
) -> None:
    assert clients[Role.ADMINISTRATOR].get(address).status_code == status


def test_json_without_a_bottom_is_no_trouble(clients: dict[Role, httpx.Client]) -> None:
    answer = clients[Role.HR].post("/rules/check", content=b'{"a":' * 40_000)
    assert answer.status_code == 200
