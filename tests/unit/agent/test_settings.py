"""Settings are read or refused with the file, the table, the key and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.new_config import NewBox, terminal_table, write_config
from agent.settings import Settings, load_settings
from drivers import registry
from drivers.registry import Kind
from sync.clock import ScaledClock, SystemClock
from sync.errors import DakaError, ToldError

ROOT = Path(__file__).resolve().parents[3]
BOX = """
[box]
id = "box-001"
org = "acme"
store = "s001"
zone = "Asia/Shanghai"
data_dir = "/var/lib/daka"
[mqtt]
url = "mqtt://hq.example.com"
"""


@dataclass(frozen=True)
class Options:
    url: str

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> Options:
        if "url" not in table:
            raise DakaError(f"{where}: url is missing")
        return cls(table["url"])


def kind_of(name: str, where: str) -> Kind:
    if name != "known":
        raise DakaError(f"{where}: driver = {name!r}")
    return Kind(Options, lambda options, clock, zone: (options, clock, zone))  # type: ignore[arg-type,return-value]


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "agent.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, kind_of)


def test_the_shipped_example_holds() -> None:
    settings = load_settings(ROOT / "config" / "agent.example.toml", _named_only)
    assert [device.name for device in settings.devices] == ["front door", "tills"]
    assert (settings.box.box_id, settings.box.zone.key) == ("box-001", "Asia/Shanghai")
    assert (settings.mqtt.host, settings.mqtt.port) == ("hq.example.com", 1883)


def _named_only(name: str, where: str) -> Kind:
    """The example's folder is not on this machine; its kinds must be known all the same."""
    registry.kind_of(name, where)
    return Kind(_AnyTable, lambda *parts: parts)  # type: ignore[arg-type,return-value]


class _AnyTable:
    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        return table


def test_what_is_not_said_has_a_sound_default(tmp_path: Path) -> None:
    settings = load(tmp_path, BOX)
    assert settings.limits.retention_days == 30
    assert settings.box.heartbeat_s == 30
    assert settings.box.status_file == Path("/var/lib/daka/status.json")
    assert isinstance(settings.clock, SystemClock)
    assert settings.devices == ()


def test_a_device_gets_its_driver_the_clock_and_the_zone(tmp_path: Path) -> None:
    text = BOX + '[[device]]\nname = "门"\ndriver = "known"\nurl = "tcp://x"\nstore = "s9"\n'
    (device,) = load(tmp_path, text).devices
    options, _clock, zone = device.make_driver()  # type: ignore[misc]
    assert (options, zone) == (Options("tcp://x"), "Asia/Shanghai")
    assert (device.store_id, device.poll_s) == ("s9", 60)


def test_a_demonstration_has_a_clock_of_its_own(tmp_path: Path) -> None:
    text = BOX + '[clock]\nwall_start_utc = "2026-11-02T00:00:00Z"\nreal_start_s = 5\nspeed = 720\n'
    assert load(tmp_path, text).clock == ScaledClock(datetime(2026, 11, 2, tzinfo=UTC), 5.0, 720.0)


