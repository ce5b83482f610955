"""E-mail: what is to be sent is owed with the transaction that decided it, and sent by a job."""

from gateway.identity.mail.message import Mail, enqueue

__all__ = ["Mail", "enqueue"]
