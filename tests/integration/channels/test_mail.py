"""Mail against a real SMTP server."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from cloud_receiver.channels.contract import PermanentError, RetryLaterError
from cloud_receiver.channels.settings import MailSettings
from cloud_receiver.channels.smtp import MailNotifier
from cloud_receiver.demo.stage import free_port
from tests.integration.channels.conftest import group, person
from tests.integration.evaluate.conftest import StandingClock


class Box:
    """Keeps mail, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Message]] = []
        self.answer = "250 OK"

    async def handle_DATA(  # noqa: N802  aiosmtpd calls it so
        self, server: object, session: object, envelope: object
    ) -> str:
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)  # type: ignore[attr-defined]
            self.mails.append((envelope.rcpt_tos, mail))  # type: ignore[attr-defined]
        return self.answer


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def mail(box: Box) -> Iterator[MailNotifier]:
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings = MailSettings(
        host="127.0.0.1", port=port, tls="none", username="", password="",
        sender="daka@example.com", groups={"*": ("hr@example.com", "boss@example.com")},
    )  # fmt: skip
    yield MailNotifier(settings, {"E1": "wang@example.com"}.get, StandingClock())
    controller.stop()


def test_persons_and_recipients_of_a_store_get_their_digest(mail: MailNotifier, box: Box) -> None:
    mail.send(person(1))
    mail.send(group(1))
    mail.send(person(1))
    (to, first), (all_of, _), (_, again) = box.mails
    assert (to, all_of) == (["wang@example.com"], ["hr@example.com", "boss@example.com"])
    assert first.get_content().strip() == person(1).text
    assert str(first["Subject"]).startswith("打卡奖惩通知")
    assert first["Message-ID"] == again["Message-ID"]


def test_who_has_no_address_is_named_and_trouble_is_told_apart(
    mail: MailNotifier, box: Box
) -> None:
    with pytest.raises(PermanentError, match="no mail address is known for E7"):
        mail.send(person(1, "E7"))
    box.answer = "451 later"
    with pytest.raises(RetryLaterError, match="451"):
        mail.send(person(1))
    box.answer = "554 never"
    with pytest.raises(PermanentError, match="554"):
        mail.send(person(1))


def test_a_server_that_is_away_keeps_the_mail(mail: MailNotifier) -> None:
    gone = MailNotifier(
        MailSettings(host="127.0.0.1", port=1, tls="none", username="", password="",
                     sender="daka@example.com", groups={}),
        {"E1": "wang@example.com"}.get, StandingClock(),
    )  # fmt: skip
    with pytest.raises(RetryLaterError, match="takes no mail") as caught:
        gone.send(person(1))
    assert caught.value.channel_wide
