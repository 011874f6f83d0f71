"""What the channels to chat services and mail are told in the settings file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sync.settings_table import Table

EVERY_STORE: Final = "*"
STANDARD_CALLS: Final = 10_000
"""Metered calls a month of DingTalk's standard edition; one more is answered with 90020."""
_TLS: Final = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of a chat service and the robot that speaks there.

    Attributes:
        store_id: whose news it hears; ``*``: of every store without a group of its own.
        token: what the robot's address ends with (access_token, key or hook).
        secret: signs what is sent; empty: the robot asks for no signature.
        keyword: put before texts that lack it; robots may ask for one.
        conversation: openConversationId, where DingTalk's in-app robot speaks instead.
    """

    store_id: str
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    keyword: str = ""
    conversation: str = ""

    @property
    def room(self) -> str:
        """Return what two groups have in common when the same robot speaks to both."""
        return self.conversation or self.token


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotSettings:
    """The robots of WeCom or Feishu; `endpoint` is empty for the real service."""

    endpoint: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DingTalkSettings:
    """DingTalk: the organisation's app and the robots of groups.

    Attributes:
        endpoint: stands for both of DingTalk's hosts; empty: the real ones.
        app_key: of the app, also clientId; empty: robots of groups only.
        agent_id: sends work notices; 0: the in-app robot tells persons.
        robot_code: of the in-app robot; usually the app_key.
        monthly_calls: metered calls the organisation has a month.
        stream: whether to listen to what people write to the robot, and to check-ins.
        payroll_type: bizType its payroll takes third-party data under; empty: none is written.
        payroll_bonus_key, payroll_subsidy_key: what its columns for the two sums are called.
    """

    endpoint: str
    app_key: str
    app_secret: str = field(repr=False)
    agent_id: int
    robot_code: str
    monthly_calls: int
    stream: bool
    payroll_type: str
    payroll_bonus_key: str
    payroll_subsidy_key: str
    groups: tuple[Group, ...]

    @property
    def tells_persons(self) -> bool:
        """Tell whether there is an app, which reaches single persons."""
        return bool(self.app_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The SMTP server and who gets digests.

    Attributes:
        tls: starttls, tls (from the first byte) or none.
        ca_file: who vouches for the server's certificate; None: those the machine trusts.
        groups: recipients by store; ``*``: of every store without recipients of its own.
    """

    host: str
    port: int
    tls: str
    username: str
    password: str = field(repr=False)
    sender: str
    groups: dict[str, tuple[str, ...]]
    ca_file: Path | None = None


def dingtalk_settings(table: Table) -> DingTalkSettings | None:
    """Read [dingtalk]; None when it is not there."""
    if not table.is_given:
        return None
    app_key = table.text("app_key", "the app's AppKey (clientId)", "")
    app_secret = table.secret("app_secret_file")
    if app_key and not app_secret:
        raise table.wrong("app_secret_file", "the path of a file with the app's AppSecret")
    groups = _groups(table)
    if not app_key and any(one.conversation for one in groups):
        raise table.wrong("app_key", "given, for a group is named by its conversation")
    if not app_key and not groups:
        raise table.wrong("app_key", "given, or at least one [[dingtalk.groups]]")
    stream = table.flag("stream", default=False)
    if stream and not app_key:
        raise table.wrong("stream", "false without an app_key")
    return DingTalkSettings(
        endpoint=table.web("endpoint"),
        app_key=app_key,
        app_secret=app_secret,
        agent_id=table.whole("agent_id", 0, 2**53, 0),
        robot_code=table.text("robot_code", "the in-app robot's code", app_key),
        monthly_calls=table.whole("monthly_calls", 1, 10**9, STANDARD_CALLS),
        stream=stream,
        payroll_type=table.text("payroll_type", "the bizType of third-party payroll data", ""),
        payroll_bonus_key=table.text("payroll_bonus_key", "a column of its payroll", "bonus"),
        payroll_subsidy_key=table.text("payroll_subsidy_key", "a column of its payroll", "subsidy"),
        groups=groups,
    )


def robot_settings(table: Table) -> RobotSettings | None:
    """Read [wecom] or [feishu]; None when it is not there."""
    if not table.is_given:
        return None
    groups = _groups(table)
    if not groups:
        raise table.wrong("groups", "at least one table with store and token_file")
    return RobotSettings(endpoint=table.web("endpoint"), groups=groups)


def mail_settings(table: Table) -> MailSettings | None:
    """Read [mail]; None when it is not there."""
    if not table.is_given:
        return None
    groups: dict[str, tuple[str, ...]] = {}
    for one in table.tables("groups"):
        groups[one.text("store", "a store's id or *")] = one.texts("to", "a list of addresses")
        one.finish()
    return MailSettings(
        host=table.text("host", "the SMTP server's name"),
        port=table.whole("port", 1, 65535, 587),
        tls=table.choice("tls", _TLS, "starttls"),
        username=table.text("username", "a text", ""),
        password=table.secret("password_file"),
        sender=table.text("sender", "the address mail comes from"),
        groups=groups,
        ca_file=table.file("ca_file"),
    )


def _groups(table: Table) -> tuple[Group, ...]:
    groups = []
    for one in table.tables("groups"):
        group = Group(
            store_id=one.text("store", "a store's id or *"),
            token=one.secret("token_file"),
            secret=one.secret("secret_file"),
            keyword=one.text("keyword", "a text", ""),
            conversation=one.text("conversation", "an openConversationId", ""),
        )
        if not group.token and not group.conversation:
            raise one.wrong("token_file", "the path of a file with the end of the robot's address")
        one.finish()
        groups.append(group)
    return tuple(groups)
