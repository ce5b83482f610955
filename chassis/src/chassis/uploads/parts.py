"""What part of an object a PUT brings, and its body."""

import re
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from chassis.uploads.problems import ProblemError

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
_LENGTH = re.compile(r"[0-9]{1,15}")
_SILENCE_SECONDS = 30
_BLOCK_BYTES = 64 * 1024


class Part(NamedTuple):
    offset: int
    length: int
    total: int


def part_of(environ: WSGIEnvironment, max_bytes: int) -> Part:
    """The part the request's headers announce; raises ProblemError unless it fits into `max_bytes`."""
    length = _length(environ)
    content_range = environ.get("HTTP_CONTENT_RANGE")
    part = Part(0, length, length) if content_range is None else _ranged(content_range, length)
    if part.total > max_bytes:
        raise ProblemError("OBJECT_TOO_LARGE", max_bytes=max_bytes)
    return part


def _length(environ: WSGIEnvironment) -> int:
    text = environ.get("CONTENT_LENGTH") or ""
    if not _LENGTH.fullmatch(text):
        raise ProblemError("LENGTH_REQUIRED")
    if int(text) == 0:
        raise ProblemError("EMPTY_BODY")
    return int(text)


def _ranged(content_range: str, length: int) -> Part:
    match = _CONTENT_RANGE.fullmatch(content_range)
    if match:
        first, last, total = map(int, match.groups())
        if first <= last < total and last - first + 1 == length:
            return Part(first, length, total)
    raise ProblemError("CONTENT_RANGE_INVALID")


class RequestBody:
    """Reads no further than the announced length; a connection that breaks or falls silent is the end."""

    def __init__(self, environ: WSGIEnvironment, length: int) -> None:
        self._stream = environ["wsgi.input"]
        self._left = length
        connection = environ.get("gunicorn.socket")
        if connection is not None:
            connection.settimeout(_SILENCE_SECONDS)  # gunicorn waits for ever, and has few threads

    def read(self, size: int, /) -> bytes:
        try:
            block: bytes = self._stream.read(min(size, self._left))
        except Exception:  # noqa: BLE001 - every server has its own exception for a client that went away
            block = b""
        self._left = self._left - len(block) if block else 0
        return block

    def drain(self) -> None:
        """Reads what is left: closing on an unread body resets the connection, and the answer is lost."""
        while self.read(_BLOCK_BYTES):
            pass
