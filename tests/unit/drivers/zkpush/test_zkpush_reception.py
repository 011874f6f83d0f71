"""Terminals are greeted, believed and commanded; hostile items 23, 25, 28 and 29 and the vectors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drivers.zkpush import commands
from drivers.zkpush.commands import CommandBook, results_of
from drivers.zkpush.handshake import date_header, zone_text
from drivers.zkpush.requests import Request
from drivers.zkpush.settings import ZkPushSettings
from sync.errors import DakaError

VECTORS = json.loads(
    (Path(__file__).parents[5] / "shared/vectors/iclock.json").read_text(encoding="utf-8")
)
WHEN = "2026-11-23 08:00:00"
ROWS = {
    "attlog_10_fields_trailing_tab": [("1", "2026-08-20T11:27:27", 255, 15)],
    "attlog_11_fields_index_plus": [
        ("0701", "2026-08-28T17:57:36", 255, 1),
        ("0702", "2026-08-28T21:20:48", 255, 15),
    ],
    "attlog_maskflag_255": [("9999", "2026-08-12T08:53:23", 0, 1)],
    "attlog_7_fields_empty_workcode": [("5_4968", "2026-06-17T08:00:00", 0, 1)],
    "attlog_manual_jobcodes": [
        ("982", "2016-02-25T12:08:21", 1, 0),
        ("982", "2016-02-25T13:18:22", 1, 0),
    ],
    "attlog_idcard_9_fields": [("1452", "2015-07-30T15:16:28", 0, 1)],
    "rtlog_security_push": [("1001", "2017-01-10T11:49:32", 0, 15)],
    "malformed_lines": [
        ("100", "2024-01-01T08:00:00", 0, 1),
        ("300", "2024-01-01T09:00:00", 0, 1),
    ],
}
REJECTED = {"malformed_lines": 2, "rtlog_comma_variant": 1}
OURS = {  # where the vector's reply is another server's choice of words
    "attlog_manual_jobcodes": "OK: 2",
    "operlog_users": "OK",
    "operlog_null_strings": "OK",
    "rtlog_security_push": "OK: 1",
    "rtlog_comma_variant": "OK: 1",
    "malformed_lines": "OK: 4",
}
NO_EXCHANGE = ("time_request", "command_reply", "verify_sum", "security_handshake_reply")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_every_recorded_exchange_is_answered_and_means_what_it_says(
    open_desk: Callable[..., Any], vector: dict[str, Any]
) -> None:
    name, request = vector["name"], vector["request"]
    query = request["target"].partition("SN=")[2]
    serial = query.partition("&")[0]
    desk = open_desk(serials=(serial,))
    if name in NO_EXCHANGE:
        desk.clock.now = datetime(2011, 5, 5, 22, 40, 20, tzinfo=UTC)
    lies = [f"{k}: {v}\r\n" for k, v in request["headers"].items() if k != "Content-Length"]
    answer = desk.ask(request["method"], request["target"], request["body"].encode(), "".join(lies))
    assert answer.status == 200
    rows = [row[:4] for reading in desk.stored for row in reading.punches]
    assert rows == ROWS.get(name, [])
    rejected = [row for reading in desk.stored for row in reading.rejected]
    assert len(rejected) == REJECTED.get(name, 0)
    if name not in NO_EXCHANGE and request["target"].find("getrequest") < 0:
        expected = OURS.get(name, vector["reply"])
        assert answer.text.replace(" ", "") == expected.replace(" ", "")


def test_the_time_is_told_from_a_clock_that_was_set(open_desk: Callable[..., Any]) -> None:
    desk = open_desk(zone="America/New_York")
    desk.clock.now = datetime(2026, 5, 5, 22, 40, 20, tzinfo=UTC)
    assert desk.ask("GET", "/iclock/cdata?SN=A1&type=time").text == "Time=2026-05-05T18:40:20-04:00"
    desk.clock.now = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    assert desk.ask("GET", "/iclock/cdata?SN=A1&type=time").text == "OK"
    assert date_header(desk.clock.now) is None
    assert date_header(datetime(2026, 5, 5, 22, 40, 20, tzinfo=UTC)) == (
        "Tue, 05 May 2026 22:40:20 GMT"
    )


@pytest.mark.parametrize(
    ("zone", "text"),
    [("Asia/Shanghai", "8"), ("Asia/Kolkata", "330"), ("America/St_Johns", "-210"),
     ("Pacific/Tongatapu", "780"), ("America/New_York", "-5"), ("UTC", "0")],
)  # fmt: skip
def test_half_hours_and_far_zones_are_told_in_minutes(zone: str, text: str) -> None:
    assert zone_text(datetime(2026, 11, 23, tzinfo=UTC), ZoneInfo(zone)) == text


def test_the_handshake_says_who_when_and_how(desk: Any) -> None:
    lines = desk.ask("GET", "/iclock/cdata?SN=a1&options=all&pushver=2.4.1").text.splitlines()
    assert lines[0] == "GET OPTION FROM: A1"
    assert {"Realtime=1", "TimeZone=8", "ATTLOGStamp=9999", "Delay=10"} <= set(lines)
    assert not any("Photo\t" in line or "FACE" in line for line in lines)
    door = desk.ask("GET", "/iclock/cdata?SN=A1&options=all&DeviceType=acc").text.splitlines()
    assert door[0] == "registry=ok"
    code = desk.ask("POST", "/iclock/registry?SN=A1", b"DeviceType=acc").text
    assert code in door
    assert "ServerName=Daka" in desk.ask("POST", "/iclock/push?SN=A1").text.splitlines()


@pytest.mark.parametrize(
    "query", ["", "SN=", "SN=../x", "SN=a b", "SN=" + "x" * 200, "SN=A1&SN=B2"]
)
def test_item_23_without_a_serial_nothing_is_taken(desk: Any, query: str) -> None:
    assert (
        desk.ask("POST", f"/iclock/cdata?{query}&table=ATTLOG", f"1\t{WHEN}".encode()).status == 400
    )
    assert not any(reading.punches for reading in desk.stored)


def test_item_23_a_terminal_of_another_store_keeps_its_records_and_is_shown_once(
    desk: Any,
) -> None:
    for _ in range(3):
        assert desk.post("ATTLOG", f"1\t{WHEN}\n".encode(), serial="B2").status == 503
        assert desk.ask("GET", "/iclock/getrequest?SN=B2").status == 503
    (trouble,) = [row for _ in range(2) for reading in desk.store() for row in reading.rejected]
    assert (trouble.code, trouble.position) == ("unclaimed", "terminal B2")
    assert "192.168.1.9" in trouble.detail
    assert desk.stored[-1].facts["unclaimed"] == "B2"
    assert not any(reading.punches for reading in desk.stored)


def test_item_23_a_terminal_keeps_its_name_at_another_address(desk: Any) -> None:
    request = Request(method="GET", path="/iclock/getrequest", query={"sn": "A1"})
    replies = [desk.reception.answer(request, peer).status for peer in ("10.0.0.1", "10.0.0.2")]
    assert replies == [200, 200]
    assert desk.store()[-1].facts["terminals"] == "1 of 1 heard"


def test_item_25_unknown_tables_and_paths_are_kept_and_receipted(desk: Any) -> None:
    assert desk.post("NEWTABLE", b"what is this").text == "OK"
    assert desk.ask("POST", "/iclock/newpath?SN=A1", b"or this").text == "OK"
    kept = [row for reading in desk.stored for row in reading.rejected]
    assert [row.raw for row in kept] == [b"what is this", b"or this"]
    assert desk.ask("OPTIONS", "/iclock/cdata?SN=A1").status == 405
    assert desk.ask("GET", "/index.html").status == 404
    assert desk.ask("POST", "/iclock/cdata.aspx?sn=a1&TABLE=attlog", b"x").text == "OK: 1"


def test_item_28_body_parts_are_counted_and_never_stored(desk: Any) -> None:
    photo = b"PIN=20150731103012.jpg\nSN=A1\nsize=999999\nCMD=uploadphoto\0\xff\xd8\xff secret"
    assert desk.post("ATTPHOTO", photo).text == "OK"
    assert desk.post("ATTPHOTO", b"no nul").text == "OK"
    assert desk.ask("POST", "/iclock/fdata?SN=A1", photo).text == "OK"
    assert desk.post("BIODATA", b"BIODATA Tmp=" + b"A" * 3_000_000).text == "OK"
    assert desk.post("OPERLOG", b"FP PIN=1\tTMP=secret\nFACE PIN=1\tTMP=secret\n").text == "OK"
    assert desk.post("SOMETHING", b"template=secret").text == "OK"
    table = "/iclock/cdata?SN=A1&table=tabledata&tablename=templatev10&count=1"
    assert desk.ask("POST", table, b"templatev10 pin=1\ttemplate=secret\n").text == "templatev10=1"
    assert not any(reading.rejected or reading.punches for reading in desk.stored)
    facts = desk.store()[-1].facts["not kept"]
    assert "3 photos" in facts
    assert "2 biometrics" in facts
    assert "1 FP" in facts


def test_item_29_a_terminal_that_keeps_restarting_is_greeted_and_not_believed(desk: Any) -> None:
    for stamp in (
        "",
        "&Stamp=0",
        "&Stamp=None",
        "&Stamp=2008-02-25T12:08:21",
        "&Stamp=" + "9" * 500,
    ):
        for _ in range(20):
            assert desk.ask("GET", f"/iclock/cdata?SN=A1&options=all{stamp}").status == 200
            desk.ask("GET", "/iclock/getrequest?SN=A1")
            desk.clock.timer_s += 10
            assert not desk.store()[-1].complete
        assert desk.post("ATTLOG", f"1\t{WHEN}\n".encode()).text == "OK: 1"


def told(desk: Any) -> dict[str, str]:
    """Poll as terminal A1 and return its commands by id."""
    lines = desk.ask("GET", "/iclock/getrequest?SN=A1").text.splitlines()
    return {line.split(":")[1]: line.split(":", 2)[2] for line in lines if line != "OK"}


def test_each_night_a_terminal_is_asked_to_tell_and_count_the_last_weeks(desk: Any) -> None:
    first = told(desk)
    period = "StartTime=2026-10-14 20:00:00\tEndTime=2026-11-23 20:00:00"
    assert list(first.values()) == [
        f"DATA QUERY ATTLOG {period}",
        f"VERIFY SUM ATTLOG {period}",
        "INFO",
    ]
    assert told(desk) == {}
    desk.clock.now = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)  # 03:30 in the shop
    assert len(told(desk)) == 3


def test_a_terminal_is_believed_once_it_told_all_and_only_while_it_is_heard(desk: Any) -> None:
    def is_complete() -> bool:
        return bool(desk.store()[-1].complete)

    assert not is_complete()
    ids = list(told(desk))
    desk.clock.timer_s += 20
    assert not is_complete()  # it was asked and has not answered
    body = "\n".join(f"ID={number}&Return=0&CMD=DATA" for number in ids).encode()
    assert desk.ask("POST", "/iclock/devicecmd?SN=A1", body).text == "OK"
    assert is_complete()
    desk.clock.timer_s += 100
    assert not is_complete()
    told(desk)
    assert not is_complete()  # back from a silence: what it kept is still to come
    desk.clock.timer_s += 20
    assert is_complete()


def test_a_store_is_complete_only_with_all_its_terminals(open_desk: Callable[..., Any]) -> None:
    desk = open_desk(serials=("A1", "B2"))
    ids = list(told(desk))
    body = "\n".join(f"ID={number}&Return=0&CMD=DATA" for number in ids).encode()
    desk.ask("POST", "/iclock/devicecmd?SN=A1", body)
    desk.clock.timer_s += 20
    reading = desk.store()[-1]
    assert not reading.complete
    assert reading.facts["silent"] == "B2"
    assert reading.facts["terminals"] == "1 of 2 heard"


def test_commands_are_numbered_told_once_and_never_clear_a_log() -> None:
    book = CommandBook(7)
    start, end = datetime(2026, 8, 1), datetime(2026, 8, 31, 23, 59, 59)
    book.add(commands.reboot(), commands.verify_sum(start, end), commands.info())
    book.add(commands.reboot())
    assert book.tell().splitlines() == [
        "C:7:VERIFY SUM ATTLOG StartTime=2026-08-01 00:00:00\tEndTime=2026-08-31 23:59:59",
        "C:8:INFO",
        "C:9:REBOOT",
    ]
    assert book.tell() == "OK"
    book.add(*(f"INFO {number}" for number in range(500)))
    replies = [book.tell().splitlines() for _ in range(4)]
    assert [len(reply) for reply in replies] == [200, 200, 100, 1]
    everything = [commands.query(start, end), commands.verify_sum(start, end), commands.reboot()]
    assert not any("CLEAR" in command for command in everything)


def test_results_are_read_in_both_forms() -> None:
    lines = b"ID=info8487&Return=0&CMD=DATA\nID=3&Return=-1002&CMD=DATA\n"
    assert [(r.command_id, r.code) for r in results_of(lines)] == [
        ("info8487", "0"),
        ("3", "-1002"),
    ]
    fields = b"ID=7\r\nReturn=0\r\nCMD=VERIFY SUM\r\nAttlogSum=12\r\n"
    (result,) = results_of(fields)
    assert result.fields["attlogsum"] == "12"
    assert list(results_of(b"\xff\0 nothing")) == []


def test_what_a_terminal_says_about_itself_is_shown(desk: Any) -> None:
    target = "/iclock/getrequest.aspx?SN=A1&INFO=ZAM180-NF50VA-Ver3.4.10,1,0,16,192.168.0.25,10"
    desk.ask("GET", target)
    facts = desk.store()[-1].facts["A1"]
    assert "ZAM180-NF50VA-Ver3.4.10" in facts
    assert "16 records" in facts


@pytest.mark.parametrize(
    "wrong",
    [{"listen": "8081"}, {"listen": "h:x"}, {"serials": []}, {"serials": ["a b"]},
     {"serials": ["A1", "a1"]}, {"serails": ["A"]}, {"delay_s": 1}],
)  # fmt: skip
def test_wrong_settings_are_named(wrong: dict[str, Any]) -> None:
    table = {"listen": "0.0.0.0:8081", "serials": ["A1"], **wrong}
    with pytest.raises(DakaError, match=next(iter(wrong))):
        ZkPushSettings.from_table(table, "agent.toml, device 'push'")
