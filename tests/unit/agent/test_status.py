"""What `daka-agent status` says, in both languages, with and without a running agent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.capture import Capture
from agent.cli import NEEDS_A_LOOK, app
from agent.health import LinkReport, Status, capacity_days
from agent.lock import DataLock, is_running
from agent.outbox import Outbox
from agent.settings import load_settings
from agent.status import BoxStatus, lines_of
from agent.words import Words
from drivers.contract import Rejected
from sync.errors import DakaError
from sync.speech import language_of

HEARTBEAT = {
    "at_utc": "2026-11-23T00:14:30.000Z",
    "devices": [
        {
            "name": "front door",
            "status": "ok",
            "detail": "",
            "last_read_utc": "2026-11-23T00:14:03.000Z",
            "clock_offset_ms": 252_000,
            "device_records": 12034,
        }
    ],
}


@pytest.fixture
def config(tmp_path: Path, outbox_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(
        '[box]\nid = "b1"\norg = "acme"\nstore = "s1"\nzone = "Asia/Shanghai"\n'
        f'data_dir = "{outbox_path.parent}"\n[mqtt]\nurl = "mqtt://127.0.0.1"\n'
    )
    return path


@pytest.fixture
def status(outbox: Outbox, capture: Callable[..., Capture], now: datetime) -> BoxStatus:
    outbox.put(capture(1, 142))
    link = LinkReport(is_up=True, last_receipt_utc="2026-11-23T00:14:00.000Z")
    return BoxStatus(
        is_running=True,
        now=now,
        counts=outbox.counts,
        oldest_waiting=now - timedelta(hours=3, minutes=10),
        room_bytes=10**9,
        capacity_days=41,
        last=Status(HEARTBEAT, link),
    )


def test_english(status: BoxStatus, config: Path) -> None:
    assert list(lines_of(status, load_settings(config), Words("en"))) == [
        "the agent is running",
        "142 waiting (142 punches), oldest 3 h 10 min",
        "142 captured, 0 delivered, 0 in quarantine",
        "room for 41 days",
        "connected to headquarters; last receipt 11-23 08:14",
        "front door: ok, read 11-23 08:14, clock +4 min 12 s, 12034 records on the device",
    ]


def test_chinese(status: BoxStatus, config: Path) -> None:
    lines = list(lines_of(status, load_settings(config), Words("zh")))
    assert lines[1] == "142 条待传（打卡 142），最早一条在 3 小时 10 分前"
    assert lines[5] == "front door: 正常，11-23 08:14 读取, 时钟差 +4 分 12 秒, 机内 12034 条记录"


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "headquarters' receiver is not there"), ("zh", "总部的接收程序不在")],
)
def test_a_broker_without_headquarters_behind_it_is_no_good_line(
    status: BoxStatus, config: Path, language: str, says: str
) -> None:
    away = LinkReport(is_up=True).heard(is_hq_there=False)
    told = replace(status, last=Status({**HEARTBEAT, "alarms": {}}, away))
    assert not told.is_well
    assert says in "\n".join(lines_of(told, load_settings(config), Words(language)))
    assert away.heard(is_hq_there=True) == LinkReport(is_up=True)


def test_a_receiver_that_comes_cures_no_other_trouble() -> None:
    troubled = LinkReport(is_up=True, trouble="headquarters cannot read a batch: version")
    assert troubled.heard(is_hq_there=True) == troubled


@pytest.mark.parametrize(
    ("length", "says"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=4, seconds=12), "4 min 12 s"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
    ],
)
def test_durations_have_two_units_at_most(length: timedelta, says: str) -> None:
    assert Words("en").duration(length) == says


def test_every_sentence_exists_in_both_languages() -> None:
    from agent.words import _WORDS

    assert all(zh and en and zh != en for zh, en in _WORDS.values())


def test_the_language_follows_the_environment() -> None:
    assert [language_of(lang) for lang in ("zh_CN.UTF-8", "en_US.UTF-8", "C", "")] == [
        "zh",
        "en",
        "en",
        "en",
    ]


def test_capacity_is_a_guess_only_when_there_is_something_to_guess_from() -> None:
    assert capacity_days(10**9, None) is None
    assert capacity_days(10**9, 10**7) == 100
    assert capacity_days(-5, 10**7) == 0


def test_status_works_without_a_running_agent(
    outbox: Outbox, capture: Callable[..., Capture], config: Path
) -> None:
    outbox.put(capture(1, 3))
    outbox.close()
    result = CliRunner().invoke(app, ["status", "-c", str(config), "--lang", "en"])
    assert result.exit_code == NEEDS_A_LOOK
    assert "the agent is not running" in result.output
    assert "3 waiting (3 punches)" in result.output


def test_status_speaks_json(outbox: Outbox, capture: Callable[..., Capture], config: Path) -> None:
    outbox.put(capture(1, 3))
    result = CliRunner().invoke(app, ["status", "-c", str(config), "--json"])
    told = json.loads(result.output)
    assert (told["waiting"], told["captured"], told["running"]) == (3, 3, False)


def test_status_before_the_first_start_says_so(config: Path) -> None:
    result = CliRunner().invoke(app, ["status", "-c", str(config)])
    assert isinstance(result.exception, DakaError)
    assert "has the agent run" in str(result.exception)


def test_what_is_in_quarantine_can_be_taken_out(
    outbox: Outbox, capture: Callable[..., Capture], config: Path, tmp_path: Path
) -> None:
    outbox.put(capture(1, 1, rejected=(Rejected("line 17", "date", "impossible", b"\xff\x00raw"),)))
    folder = tmp_path / "out"
    result = CliRunner().invoke(
        app, ["export-quarantine", "-c", str(config), "--to", str(folder), "--lang", "en"]
    )
    assert result.exit_code == 0, result.output
    assert (folder / "000001.raw").read_bytes() == b"\xff\x00raw"
    assert json.loads((folder / "000001.json").read_text())["position"] == "line 17"


def test_one_agent_to_a_data_folder(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    with DataLock(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(DakaError, match="another agent"), DataLock(tmp_path):
            pass
    assert not is_running(tmp_path)
