"""The files process: a WSGI application that takes and serves objects by signed link.

    PUT  /objects/<token>   a whole body, or a part with `Content-Range: bytes first-last/total`:
                            201 when the object is complete, 202 with `Upload-Offset` while it is not
    HEAD /objects/<token>   `Upload-Offset`: where an interrupted upload goes on
    GET  /objects/<token>   the object

The first part must show the kind of the file: 512 bytes are enough. Plain WSGI, so that a process that
serves files alone needs no web framework.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from wsgiref.util import FileWrapper

import structlog

from chassis.errors import Language, language_of
from chassis.uploads import problems
from chassis.uploads.folder import FolderStore, ObjectMissingError
from chassis.uploads.links import Claims, LinkRefusedError, verify
from chassis.uploads.parts import RequestBody, part_of
from chassis.uploads.problems import METHODS, Answer, ProblemError

_PREFIX = "/objects/"
_BLOCK_BYTES = 64 * 1024
# A link is its own permission and no cookie is read, so any origin may use one.
_EVERYWHERE = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Upload-Offset, Retry-After"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
]

_log = structlog.get_logger(__name__)


def files_application(store: FolderStore, key: bytes) -> WSGIApplication:
    """The application over `store` that grants what links signed with `key` allow."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        language = language_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        answer = _guarded(lambda: _dispatch(store, key, environ), language)
        start_response(f"{answer.status.value} {answer.status.phrase}", [*answer.headers, *_EVERYWHERE])
        return () if environ["REQUEST_METHOD"] == "HEAD" else answer.body

    return application


def _guarded(dispatch: Callable[[], Answer], language: Language) -> Answer:
    try:
        return dispatch()
    except Exception as error:  # noqa: BLE001 - a disk may fail in any way, and the client is told none of it
        problem = problems.problem_of(error)
        if problem is None:
            _log.exception("file_request_failed")
        return problems.answer(problem or problems.unavailable(), language)


def _dispatch(store: FolderStore, key: bytes, environ: WSGIEnvironment) -> Answer:
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    if not path.startswith(_PREFIX):
        raise ProblemError("ROUTE_NOT_FOUND")
    match method:
        case "OPTIONS":
            return _preflight()
        case "HEAD":
            return _describe(store, verify(key, path.removeprefix(_PREFIX)))
        case "GET" | "PUT":
            claims = verify(key, path.removeprefix(_PREFIX))
            if claims.method != method:
                raise LinkRefusedError
            return _receive(store, claims, environ) if method == "PUT" else _serve(store, claims, environ)
        case _:
            raise ProblemError("METHOD_NOT_ALLOWED", ("Allow", METHODS))


def _preflight() -> Answer:
    headers = [
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Headers", "Content-Type, Content-Range"),
        ("Access-Control-Max-Age", "86400"),
    ]
    return Answer(HTTPStatus.NO_CONTENT, headers)


def _describe(store: FolderStore, claims: Claims) -> Answer:
    if claims.method == "GET":
        return Answer(HTTPStatus.OK, _headers_of(store, claims))
    offset = store.received(claims.object_key, claims.max_bytes)
    return Answer(HTTPStatus.OK, [("Upload-Offset", str(offset))])


def _serve(store: FolderStore, claims: Claims, environ: WSGIEnvironment) -> Answer:
    wrapper = environ.get("wsgi.file_wrapper", FileWrapper)
    body: Iterable[bytes] = wrapper(store.open(claims.object_key), _BLOCK_BYTES)
    return Answer(HTTPStatus.OK, _headers_of(store, claims), body)


def _headers_of(store: FolderStore, claims: Claims) -> list[tuple[str, str]]:
    size = store.stat(claims.object_key)
    if size is None:
        raise ObjectMissingError(claims.object_key)
    return [
        ("Content-Type", claims.content_type),
        ("Content-Length", str(size)),
        # Only pictures may be shown in place: a text taken for a page would run in our origin.
        ("Content-Disposition", "inline" if claims.content_type.startswith("image/") else "attachment"),
    ]


def _receive(store: FolderStore, claims: Claims, environ: WSGIEnvironment) -> Answer:
    part = part_of(environ, claims.max_bytes)
    body = RequestBody(environ, part.length)
    try:
        size = store.append_chunk(
            claims.object_key, part.offset, body, total=part.total, kind=claims.content_type
        )
    finally:
        body.drain()
    offset = ("Upload-Offset", str(size))
    if size < part.offset + part.length:
        raise ProblemError("BODY_INCOMPLETE", offset)
    status = HTTPStatus.CREATED if size == part.total else HTTPStatus.ACCEPTED
    return Answer(status, [offset, ("Content-Length", "0")])