def test_the_password_comes_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    more = f'username = "box-001"\npassword_file = "{secret}"\n'
    mqtt = load(tmp_path, BOX + more).mqtt
    assert (mqtt.username, mqtt.password) == ("box-001", "hush")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('id = "box-001"', 'id = "box/1"', r"agent.toml, \[box\]: id = 'box/1'; it must be 1-64"),
        ('id = "box-001"', "", r"\[box\]: id is missing"),
        ("Asia/Shanghai", "Asia/Nowhere", r"zone = 'Asia/Nowhere'; it must be an IANA"),
        ("/var/lib/daka", "var", r"data_dir = 'var'; it must be an absolute path"),
        ("mqtt://hq.example.com", "http://hq", r"\[mqtt\]: url = 'http://hq'; it must be mqtt://"),
        ("mqtt://hq.example.com", "mqtt://hq:99999", "it must be mqtt://"),
        ("[mqtt]", "[mqtt]\nca_file = '/nope'", "ca_file = '/nope'.*No such file"),
        ("[mqtt]", "[mqtt]\nurll = 'x'", r"\[mqtt\]: unknown key 'urll'"),
        ("[mqtt]", "[extra]\n[mqtt]", r"unknown table \[extra\]"),
        ("[mqtt]", "[limits]\nretention_days = 0\n[mqtt]", "retention_days = 0; it must be"),
        ("[mqtt]", "[clock]\nwall_start_utc = 'noon'\n[mqtt]", r"\[clock\]: wall_start_utc"),
        ("[mqtt]", "[[device]]\ndriver = 'known'\n[mqtt]", r"\[\[device\]\] 1: name is missing"),
        ("[mqtt]", "[[device]]\nname = 'a'\ndriver = 'new'\n[mqtt]", "'a': driver = 'new'"),
        ("[mqtt]", "[[device]]\nname = 'a'\ndriver = 'known'\n[mqtt]", "'a': url is missing"),
        ("[mqtt]", "[device]\nname = 'a'\n[mqtt]", r"\[\[device\]\] tables"),
        ("[box]", "[box", "is no TOML file"),
    ],
)
def test_an_error_names_the_place_and_the_remedy(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(DakaError, match=says):
        load(tmp_path, BOX.replace(old, new))


def test_two_devices_may_not_share_a_name(tmp_path: Path) -> None:
    device = '[[device]]\nname = "a"\ndriver = "known"\nurl = "x"\n'
    with pytest.raises(DakaError, match="unique on this box"):
        load(tmp_path, BOX + device + device)


def test_all_mistakes_of_a_file_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = BOX.replace("Asia/Shanghai", "Asia/Nowhere").replace("/var/lib/daka", "var") + (
        'urll = "x"\n[limits]\nretention_days = 0\n[extra]\n'
        '[[device]]\ndriver = "known"\nurl = "x"\npoll_s = "often"\n'
        '[[device]]\nname = "a"\ndriver = "known"\n'
        '[[device]]\nname = "a"\ndriver = "known"\nurl = "x"\n'
        '[[device]]\nname = "b"\ndriver = "new"\n'
    )
    with pytest.raises(ToldError) as caught:
        load(tmp_path, text)
    line_of = {key: number for number, line in enumerate(text.splitlines(), 1)
               for key in [line.partition(" =")[0]]}  # fmt: skip
    head, *told = caught.value.en.splitlines()
    assert head.endswith("agent.toml: 10 mistakes:")
    for place in (
        "unknown table [extra]",
        f"[box]: zone = 'Asia/Nowhere'; it must be an IANA time zone, such as Asia/Shanghai (line {line_of['zone']})",
        f"[box]: data_dir = 'var'; it must be an absolute path (line {line_of['data_dir']})",
        f"[mqtt]: unknown key 'urll'; known: ca_file, cert_file, key_file, password_file, url, username (line {line_of['urll']})",
        f"[limits]: retention_days = 0; it must be a whole number, 1 to 3650 (line {line_of['retention_days']})",
        "[[device]] 1: name is missing; it must be what people call the device, unique on this box (line ",
        f"[[device]] 1: poll_s = 'often'; it must be a number of seconds, 0.05 to 86400 (line {line_of['poll_s']})",
        "[[device]] 'a': url is missing",
        "[[device]] 3: name = 'a'; it must be unique on this box",
        "[[device]] 'b': driver = 'new'",
    ):  # fmt: skip
        assert sum(place in one for one in told) == 1, (place, told)
    assert "有 10 处要改" in caught.value.zh


def test_init_writes_what_it_would_accept_itself(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "agent.toml"
    new = NewBox(
        "box-1",
        "acme",
        "s1",
        "Asia/Shanghai",
        tmp_path,
        {"url": "mqtt://hq", "username": ""},
        (terminal_table("前门=tcp://10.0.0.9:4370"),),
    )
    write_config(path, new)
    settings = load_settings(path)
    assert [device.name for device in settings.devices] == ["前门"]
    with pytest.raises(DakaError, match="exists already"):
        write_config(path, new)


def test_init_leaves_nothing_behind_when_an_answer_does_not_hold(tmp_path: Path) -> None:
    new = NewBox("box 1", "acme", "s1", "Asia/Shanghai", tmp_path, {"url": "mqtt://hq"})
    with pytest.raises(DakaError, match="id = 'box 1'"):
        write_config(tmp_path / "agent.toml", new)
    assert list(tmp_path.iterdir()) == []
