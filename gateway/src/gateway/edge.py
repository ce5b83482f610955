"""The edge of every request: finds what answers it, and gives the answer its headers, metric and log line.

One function instead of Flask's hooks around a view: they cost more than all the rest of routing.
"""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

import structlog
from chassis.metrics import RequestMetrics

from gateway import kinds
from gateway.backends import ServiceProblem
from gateway.incoming import REPLACEMENT, Answer, Incoming
from gateway.problem import CONTENT_TYPE, Problem, Rendered
from gateway.response_headers import ResponseHeaders
from gateway.routes import RouteTree, describe_methods

Handler = Callable[[Incoming, tuple[str, ...]], Answer]

_log = structlog.get_logger(__name__)


class Sent(NamedTuple):
    """What goes out, as WSGI wants it."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Edge:
    def __init__(self, routes: RouteTree[Handler], metrics: RequestMetrics, headers: ResponseHeaders) -> None:
        self._routes = routes
        self._metrics = metrics
        self._headers = headers

    def answer(self, incoming: Incoming) -> Sent:
        """The answer to any request; every failure ends here as a problem."""
        started = time.perf_counter()
        try:
            answer = self._dispatch(incoming)
        except Problem as problem:
            answer = _problem(incoming, problem.rendered(incoming.language))
        except ServiceProblem as problem:
            answer = _problem(incoming, problem.rendered)
        except Exception:  # noqa: BLE001 - the last line: nothing leaves the gateway but a problem
            _log.exception("request_failed", request_id=incoming.request_id, route=incoming.route)
            answer = _problem(incoming, Problem(kinds.INTERNAL).rendered(incoming.language))
        self._record(incoming, answer.status, time.perf_counter() - started)
        headers = self._headers.of(incoming, answer)
        if answer.body:
            headers |= {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))}
        return Sent(f"{answer.status} {HTTPStatus(answer.status).phrase}", [*headers.items()], answer.body)

    def _dispatch(self, incoming: Incoming) -> Answer:
        if REPLACEMENT in incoming.path:
            raise Problem(kinds.INVALID_URL)
        match = self._routes.match(incoming.path)
        if match is None:
            raise Problem(kinds.NO_SUCH_URL)
        if incoming.method == "OPTIONS":
            return Answer(204, b"", headers={"Allow": describe_methods(match.endpoints)})
        handler = match.endpoints.get("GET" if incoming.method == "HEAD" else incoming.method)
        if handler is None:
            allowed = {"Allow": describe_methods(match.endpoints)}
            raise Problem(kinds.METHOD_NOT_ALLOWED, headers=allowed, method=incoming.method)
        return handler(incoming, match.values)

    def _record(self, incoming: Incoming, status: int, seconds: float) -> None:
        self._metrics.observe(incoming.route, str(status), seconds)
        _log.info(
            "request",
            method=incoming.method,
            path=incoming.path,
            route=incoming.route,
            status=status,
            milliseconds=round(seconds * 1000, 2),
            request_id=incoming.request_id,
            subject=incoming.caller.subject if incoming.caller else "",
            address=incoming.address,
        )


def _problem(incoming: Incoming, rendered: Rendered) -> Answer:
    headers: Mapping[str, str] = {
        "Content-Language": "zh-CN" if incoming.language == "zh" else "en",
        **rendered.headers,
    }
    return Answer(rendered.status.value, rendered.body(incoming.request_id), CONTENT_TYPE, headers)
