"""The steps that install a service, as data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sync.places import config_dir
from sync.service_manager import perform, step_lines
from sync.service_unit import RunCommand, Service, WriteFile, install_steps, remove_steps, unit_text

SYSTEMD = config_dir() / "systemd"


def _service(name: str) -> Service:
    return Service(
        name=name, command=f"/opt/daka/bin/{name}", config="/etc/daka/x.toml",
        data_dir="/srv/daka", docs="/opt/daka/docs", user="clerk",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["daka-agent", "daka-hq"])
def test_no_brace_is_left_open(name: str) -> None:
    text = unit_text((SYSTEMD / f"{name}.service").read_text(), _service(name))
    assert "{" not in text
    assert f"ExecStart=/opt/daka/bin/{name} run --config /etc/daka/x.toml" in text
    assert "User=clerk" in text
    assert "Type=notify" in text
    assert "ReadWritePaths=/srv/daka" in text


def test_the_user_comes_first_and_the_start_last() -> None:
    steps = install_steps("", "", _service("daka-agent"))
    assert isinstance(steps[0], RunCommand)
    assert steps[0].unless_user == "clerk"
    assert steps[-1] == RunCommand(("systemctl", "restart", "daka-agent"))
    written = [step.path for step in steps if isinstance(step, WriteFile)]
    assert written == ["/etc/systemd/journald@daka.conf", "/etc/systemd/system/daka-agent.service"]


def test_its_user_may_read_its_settings_and_the_secrets_they_name() -> None:
    service = replace(_service("daka-agent"), files=("/etc/daka/password", "/etc/daka/key"))
    told = list(step_lines(install_steps("", "", service)))
    assert "chgrp clerk /etc/daka/password /etc/daka/key" in told
    assert "chmod g+r /etc/daka/password /etc/daka/key" in told
    assert not [line for line in step_lines(install_steps("", "", _service("daka-agent")))
                if line.startswith(("chgrp", "chmod"))]  # fmt: skip


def test_removing_touches_no_data() -> None:
    told = "\n".join(step_lines(remove_steps("daka-agent")))
    assert "/srv" not in told
    assert "disable --now daka-agent" in told


def test_steps_are_performed_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda _name: "/bin/systemctl")
    unit = tmp_path / "unit"
    perform([WriteFile(str(unit), "x"), RunCommand(("mv", str(unit), str(tmp_path / "moved"))),
             RunCommand(("false",), unless_user="root")])  # fmt: skip
    assert (tmp_path / "moved").read_text() == "x"
