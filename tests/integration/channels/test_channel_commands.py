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


def test_dingtalk_s_planning_is_tried_first_and_then_comes_in(tmp_path: Path) -> None:
    def daka(*words: str) -> tuple[int, str]:
        more = ["-c", str(tmp_path / "hq.toml"), "--lang", "zh"]
        done = RUN.invoke(app, [*words, *more])
        return done.exit_code, done.output + (str(done.exception) if done.exception else "")

    with StandIn(SystemClock.of_this_boot()) as standin:
        standin.organisation.people |= {"boss"}
        cards = [{"checkType": kind, "checkTime": f"2026-01-02T{hour}:00Z", "across": 0}
                 for kind, hour in (("OnDuty", "01"), ("OffDuty", "10"))]  # fmt: skip
        standin.organisation.shifts[1] = {"id": 1, "name": "早班", "sections": [{"punches": cards}]}
        settings_at(tmp_path, standin.url)
        path = tmp_path / "hq.toml"
        path.write_text(path.read_text().replace("/nowhere", str(tmp_path / "data")))
        asked = ("dingtalk", "shifts", "--as", "boss")
        assert daka(*asked, "--dry-run")[1].endswith("1 项有变化，0 行有误（试运行，未写入）\n")
        assert "早班" not in daka("shift", "list")[1]
        assert daka(*asked) == (0, "dingtalk-shifts.json：1 行，1 项有变化，0 行有误\n")
        assert "09:00-18:00" in daka("shift", "list")[1]
        assert (
            "no DingTalk userid is known for E1" in daka("dingtalk", "day", "E1", "2026-11-23")[1]
        )
        assert "there is no payroll export 1" in daka("dingtalk", "payroll", "1", "--dry-run")[1]
