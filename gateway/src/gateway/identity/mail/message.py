"""An e-mail that is owed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Self

from chassis.identifiers import new_id
from chassis.jobs import enqueue as owe
from sqlalchemy import Connection

KIND = "send-mail"


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain-text e-mail to one person.

    Attributes:
        to: address of the account.
        subject: one line; line breaks in it become spaces.
        text: the body.
        until: it is not sent after this instant of real time: a link in it is no longer good. None: any time.
        key: names the mail in its Message-ID, so that a mail sent twice after a crash is shown once.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    until: datetime | None = None
    key: str = field(default_factory=new_id)

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        until = payload["until"]
        values = {**payload, "until": datetime.fromisoformat(until) if until else None}
        return cls(**values)

    def payload(self) -> dict[str, Any]:
        until = self.until.isoformat() if self.until else None
        return {"to": self.to, "subject": self.subject, "text": self.text, "until": until, "key": self.key}

    def message(self, sender: str, at: datetime) -> EmailMessage:
        """Return the mail as it goes to the server. Raises ValueError for an address that is none."""
        message = EmailMessage(policy=SMTP)
        message["From"] = sender
        message["To"] = self.to
        message["Subject"] = " ".join(self.subject.split())
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{self.key}@{domain_of(sender)}>"
        message["Auto-Submitted"] = "auto-generated"  # or absence notes answer every notice
        message.set_content(self.text)
        return message


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].rstrip(">")


def enqueue(connection: Connection, mail: Mail) -> None:
    """Owe a mail from the moment the transaction commits."""
    owe(connection, KIND, mail.payload())
