"""Channels in the settings file: what is wrong is named, secrets are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_receiver.settings import NotifySettings, load_settings
from sync.errors import DakaError

HEAD = '[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "/var/lib/daka-hq"\n[mqtt]\nurl = "mqtt://localhost"\n'


def _load(folder: Path, text: str) -> NotifySettings:
    (folder / "secret").write_text("s3cret\n")
    path = folder / "hq.toml"
    path.write_text(HEAD + text.replace("SECRET", str(folder / "secret")), encoding="utf-8")
    return load_settings(path).notify


def test_the_channels_are_those_that_are_there_and_no_secret_is_shown(tmp_path: Path) -> None:
    notify = _load(tmp_path, """
[dingtalk]
app_key = "k"
app_secret_file = "SECRET"
[[dingtalk.groups]]
store = "*"
token_file = "SECRET"
[[feishu.groups]]
store = "*"
token_file = "SECRET"
[mail]
host = "mail.example.com"
sender = "daka@example.com"
""")  # fmt: skip
    assert notify.channels == ("console", "dingtalk", "dingtalk-group", "feishu", "mail")
    assert "s3cret" not in repr(notify)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[dingtalk]\n", r"\[dingtalk\]: app_key is missing; it must be given, or at least one"),
        ('[dingtalk]\napp_key = "k"\n', "app_secret_file is missing; it must be the path"),
        ('[[wecom.groups]]\nstore = "*"\n', r"\[wecom.groups\] no. 1: token_file is missing"),
        ('[[feishu.groups]]\ntoken_file = "SECRET"\n', r"\[feishu.groups\] no. 1: store is missing"),
        ("[wecom]\n", r"\[wecom\]: groups is missing; it must be at least one table"),
        ('[mail]\nhost = "m"\nsender = "s"\ntls = "ssl"\n', "tls = 'ssl'; it must be one of"),
        ('[feishu]\nendpoint = "here"\n[[feishu.groups]]\nstore = "*"\ntoken_file = "SECRET"\n',
         "endpoint = 'here'; it must be an address"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(DakaError, match=named):
        _load(tmp_path, text)
