"""One attempt to post a message."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from chassis.webhooks import addresses
from chassis.webhooks.addresses import AddressRefused, NotResolved, UnusableUrl, demand_usable
from chassis.webhooks.signatures import signatures

ATTEMPT_SECONDS = 10.0
_HTTPS = 443
_HTTP = 80


class Problem(StrEnum):
    """Why an attempt failed."""

    NOT_RESOLVED = "NOT_RESOLVED"
    ADDRESS_REFUSED = "ADDRESS_REFUSED"
    NO_ANSWER = "NO_ANSWER"
    BAD_CERTIFICATE = "BAD_CERTIFICATE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: the status of the answer, 0 without one, and the problem, if any."""

    status: int = 0
    problem: Problem | None = None


class Sender:
    """Posts signed messages.

    Args:
        local: this machine may be posted to, without TLS too; for JOURNEYMAN_ENV=local only.
        seconds: an attempt is given up after this time, also when the receiver answers byte by byte.
    """

    def __init__(self, *, local: bool, seconds: float = ATTEMPT_SECONDS) -> None:
        self._local = local
        self._seconds = seconds

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def post(self, url: str, secrets: Sequence[bytes], message_id: str, body: bytes) -> Outcome:
        """Post a message signed with each of the secrets. Returns what became of it; raises nothing."""
        try:
            return self._attempt(url, secrets, message_id, body)
        except NotResolved:
            return Outcome(problem=Problem.NOT_RESOLVED)
        except (AddressRefused, UnusableUrl):
            return Outcome(problem=Problem.ADDRESS_REFUSED)
        except ssl.SSLCertVerificationError:
            return Outcome(problem=Problem.BAD_CERTIFICATE)
        except (OSError, http.client.HTTPException, ValueError):  # it answered something that is no HTTP
            return Outcome(problem=Problem.NO_ANSWER)

    def _attempt(self, url: str, secrets: Sequence[bytes], message_id: str, body: bytes) -> Outcome:
        parts = demand_usable(url, local=self._local)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        port = parts.port or (_HTTPS if secure else _HTTP)
        address = addresses.resolve(host, port, local=self._local)
        connection = _Connection(host, port, address, self._context if secure else None, self._seconds)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with connection.ended_after(self._seconds):
                connection.request("POST", path, body, _headers(secrets, message_id, body))
                status = connection.getresponse().status  # nobody needs the body, however long it is
        finally:
            connection.close()
        success = http.client.OK <= status < http.client.MULTIPLE_CHOICES
        return Outcome(status, None if success else Problem.REFUSED)


def _headers(secrets: Sequence[bytes], message_id: str, body: bytes) -> dict[str, str]:
    timestamp = int(time.time())  # real time: the receiver refuses what is older than minutes
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Journeyman-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(secrets, message_id, timestamp, body),
    }


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was chosen before, for the host that the certificate must name."""

    def __init__(
        self, host: str, port: int, address: str, context: ssl.SSLContext | None, seconds: float
    ) -> None:
        super().__init__(host, port, timeout=seconds)
        self._address = address
        self._context = context
        self._ended = False
        if context is not None:
            self.default_port = _HTTPS

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._context is not None:
            # the handshake comes after the socket is known here, so that the deadline can end it
            self.sock = self._context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        if self._ended:
            raise TimeoutError

    def ended_after(self, seconds: float) -> "_Deadline":
        return _Deadline(self, seconds)

    def end(self) -> None:
        self._ended = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _Deadline:
    """Ends a connection when the time is over: the timeout of a socket begins anew with every byte."""

    def __init__(self, connection: _Connection, seconds: float) -> None:
        self._timer = threading.Timer(seconds, connection.end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
