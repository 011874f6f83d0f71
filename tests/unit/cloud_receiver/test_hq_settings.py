"""Headquarters' settings: the example loads, and a mistake is named where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_receiver.domain.appeals import USUAL_TERMS
from cloud_receiver.domain.notices import GroupNews
from cloud_receiver.domain.roles import Role
from cloud_receiver.settings import Settings, load_settings
from sync.clock import ScaledClock, SystemClock, utc_text
from sync.errors import DakaError, ToldError
from sync.places import config_dir

MINIMAL = """\
[hq]
org = "acme"
receiver_id = "hq-1"
data_dir = "/var/lib/daka-hq"

[mqtt]
url = "mqtt://localhost"
"""


def _load(folder: Path, text: str) -> Settings:
    path = folder / "hq.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_the_shipped_example_loads() -> None:
    settings = load_settings(config_dir() / "hq.example.toml")
    assert (settings.org, settings.mqtt.port, settings.web.port) == ("acme", 1883, 8080)


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    settings = _load(tmp_path, MINIMAL)
    assert settings.database_url == "sqlite:////var/lib/daka-hq/hq.db"
    assert settings.shards is None
    assert isinstance(settings.clock, SystemClock)
    assert (settings.web.host, settings.notify.console) == ("127.0.0.1", True)


def test_appeals_and_what_groups_are_told_may_be_chosen(tmp_path: Path) -> None:
    usual = _load(tmp_path, MINIMAL)
    assert usual.appeals == USUAL_TERMS
    assert usual.notify.groups == frozenset(GroupNews)
    table = '[appeals]\ndecide_within_days = 3\ndeciders = ["hr"]\n[notify]\ngroups = ["rules"]\n'
    chosen = _load(tmp_path, MINIMAL + table)
    assert (chosen.appeals.open_within_days, chosen.appeals.decide_within_days) == (60, 3)
    assert chosen.appeals.deciders == {Role.HR}
    assert chosen.notify.reach.channels_for(GroupNews.RULES) == ("console",)
    assert chosen.notify.reach.channels_for(GroupNews.AWARDS) == ()


def test_a_demonstration_brings_its_clock(tmp_path: Path) -> None:
    table = '[clock]\nwall_start_utc = "2026-11-23T00:00:00.000Z"\nreal_start_s = 5\nspeed = 720\n'
    clock = _load(tmp_path, MINIMAL + table).clock
    assert isinstance(clock, ScaledClock)
    assert utc_text(clock.wall_start_utc) == "2026-11-23T00:00:00.000Z"


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    text = MINIMAL + f'username = "hq"\npassword_file = "{tmp_path / "password"}"\n'
    assert _load(tmp_path, text).mqtt.password == "s3cret"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('org = "acme"\n', "", r"hq\.toml, \[hq\]: org is missing; it must be"),
        ('org = "acme"', 'org = "a/b"', r"\[hq\]: org = 'a/b'"),
        ('org = "acme"', "org = 7", r"\[hq\]: org = 7"),
        ('"/var/lib/daka-hq"', '"here"', r"\[hq\]: data_dir = 'here'; it must be an absolute"),
        (
            "[mqtt]",
            "shards = [16]\n[mqtt]",
            r"shards = \[16\]; it must be a list of whole numbers, 0 to 15",
        ),
        ("[mqtt]", 'database_url = "mysql://x"\n[mqtt]', "database_url = 'mysql://x'"),
        ("mqtt://localhost", "http://localhost", r"\[mqtt\]: url = 'http"),
        ("mqtt://localhost", "mqtt://localhost:x", r"\[mqtt\]: url = "),
        ("[mqtt]", "[mqtt]\nport = 3", r"\[mqtt\]: unknown key 'port'; known: "),
        ("[mqtt]", '[mqtt]\nca_file = "/nowhere"', r"ca_file = '/nowhere'; .*No such file"),
        ("[mqtt]", "[web]\nport = 0\n[mqtt]", r"\[web\]: port = 0; it must be a whole number"),
        ("[mqtt]", '[notify]\nwebhook_url = "https://x"\n[mqtt]', "webhook_secret_file is missing"),
        ("[mqtt]", "[clock]\nspeed = 2\n[mqtt]", r"\[clock\]: wall_start_utc is missing"),
        (
            "[mqtt]",
            '[appeals]\ndeciders = ["boss"]\n[mqtt]',
            r"\[appeals\]: deciders = \['boss'\]; it must be a list of administrator, hr",
        ),
        ("[mqtt]", "[appeals]\ndeciders = []\n[mqtt]", "at least one role"),
        (
            "[mqtt]",
            "[appeals]\nopen_within_days = 0\n[mqtt]",
            "open_within_days = 0; it must be a whole",
        ),
        (
            "[mqtt]",
            '[notify]\ngroups = ["sales"]\n[mqtt]',
            r"\[notify\]: groups = \['sales'\]; it must be a list of awards, rules, anchor, budget",
        ),
        ("[mqtt]", "[post]\n[mqtt]", "unknown table 'post'"),
        ("[mqtt]", "[mqtt", "no TOML file"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    assert old in MINIMAL
    with pytest.raises(DakaError, match=named):
        _load(tmp_path, MINIMAL.replace(old, new))


def test_all_mistakes_of_a_file_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = MINIMAL.replace('org = "acme"', "org = 7").replace("mqtt://localhost", "http://x") + (
        "[web]\nport = 0\nidle_min = 1\nhosst = 'x'\n[post]\n"
        "[appeals]\ndeciders = ['boss']\nopen_within_days = 0\n"
        "[wecom]\n[[wecom.groups]]\nstore = 'S1'\n[[wecom.groups]]\nstore = 7\ntoken_file = '/no'\n"
    )
    with pytest.raises(ToldError) as caught:
        _load(tmp_path, text)
    lines = text.splitlines()
    head, *told = caught.value.zh.splitlines()
    assert head.endswith("hq.toml 有 11 处要改:")
    for place, line in (
        ("不认识表 [post]", "[post]"),
        ("[hq]:org = 7", "org = 7"),
        ("[mqtt]:url = 'http://x'", 'url = "http://x"'),
        ("[web]:port = 0", "port = 0"),
        ("[web]:idle_min = 1", "idle_min = 1"),
        ("[web]:不认识 hosst", "hosst = 'x'"),
        ("[appeals]:deciders = ['boss']", "deciders = ['boss']"),
        ("[appeals]:open_within_days = 0", "open_within_days = 0"),
        ("[wecom.groups] no. 1:缺少 token_file", ""),
        ("[wecom.groups] no. 2:store = 7", "store = 7"),
        (
            "[wecom.groups] no. 2:token_file = '/no';应是本程序有权读取的文件的路径(没有这个文件)",
            "token_file = '/no'",
        ),
    ):
        at = f"(第 {lines.index(line) + 1} 行)" if line else ""
        assert sum(place in one and at in one for one in told) == 1, (place, at, told)


def test_of_tables_that_are_not_there_all_they_need_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToldError) as caught:
        _load(tmp_path, "[web]\n")
    missing = ("org", "receiver_id", "data_dir", "url")
    assert all(f"缺少 {key}" in caught.value.zh for key in missing)
    assert "4 mistakes" in caught.value.en


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        DakaError, match=r"hq\.toml cannot be read: it is not there; copy config/hq"
    ):
        load_settings(tmp_path / "hq.toml")
