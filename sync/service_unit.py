"""What is put before systemd: the shipped unit filled in, and the steps that install it.

Pure: the steps are data, so that they can be shown first (`--dry-run`) and tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UNIT_FOLDER: Final = "/etc/systemd/system"
JOURNAL_SETTINGS: Final = "/etc/systemd/journald@daka.conf"


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A file to write."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class RunCommand:
    """A command to run; `unless_user` leaves it out when that user is there."""

    arguments: tuple[str, ...]
    unless_user: str = ""


Step = WriteFile | RunCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of Daka's services on this machine.

    Attributes:
        name: ``daka-agent`` or ``daka-hq``.
        command: absolute path of the program.
        files: its settings and the secrets they name, which its user must be able to read.
    """

    name: str
    command: str
    config: str
    data_dir: str
    docs: str
    user: str
    files: tuple[str, ...] = ()


def unit_text(template: str, service: Service) -> str:
    """Return the shipped unit with its braces filled in."""
    filled = template
    for key in ("command", "config", "data_dir", "docs", "user"):
        filled = filled.replace(f"{{{key}}}", getattr(service, key))
    return filled.replace(f"# Written by {service.name} service install; {{braces}} are filled in.\n",
                          f"# Written by {service.name} service install.\n")  # fmt: skip


def install_steps(template: str, journal_settings: str, service: Service) -> list[Step]:
    """Return what makes a service start now and at every boot; safe to repeat."""
    add_user = (
        "useradd", "--system", "--home-dir", service.data_dir, "--shell", "/usr/sbin/nologin",
        service.user,
    )  # fmt: skip
    lets_read = [
        RunCommand(command)
        for command in (
            ("chgrp", service.user, *service.files), ("chmod", "g+r", *service.files),
        )
        if service.files
    ]  # fmt: skip
    return [
        RunCommand(add_user, unless_user=service.user),
        RunCommand(("install", "-d", "-o", service.user, "-g", service.user, "-m", "0750", service.data_dir)),
RunCommand(("chown", "-R", f"{service.user}:{service.user}", service.data_dir)),
        *lets_read,
        WriteFile(JOURNAL_SETTINGS, journal_settings),
        WriteFile(f"{UNIT_FOLDER}/{service.name}.service", unit_text(template, service)),
        RunCommand(("systemctl", "daemon-reload")),
        RunCommand(("systemctl", "enable", service.name)),
        RunCommand(("systemctl", "restart", service.name)),
    ]  # fmt: skip


def remove_steps(service_name: str) -> list[Step]:
    """Return what stops a service for good; data and settings stay."""
    return [
        RunCommand(("systemctl", "disable", "--now", service_name)),
        RunCommand(("rm", "-f", f"{UNIT_FOLDER}/{service_name}.service")),
        RunCommand(("systemctl", "daemon-reload")),
    ]
