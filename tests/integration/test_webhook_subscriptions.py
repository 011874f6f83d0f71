"""Machines that subscribed are told of every change, in order, signed, and again until they take it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cloud_receiver.channels.subscriptions import MAX_AGE, Subscriptions
from cloud_receiver.channels.webhook import signature
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.store import change_feed, webhooks
from cloud_receiver.store.tables import webhook
from cloud_receiver.store.webhooks import Fate
from sync.errors import DakaError
from tests.integration.evaluate.conftest import Headquarters

MASTER = b"master"


class Machine:
    """A machine that takes changes, or answers with the status it is told to."""

    def __init__(self) -> None:
        self.status = 204
        self.taken: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        machine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                machine.headers.append(dict(self.headers))
                machine.bodies.append(body)
                if machine.status == 204:
                    machine.taken.append(json.loads(body))
                self.send_response(machine.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/daka"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)


@pytest.fixture
def machine() -> Iterator[Machine]:
    one = Machine()
    yield one
    one.close()


@pytest.fixture
def hq(hq_engine) -> Headquarters:
    return Headquarters(hq_engine)


def _subscribe(hq: Headquarters, url: str, *kinds: ChangeKind) -> webhooks.Subscription:
    wanted = frozenset(kinds or webhooks.OFFERED)
    one: webhooks.Subscription = hq.writing(
        lambda c: webhooks.add(c, url, wanted, "test", hq.now_utc_ms)
    )
    return one


def _change(hq: Headquarters, *subjects: str, kind: ChangeKind = ChangeKind.BOX_STATE) -> None:
    about = [(subject, {"box_id": subject}) for subject in subjects]
    hq.writing(lambda c: change_feed.tell(c, kind, about, hq.now_utc_ms))


def _log(hq: Headquarters, one: webhooks.Subscription) -> list[Fate]:
    tried = hq.reading(lambda c: webhooks.deliveries(c, one.webhook_id, 100))
    return [attempt.outcome for attempt in reversed(tried)]


def test_changes_come_in_order_signed_and_only_those_asked_for(hq, machine) -> None:
    _change(hq, "before")
    one = _subscribe(hq, machine.url, ChangeKind.BOX_STATE)
    _change(hq, "B1", "B2")
    _change(hq, "E1", kind=ChangeKind.EMPLOYEE_CHANGED)
    courier = Subscriptions(hq.engine, hq.clock, MASTER)
    assert courier.tell_due() == 2
    assert courier.tell_due() == 0, "each once"
    assert [told["subject"] for told in machine.taken] == ["B1", "B2"]
    headers, body = machine.headers[0], machine.bodies[0]
    assert headers["Idempotency-Key"] == str(machine.taken[0]["change_no"])
    assert headers["X-Daka-Signature"] == signature(
        one.secret(MASTER).encode(), headers["X-Daka-Timestamp"], headers["X-Daka-Nonce"], body
    )
    assert _log(hq, one) == [Fate.SENT, Fate.SENT]


def test_a_machine_that_is_down_is_told_later_and_in_order(hq, machine) -> None:
    one = _subscribe(hq, machine.url)
    _change(hq, "B1", "B2")
    courier = Subscriptions(hq.engine, hq.clock, MASTER)
    machine.status = 503
    assert courier.tell_due() == 0
    assert courier.tell_due() == 0, "it waits"
    assert len(machine.bodies) == 1
    hq.clock.now += timedelta(minutes=20)
    machine.status = 204
    assert courier.tell_due() == 2
    assert [told["subject"] for told in machine.taken] == ["B1", "B2"]
    assert machine.bodies[0] == machine.bodies[1], "the same content under the same number"
    assert _log(hq, one) == [Fate.LATER, Fate.SENT, Fate.SENT]


def test_what_is_refused_or_too_old_holds_nothing_up(hq, machine) -> None:
    one = _subscribe(hq, machine.url)
    _change(hq, "B1")
    courier = Subscriptions(hq.engine, hq.clock, MASTER)
    machine.status = 422
    courier.tell_due()
    _change(hq, "B2")
    machine.status = 503
    hq.clock.now += MAX_AGE + timedelta(minutes=1)
    courier.tell_due()
    machine.status = 204
    _change(hq, "B3")
    assert courier.tell_due() == 1
    assert _log(hq, one) == [Fate.REFUSED, Fate.GIVEN_UP, Fate.SENT]


def test_a_test_is_sent_and_logged_and_a_subscription_goes_with_its_log(hq, machine) -> None:
    one = _subscribe(hq, machine.url)
    courier = Subscriptions(hq.engine, hq.clock, MASTER)
    assert courier.test(one.webhook_id) == (Fate.SENT, "")
    assert machine.taken[0]["kind"] == "webhook.test"
    hq.writing(lambda c: webhooks.remove(c, one.webhook_id))
    assert hq.reading(webhooks.listed) == []
    assert _log(hq, one) == []
    with pytest.raises(DakaError, match="no subscription"):
        courier.test(one.webhook_id)
    with pytest.raises(DakaError, match="begin the address"):
        _subscribe(hq, "ftp://x")


def test_what_was_refused_is_told_again_from_a_change_on_and_what_waits_at_once(
    hq, machine
) -> None:
    one = _subscribe(hq, machine.url)
    _change(hq, "B1", "B2", "B3")
    courier = Subscriptions(hq.engine, hq.clock, MASTER)
    machine.status = 422
    courier.tell_due()
    assert machine.taken == []
    failed = hq.reading(lambda c: webhooks.deliveries(c, one.webhook_id, 9, only_failed=True))
    assert {attempt.outcome for attempt in failed} == {Fate.REFUSED}
    machine.status = 204
    second = failed[1].change_no
    hq.writing(lambda c: webhooks.retry(c, one.webhook_id, second))
    assert courier.tell_due() == 2
    assert [told["subject"] for told in machine.taken] == ["B2", "B3"]
    machine.status = 503
    _change(hq, "B4")
    courier.tell_due()
    machine.status = 204
    assert courier.tell_due() == 0, "it waits"
    hq.writing(lambda c: webhooks.retry(c, one.webhook_id))
    assert courier.tell_due() == 1
    with pytest.raises(DakaError, match="no change 99"):
        hq.writing(lambda c: webhooks.retry(c, one.webhook_id, 99))


def test_setting_back_while_it_is_told_is_not_undone(hq, machine) -> None:
    one = _subscribe(hq, machine.url)
    _change(hq, "B1")
    stale = hq.reading(lambda c: webhooks.of_id(c, one.webhook_id))
    Subscriptions(hq.engine, hq.clock, MASTER).tell_due()
    told = hq.reading(lambda c: webhooks.of_id(c, one.webhook_id)).told_through
    is_there = hq.writing(lambda c: webhooks.note(c, stale, told, Fate.SENT, "", hq.now_utc_ms))
    assert not is_there


def test_neither_secret_nor_password_stands_in_the_database_or_on_a_list(hq, machine) -> None:
    url = machine.url.replace("http://", "http://planted-user@") + "?access_token=planted-token"
    one = _subscribe(hq, url)
    kept = str(hq.table(webhook))
    assert one.webhook_id in kept
    assert one.secret(MASTER) not in kept
    assert one.secret(MASTER) != one.secret(b"another headquarters")
    assert "planted" not in one.shown_url
    assert one.shown_url.startswith(machine.url)
    assert one.secret(MASTER) not in repr(one)
