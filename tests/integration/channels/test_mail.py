"""Mail against a real SMTP server, with and without encryption."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trustme

from cloud_receiver.channels.contract import PermanentError, RetryLaterError
from cloud_receiver.channels.settings import MailSettings
from cloud_receiver.channels.smtp import MailNotifier
from tests.integration.channels.conftest import group, person
from tests.integration.channels.mail_server import MailBox, mail_server, mailing
from tests.integration.evaluate.conftest import StandingClock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def box() -> MailBox:
    return MailBox()


@pytest.fixture
def mail(box: MailBox) -> Iterator[MailNotifier]:
    with mail_server(box) as settings:
        yield mailing(settings)


def test_persons_and_recipients_of_a_store_get_their_digest(
    mail: MailNotifier, box: MailBox
) -> None:
    mail.send(person(1))
    mail.send(group(1))
    mail.send(person(1))
    (to, first), (all_of, _), (_, again) = box.mails
    assert (to, all_of) == (["wang@example.com"], ["hr@example.com", "boss@example.com"])
    assert first.get_content().strip() == person(1).text
    assert str(first["Subject"]).startswith("打卡奖惩通知")
    assert first["Message-ID"] == again["Message-ID"]


def test_who_has_no_address_is_named_and_trouble_is_told_apart(
    mail: MailNotifier, box: MailBox
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


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_encrypted_mail_arrives_after_a_log_in(
    tls: str, box: MailBox, authority: trustme.CA, ca_file: Path
) -> None:
    with mail_server(box, tls=tls, certificate=authority.issue_cert("127.0.0.1")) as settings:
        mailing(replace(settings, ca_file=ca_file)).send(group(1))
        assert box.was_encrypted == [True]
        assert box.logins == ["daka"]
        with pytest.raises(RetryLaterError, match="check username and password_file"):
            mailing(replace(settings, ca_file=ca_file, password="wrong")).send(group(2))
    assert len(box.mails) == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["stranger", "another name"])
def test_a_certificate_that_does_not_hold_is_refused_and_no_password_is_shown_to_it(
    tls: str, wrong: str, box: MailBox, authority: trustme.CA, ca_file: Path
) -> None:
    name = "mail.example.com" if wrong == "another name" else "127.0.0.1"
    with mail_server(box, tls=tls, certificate=authority.issue_cert(name)) as settings:
        trusted = ca_file if wrong == "another name" else None
        with pytest.raises(RetryLaterError, match="check host, ca_file and this") as caught:
            mailing(replace(settings, ca_file=trusted)).send(person(1))
    assert caught.value.channel_wide
    assert "certificate that does not hold" in str(caught.value)
    assert (box.mails, box.logins) == ([], [])
