"""Requests are read as terminals write them, and bounded; hostile items 23 to 25."""

from __future__ import annotations

import gzip
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.zkpush.requests import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    Request,
    RequestError,
    RequestParser,
    query_of,
)

BODY = b"1\t2026-11-23 08:00:00\t0\t1\n"
POST = b"POST /iclock/cdata?SN=A1&table=ATTLOG HTTP/1.1\r\n"


def read(data: bytes) -> Request:
    request = RequestParser().feed(data)
    assert request is not None
    return request


def test_item_25_the_request_line_may_hold_blanks_and_the_path_what_it_likes() -> None:
    request = read(
        b"GET /iclock/getrequest?SN=X&INFO=Ver%206.8.0(build640), 2, -1, 0, 101 HTTP/1.1\r\n\r\n"
    )
    assert request.query["info"] == "Ver 6.8.0(build640), 2, -1, 0, 101"
    for target in (
        "/iclock/cdata/",
        "/ICLOCK/CData",
        "/iclock/cdata.aspx",
        "http://b/iclock/cdata",
    ):
        assert read(f"GET {target}?sn=1 HTTP/1.0\r\n\r\n".encode()).path == "/iclock/cdata"
    assert read(b"OPTIONS /iclock/cdata HTTP/1.1\n\n").method == "OPTIONS"
    assert read(b"\r\n\r\nGET /iclock/ping\r\n\r\n").keep_alive is False


def test_item_23_a_serial_told_twice_differently_is_none() -> None:
    assert query_of("sn=A1") == query_of("SN=A1&Sn=A1") == {"sn": "A1"}
    assert query_of("SN=A1&SN=B2")["sn"] == ""


def test_item_24_kept_connections_follow_version_and_header() -> None:
    assert read(b"GET / HTTP/1.1\r\nConnection: starting\r\n\r\n").keep_alive
    assert not read(b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n").keep_alive
    assert not read(b"GET / HTTP/1.0\r\n\r\n").keep_alive
    assert read(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive


def test_item_24_chunks_gzip_and_expectation() -> None:
    chunked = b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\n" + BODY[:5] + b"\r\n"
    chunked += b"%X\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (len(BODY) - 5, BODY[5:])
    assert read(POST + chunked).body == BODY
    packed = gzip.compress(BODY)
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert read(POST + head + packed).body == BODY
    parser = RequestParser()
    parser.feed(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
    assert parser.wants_continue
    request = parser.feed(BODY)
    assert request is not None
    assert request.body == BODY


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\n\n", 400),
        (POST + b"Content-Length: -5\r\n\r\n", 400),
        (POST + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), 413),
        (POST + b"Content-Length: %d\r\n\r\n" % 10**14, 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nffffff\r\n", 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabcd", 400),
        (POST + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 400),
        (b"GET /" + b"x" * MAX_HEAD_BYTES, 431),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * MAX_HEAD_BYTES, 431),
    ],
)
def test_item_24_what_is_none_or_too_large_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(RequestError) as caught:
        RequestParser().feed(data)
    assert caught.value.status == status


def test_a_small_body_cannot_unpack_into_a_large_one() -> None:
    packed = gzip.compress(b"\0" * (MAX_BODY_BYTES + 1))
    with pytest.raises(RequestError) as caught:
        read(POST + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
    assert caught.value.status == 413


def test_a_body_counted_too_short_is_completed_and_too_long_is_not_whole() -> None:
    parser = RequestParser()
    cut = parser.feed(POST + b"Content-Length: %d\r\n\r\n" % (len(BODY) - 9) + BODY[:-4])
    assert cut is not None
    assert parser.with_rest(cut, BODY[-4:]).body == BODY
    parser = RequestParser()
    assert parser.feed(POST + b"Content-Length: %d\r\n\r\n" % (len(BODY) + 9) + BODY) is None
    request = parser.give_up()
    assert request is not None
    assert (request.is_whole, request.body) == (False, BODY)


def test_the_next_request_on_a_connection_is_not_taken_for_the_rest_of_a_body() -> None:
    parser = RequestParser()
    first = parser.feed(
        POST + b"Content-Length: 3\r\n\r\nabcGET /iclock/ping?SN=A1 HTTP/1.1\r\n\r\n"
    )
    assert first is not None
    assert parser.with_rest(first, b"").body == b"abc"
    second = parser.feed(b"")
    assert second is not None
    assert second.path == "/iclock/ping"


STREAM = (
    POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + b"GET /iclock/ping?SN=A1 HTTP/1.1\r\n\r\n"
    + POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
)  # fmt: skip


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_any_split_of_the_bytes_gives_the_same_requests(cuts: list[int]) -> None:
    parser, requests = RequestParser(), []
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in pairwise(edges):
        request = parser.feed(STREAM[start:end])
        while request is not None:
            requests.append((request.path, request.body))
            request = parser.feed(b"")
    assert requests == [("/iclock/cdata", BODY), ("/iclock/ping", b""), ("/iclock/cdata", b"abc")]
    assert parser.is_idle


@given(st.binary(max_size=400))
def test_noise_never_crashes_and_is_never_held_beyond_bounds(noise: bytes) -> None:
    parser = RequestParser()
    with suppress(RequestError):
        request = parser.feed(POST + noise)
        assert request is None or len(request.body) <= len(noise)
