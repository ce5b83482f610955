"""Answers what gunicorn cannot read as a request: with a problem like any other, never with a 5xx."""

import secrets
import socket
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


class Worker(ThreadWorker):
    """Gunicorn's worker, whose own answers are HTML pages."""

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
