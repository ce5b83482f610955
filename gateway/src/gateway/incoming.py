"""A request as it comes in, and the answer that goes out."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from chassis.access import Caller
from chassis.errors import language_of
from chassis.identifiers import random_hex
from chassis.networks import KEY as NETWORK
from chassis.networks import network_of
from gunicorn.http.body import LengthReader
from gunicorn.http.errors import ParseException

from gateway import kinds
from gateway.backends import Metadata
from gateway.problem import Problem

REPLACEMENT = "\ufffd"
_SILENT_CLIENT_SECONDS = 10.0
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACE_PARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_language_of = lru_cache(maxsize=1024)(language_of)
_network_of = lru_cache(maxsize=4096)(network_of)
_PLAIN_TEXT = re.compile(r"[\x20-\x7e]{1,200}")


class Answer(NamedTuple):
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}


class Incoming:
    """One request. `route` names it in metrics and logs: a method of a contract, never a caller's text."""

    __slots__ = (
        "address",
        "caller",
        "environ",
        "is_https",
        "language",
        "method",
        "network",
        "path",
        "request_id",
        "route",
    )

    def __init__(self, environ: WSGIEnvironment, proxy_hops: int) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path = _decoded(environ.get("PATH_INFO", ""))
        self.route = "unmatched"
        self.caller: Caller | None = None
        self.language = _language_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        self.request_id = _request_id(environ)
        self.address = _forwarded(environ, "HTTP_X_FORWARDED_FOR", proxy_hops) or environ.get(
            "REMOTE_ADDR", ""
        )
        self.network = _network_of(self.address)
        scheme = _forwarded(environ, "HTTP_X_FORWARDED_PROTO", proxy_hops) or environ["wsgi.url_scheme"]
        self.is_https = scheme == "https"

    @property
    def query_string(self) -> str:
        text: str = self.environ.get("QUERY_STRING", "")
        return text

    def header(self, name: str) -> str:
        """A header by its WSGI name, `HTTP_IF_MATCH`; empty when it is not there."""
        value: str = self.environ.get(name, "")
        return value

    def read_body(self, limit: int) -> bytes:
        """The whole body. Raises Problem when it is larger than `limit` bytes, before reading it."""
        length = self.environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > limit:
            raise Problem(kinds.BODY_TOO_LARGE, limit=limit)
        if not length.isdecimal() and "HTTP_TRANSFER_ENCODING" not in self.environ:
            return b""
        body = self._read(limit + 1)
        if len(body) > limit:
            raise Problem(kinds.BODY_TOO_LARGE, limit=limit)
        if length.isdecimal() and len(body) < int(length):
            raise Problem(kinds.BODY_INCOMPLETE, headers={"Connection": "close"})
        return body

    def _read(self, size: int) -> bytes:
        connection = self.environ.get("gunicorn.socket")
        if connection is not None and not self._is_here():
            connection.settimeout(_SILENT_CLIENT_SECONDS)  # a phone that went silent must not keep the thread
        try:
            body: bytes = self.environ["wsgi.input"].read(size)
        except TimeoutError:
            raise Problem(kinds.BODY_INCOMPLETE) from None
        except ParseException:  # a chunk that is none
            raise Problem(kinds.REQUEST_UNREADABLE, headers={"Connection": "close"}) from None
        return body

    def _is_here(self) -> bool:
        """Whether the body came in with the head, as a small one does: then nobody is waited for."""
        reader = self.environ["wsgi.input"].reader
        return isinstance(reader, LengthReader) and reader.length <= len(reader.unreader.buf.getbuffer())

    def metadata(self) -> Metadata:
        """What travels on to the services. Raises Problem for a header that cannot."""
        pairs = [("x-request-id", self.request_id), ("traceparent", _trace_parent(self.environ))]
        language = self.header("HTTP_ACCEPT_LANGUAGE")
        if language and _PLAIN_TEXT.fullmatch(language):
            pairs.append(("accept-language", language))
        for name, key in (("Idempotency-Key", "HTTP_IDEMPOTENCY_KEY"), ("If-Match", "HTTP_IF_MATCH")):
            if value := self.header(key):
                if not _PLAIN_TEXT.fullmatch(value):
                    raise Problem(kinds.INVALID_HEADER, header=name)
                pairs.append((name.lower(), value))
        if self.caller is None:
            pairs.append((NETWORK, self.network))
        else:
            pairs.append(("authorization", self.header("HTTP_AUTHORIZATION")))
        return tuple(pairs)


def _decoded(path: str) -> str:
    """The text of a path, whose bytes WSGI carries as Latin-1; REPLACEMENT stands for what is not UTF-8."""
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def _request_id(environ: WSGIEnvironment) -> str:
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if given and _REQUEST_ID.fullmatch(given) else random_hex()


def _trace_parent(environ: WSGIEnvironment) -> str:
    given: str = environ.get("HTTP_TRACEPARENT", "")
    if given and _TRACE_PARENT.fullmatch(given):
        return given
    return f"00-{random_hex()}-{random_hex()[:16]}-01"


def _forwarded(environ: WSGIEnvironment, header: str, proxy_hops: int) -> str:
    """What the outermost proxy of ours wrote; what a client wrote before it is not believed."""
    if not proxy_hops:
        return ""
    values: list[str] = environ.get(header, "").split(",")
    return values[-min(proxy_hops, len(values))].strip()
