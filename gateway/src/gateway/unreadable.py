"""Answers what gunicorn cannot read as a request: with a problem like any other, never with a 5xx."""

import contextlib
import secrets
import socket
import time
from typing import Any

from gunicorn.http import errors
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from gateway import kinds
from gateway.problem import CONTENT_TYPE, Kind, Problem, Rendered

# Of an answer, not of a request.
_OURS = (
    errors.InvalidResponseHeader,  # type: ignore[attr-defined] # newer than the stubs
    errors.InvalidResponseHeaderName,  # type: ignore[attr-defined] # the same
)


_HEAD_SECONDS = 10.0


class Worker(ThreadWorker):
    """Gunicorn's worker, whose own answers are HTML pages, and which waits for ever for whoever sends slowly.

    Attributes:
        request_seconds: the longest that a request may take behind its head, its answer included.
    """

    request_seconds: float

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._until: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        self._until[conn] = time.monotonic() + _HEAD_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._until.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        self._until[conn] = time.monotonic() + self.request_seconds
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Called every second by the main thread. Eight clients that never finish would hold all threads."""
        super().murder_pending()
        now = time.monotonic()
        for conn, until in list(self._until.items()):
            if until < now:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        if isinstance(exc, ParseException) and not isinstance(exc, _OURS):
            _answer(client, Problem(_kind(exc)).rendered("en"))
        else:
            super().handle_error(req, client, addr, exc)


def _kind(error: ParseException) -> Kind:
    match error:
        case LimitRequestLine():
            return kinds.URL_TOO_LONG
        case LimitRequestHeaders():
            return kinds.HEADERS_TOO_LARGE
        case _:
            return kinds.REQUEST_UNREADABLE


def _answer(client: socket.socket, problem: Rendered) -> None:
    body = problem.body(secrets.token_hex(16))
    head = (
        f"HTTP/1.1 {problem.status.value} {problem.status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    write_nonblock(client, head.encode() + body)
