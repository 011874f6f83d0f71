"""Requests that lie, stall, break off or are too large harm nobody else; hostile items 24 and 28."""

from __future__ import annotations

import re
import socket
import time
from typing import Any

import pytest

from drivers.simulators.zkpush import reply_of
from drivers.zkpush import server

DEADLINE_S = 20.0
LINE = b"1001\t2026-11-23 08:00:00\t0\t1\t0\n"


@pytest.mark.parametrize("fault", ["malformed", "form", "chunked", "short_length", "photos"])
def test_item_24_and_28_manners_of_posting_change_nothing(
    open_box: Any, fault: str, touched: Any
) -> None:
    box = open_box()
    terminal = touched(box.terminal(), 25)
    terminal.misbehave(fault)
    assert [reply.status for reply in terminal.push()] == [200]
    assert (terminal.unsent, box.punches) == (0, 25)
    assert box.outbox.counts.quarantined == (2 if fault == "malformed" else 0)


def test_item_24_a_body_of_50_mb_is_refused_and_others_are_served(
    open_box: Any, touched: Any
) -> None:
    box = open_box()
    head = b"POST /iclock/cdata?SN=A1&table=ATTLOG HTTP/1.1\r\nContent-Length: 52428800\r\n\r\n"
    reply = box.terminal().exchange(head + b"x" * 1_000_000)
    assert reply.status in (413, 0)
    box.terminal().misbehave("huge_body")
    assert [reply.status for reply in touched(box.terminal(), 3).push()] == [200]
    assert box.punches == 3


def test_item_24_slow_connections_give_way_and_cost_nobody_else(
    open_box: Any, monkeypatch: pytest.MonkeyPatch, touched: Any
) -> None:
    box = open_box(max_connections=4)
    slow = [socket.create_connection(("127.0.0.1", box.port)) for _ in range(12)]
    for link in slow:
        link.sendall(b"POST /iclock/cdata?SN=A1")
    assert [reply.status for reply in touched(box.terminal(), 5).push()] == [200]
    assert box.punches == 5
    for link in slow:
        link.close()


def test_item_24_a_head_that_never_ends_is_given_up(
    open_box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.3)
    box = open_box()
    started_s = time.monotonic()
    box.terminal().misbehave("slow_loris")
    assert time.monotonic() - started_s < 5


def test_item_24_a_body_that_breaks_off_is_stored_and_not_receipted(
    open_box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "STALL_S", 0.3)
    box = open_box()
    head = b"POST /iclock/cdata?SN=A1&table=ATTLOG HTTP/1.1\r\nContent-Length: 500\r\n\r\n"
    assert box.terminal().exchange(head + LINE + LINE[:-12]).status == 503
    assert box.punches == 1
    assert box.outbox.counts.quarantined == 0


def test_item_24_old_and_careful_clients_are_answered(open_box: Any) -> None:
    box = open_box()
    terminal = box.terminal()
    old = b"GET /iclock/cdata?SN=A1&options=all HTTP/1.0\r\n\r\n"
    assert terminal.exchange(old).text.startswith("GET OPTION FROM: A1")
    post = b"POST /iclock/cdata?SN=A1&table=ATTLOG HTTP/1.1\r\nExpect: 100-continue\r\n"
    with socket.create_connection(("127.0.0.1", box.port), timeout=DEADLINE_S) as link:
        link.sendall(post + b"Content-Length: %d\r\n\r\n" % len(LINE))
        assert link.recv(100).startswith(b"HTTP/1.1 100")
        link.sendall(LINE)
        assert reply_of(link.recv(4096)).text == "OK: 1"
    assert box.punches == 1


def test_a_kept_connection_serves_one_request_after_another(open_box: Any) -> None:
    box = open_box()
    ping = b"GET /iclock/ping?SN=A1 HTTP/1.1\r\nConnection: starting\r\n\r\n"
    with socket.create_connection(("127.0.0.1", box.port), timeout=DEADLINE_S) as link:
        for _ in range(3):
            link.sendall(ping)
            reply = reply_of(link.recv(4096))
            assert (reply.status, reply.text) == (200, "OK")
            assert reply.headers["Content-Type"] == "text/plain"
            assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", reply.headers["Date"])
