"""The server that takes our mail, and one conversation with it."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import Enum
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

from gateway.identity.mail.message import domain_of

STEP_SECONDS = 5.0
_PERMANENT = 500


class Encryption(Enum):
    """How the conversation is hidden. Certificates are verified."""

    TLS = "from the first byte"
    STARTTLS = "before anything is said"
    NONE = "not at all: it stays on this machine"


class MailRefused(Exception):
    """The server will never take this mail."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes: `smtps://user:password@host:465`, or `smtp://…:587`, which begins with STARTTLS.

    Only a relay on this machine is spoken to in the clear.
    """

    host: str
    port: int
    encryption: Encryption
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a server's URL. Raises ValueError for what is not one."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
            message = "must be written smtps://user:password@host:port or smtp://..."
            raise ValueError(message)
        encryption = Encryption.TLS
        if parts.scheme == "smtp":
            encryption = Encryption.NONE if _is_this_machine(parts.hostname) else Encryption.STARTTLS
        port = parts.port or (465 if encryption is Encryption.TLS else 587)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, encryption, user, password)

    def send(self, message: EmailMessage, beat: Callable[[], None]) -> None:
        """Hand a mail over; `beat` is called between the steps.

        Raises MailRefused when trying again is useless, OSError (of which smtplib's errors are) otherwise.
        """
        connection = self._connect(domain_of(str(message["From"])))
        try:
            self._introduce(connection, beat)
            _deliver(connection, message)
        finally:
            with suppress(OSError):
                connection.quit()

    def _connect(self, name: str) -> smtplib.SMTP:
        if self.encryption is Encryption.TLS:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, name, timeout=STEP_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, name, timeout=STEP_SECONDS)

    def _introduce(self, connection: smtplib.SMTP, beat: Callable[[], None]) -> None:
        if self.encryption is Encryption.STARTTLS:
            beat()
            connection.starttls(context=ssl.create_default_context())
        if self.user:
            beat()
            connection.login(self.user, self.password)
        beat()


def _deliver(connection: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        if all(code >= _PERMANENT for code, _ in error.recipients.values()):
            raise MailRefused from error
        raise
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= _PERMANENT:
            raise MailRefused from error
        raise


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
