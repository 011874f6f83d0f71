"""A real SMTP server on loopback that keeps mail, with or without a certificate."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from cloud_receiver.channels.settings import MailSettings
from cloud_receiver.channels.smtp import MailNotifier
from cloud_receiver.demo.stage import free_port
from tests.integration.evaluate.conftest import StandingClock

if TYPE_CHECKING:
    import trustme

ADDRESSES = {"E1": "wang@example.com"}


class MailBox:
    """Keeps mail, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Message]] = []
        self.was_encrypted: list[bool] = []
        self.logins: list[str] = []
        self.answer = "250 OK"
        self.answers: list[str] = []  # used up first

    async def handle_DATA(  # noqa: N802  aiosmtpd calls it so
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        answer = self.answers.pop(0) if self.answers else self.answer
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            self.mails.append((envelope.rcpt_tos, mail))
            is_wrapped = server.transport.get_extra_info("sslcontext") is not None
            self.was_encrypted.append(session.ssl is not None or is_wrapped)
        return answer

    def log_in(
        self, _server: Any, _session: Any, _envelope: Any, _how: str, who: Any
    ) -> AuthResult:
        """Take one name and password; what was shown otherwise is not kept."""
        if (who.login, who.password) == (b"daka", b"password"):
            self.logins.append("daka")
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)


@contextmanager
def mail_server(
    box: MailBox, *, tls: str = "none", certificate: trustme.LeafCert | None = None
) -> Iterator[MailSettings]:
    """Serve; yield the settings of a client that trusts whom this machine trusts."""
    more: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        more = {
            "authenticator": box.log_in,
            "auth_required": tls == "starttls",
            "auth_require_tls": tls == "starttls",  # it does not see that the other is encrypted
        }
        more |= {
            "starttls": {"tls_context": context, "require_starttls": True},
            "tls": {"ssl_context": context},
        }[tls]
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield MailSettings(
            host="127.0.0.1", port=port, tls=tls, sender="daka@example.com",
            username="daka" if certificate else "", password="password" if certificate else "",
            groups={"*": ("hr@example.com", "boss@example.com")},
        )  # fmt: skip
    finally:
        controller.stop()


def mailing(settings: MailSettings) -> MailNotifier:
    """Return a channel that knows one employee's address."""
    return MailNotifier(settings, ADDRESSES.get, StandingClock())
