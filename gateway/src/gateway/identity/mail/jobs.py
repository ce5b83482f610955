"""Sends the mail that is owed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from chassis.jobs import Beat
from prometheus_client import CollectorRegistry, Counter

from gateway.identity.mail.message import KIND, Mail
from gateway.identity.mail.smtp import MailRefused, SmtpServer

log = structlog.get_logger()

# About a day: a server that is being mended takes what was said meanwhile.
PAUSES = (10.0, 60.0, 300.0, 1800.0, 3600.0, 10800.0, 21600.0, 43200.0)


class SendMail:
    """The job behind `mail.enqueue`. Without a server mail is off: what is owed is dropped and counted."""

    kind = KIND
    pauses = PAUSES

    def __init__(self, server: SmtpServer | None, sender: str, registry: CollectorRegistry) -> None:
        self._server = server
        self._sender = sender
        self._mails = Counter(
            "journeyman_mails_total", "Mails by what became of them", ["outcome"], registry=registry
        )
        if server is None:
            log.warning("mail is off: JOURNEYMAN_SMTP_URL is not set")

    def run(self, payload: Mapping[str, Any], beat: Beat) -> None:
        mail = Mail.read(payload)
        self._mails.labels(self._send(mail, beat)).inc()

    def _send(self, mail: Mail, beat: Beat) -> str:
        at = datetime.now(UTC)
        if self._server is None:
            return "off"
        if mail.until and mail.until <= at:
            return "too_late"
        try:
            self._server.send(mail.message(self._sender, at), beat)
        except (MailRefused, ValueError) as error:  # an address that no server takes
            log.warning("mail refused", mail=mail.key, error=type(error).__name__)
            return "refused"
        except OSError:
            self._mails.labels("put_off").inc()
            raise
        return "sent"

    def give_up(self, payload: Mapping[str, Any], error: Exception) -> None:
        log.error("mail given up", mail=payload["key"], error=type(error).__name__)
        self._mails.labels("given_up").inc()
