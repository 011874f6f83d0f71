"""Mail: a digest each full hour, to persons with an address and to the recipients of a store."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from cloud_receiver.channels.contract import PermanentError, RetryLaterError
from cloud_receiver.channels.settings import EVERY_STORE, MailSettings
from cloud_receiver.domain.notices import Notice, Target, TargetKind
from sync.clock import Clock

_TIMEOUT_S: Final = 15.0
_SUBJECTS: Final = {"zh": "打卡奖惩通知", "en": "Daka: rewards and deductions"}


class MailNotifier:
    """Hands mail to one SMTP server; ``Message-ID`` is made of the notice's id, so a repeat shows.

    Args:
        address_of: an employee's mail address, None when none is known.
    """

    channel = "mail"

    def __init__(
        self, settings: MailSettings, address_of: Callable[[str], str | None], clock: Clock
    ) -> None:
        self._settings = settings
        self._address_of = address_of
        self._clock = clock

    def send(self, notice: Notice) -> None:
        """Mail one digest.

        Raises:
            RetryLaterError: the server is away, busy or does not let us in.
            PermanentError: nobody is to get it, or the server refuses it for good.
        """
        mail = self._mail(notice)
        try:
            with self._connected() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            kind = PermanentError if all(code >= 500 for code in codes) else RetryLaterError
            raise kind(
                f"{self._settings.host} refuses the recipients: {error.recipients}"
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            raise RetryLaterError(
                f"{self._settings.host} does not let us in ({error.smtp_code}); "
                "check username and password_file in [mail]",
                channel_wide=True,
            ) from error
        except smtplib.SMTPResponseException as error:
            told = f"{self._settings.host} answered {error.smtp_code}: {error.smtp_error!r}"
            if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500:
                raise PermanentError(told) from error
            raise RetryLaterError(told, channel_wide=True) from error
        except ssl.SSLCertVerificationError as error:
            told = (
                f"{self._settings.host} shows a certificate that does not hold: "
                f"{error.verify_message}; check host, ca_file and this machine's clock"
            )
            raise RetryLaterError(told, channel_wide=True) from error
        except (OSError, smtplib.SMTPException) as error:
            told = f"{self._settings.host} takes no mail: {type(error).__name__} {error}"
            raise RetryLaterError(told, channel_wide=True) from error

    def room(self, target: Target) -> str | None:
        """Name the recipients of a store's digest; stores may share them."""
        found = self._of_group(target) if target.kind is TargetKind.GROUP else ()
        return ", ".join(found) or None

    def _mail(self, notice: Notice) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._settings.sender
        mail["To"] = ", ".join(self._recipients(notice))
        first_line = notice.text.splitlines()[0]
        mail["Subject"] = f"{_SUBJECTS.get(notice.language, _SUBJECTS['zh'])}: {first_line[:60]}"
        mail["Date"] = format_datetime(self._clock.now_utc().astimezone(UTC))
        digest = sha256(notice.notice_id.encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{digest}@{self._settings.sender.partition('@')[2] or 'daka'}>"
        mail.set_content(f"{notice.text}\n")
        return mail

    def _recipients(self, notice: Notice) -> tuple[str, ...]:
        if notice.target.kind is TargetKind.PERSON:
            address = self._address_of(notice.employee_id)
            if address is None:
                raise PermanentError(f"no mail address is known for {notice.employee_id}: daka-hq import contacts")  # fmt: skip
            return (address,)
        found = self._of_group(notice.target)
        if not found:
            raise PermanentError(f"[[mail.groups]] names nobody for store {notice.target.id}")
        return found

    def _of_group(self, target: Target) -> tuple[str, ...]:
        groups = self._settings.groups
        return groups.get(target.id) or groups.get(EVERY_STORE) or ()

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=_TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_S)
        try:
            if settings.tls == "starttls":
                server.starttls(context=context)
            if settings.username:
                server.login(settings.username, settings.password)
        except BaseException:
            server.close()
            raise
        return server

    def close(self) -> None:
        """Nothing is kept open between mails."""
