"""daka-hq channel: status, test and retry against the stand-in."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from cloud_receiver.channels.standin.robots import Robot
from cloud_receiver.channels.standin.service import StandIn
from cloud_receiver.cli import app
from sync.clock import SystemClock
from tests.integration.channels.conftest import settings_at

RUN = CliRunner()


def _daka(folder: Path, *words: str) -> tuple[int, str]:
    done = RUN.invoke(app, ["channel", *words, "-c", str(folder / "hq.toml"), "--lang", "zh"])
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_one_message_can_be_sent_and_what_is_wrong_is_said(tmp_path: Path) -> None:
    with StandIn(SystemClock.of_this_boot()) as standin:
        standin.robots["token"] = Robot(secret="secret", keyword="打卡")
        settings_at(tmp_path, standin.url)
        path = tmp_path / "hq.toml"
        path.write_text(path.read_text().replace("/nowhere", str(tmp_path / "data")))
        code, told = _daka(tmp_path, "status")
        assert code == 0
        assert (
            "dingtalk:尚未使用;已发 0,待发 0,失败 0;本月已调用 0 次,额度 10000,剩余 10000" in told
        )
        code, told = _daka(tmp_path, "test", "dingtalk-group", "--to", "S1")
        assert code == 0, told
        assert "测试消息" in standin.robots["token"].said[0]
        code, told = _daka(tmp_path, "test", "wecom")
        assert code == 1
        assert "check the robot's token_file" in told
        code, told = _daka(tmp_path, "test", "pigeon")
        assert "there is no channel 'pigeon'" in told
        assert _daka(tmp_path, "retry", "dingtalk") == (0, "dingtalk:0 条将重新发送\n")
