"""The gateway's own pages: whether it lives, what is not ready, its version, and its documentation."""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import grpc
import orjson
import redis
from chassis.health import Check, Readiness
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.backends import Backend
from gateway.errors_page import errors_page
from gateway.incoming import Answer, Incoming

_CHECK_SECONDS = 0.8
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Page:
    """An answer that stays the same while the process lives."""

    def __init__(self, route: str, body: bytes, content_type: str, headers: Mapping[str, str]) -> None:
        self._route = route
        self._answer = Answer(200, body, content_type, headers)

    def __call__(self, incoming: Incoming, _: tuple[str, ...]) -> Answer:
        incoming.route = self._route
        return self._answer


class ReadyPage:
    """Names what is not ready. What the gateway can do without, Redis, is named but fails nothing."""

    def __init__(self, needed: Readiness, optional: Readiness) -> None:
        self._needed = needed
        self._optional = optional

    def __call__(self, incoming: Incoming, _: tuple[str, ...]) -> Answer:
        incoming.route = "/readyz"
        problems = self._needed.problems()
        body = {"ready": not problems, "problems": problems, "degraded": self._optional.problems()}
        return Answer(503 if problems else 200, orjson.dumps(body))


def static_pages(document: bytes) -> Iterable[tuple[str, Page]]:
    """The pages by path. `document` is the OpenAPI document."""
    about = orjson.dumps({"name": "journeyman", "version": version("journeyman-gateway")})
    yield "/livez", Page("/livez", b'{"alive":true}', "application/json", {})
    yield "/version", Page("/version", about, "application/json", {})
    yield "/openapi.json", Page("/openapi.json", document, "application/json", {"Cache-Control": "no-cache"})
    pages = files("gateway.pages")
    for path, body, kind in (
        ("/docs", pages.joinpath("docs.html").read_bytes(), "html"),
        ("/docs/docs.js", pages.joinpath("docs.js").read_bytes(), "javascript"),
        ("/docs/docs.css", pages.joinpath("docs.css").read_bytes(), "css"),
        ("/docs/errors", errors_page(), "html"),
    ):
        headers = {"Content-Security-Policy": _DOCS_POLICY, "Cache-Control": "no-cache"}
        yield path, Page(path, body, f"text/{kind}; charset=utf-8", headers)


def backend_check(backend: Backend) -> Check:
    """Whether a service says that it serves, asked past the breaker: a probe is not traffic."""
    stub: Any = health_pb2_grpc.HealthStub(backend.channel)  # the stubs' stub has no methods

    def check() -> str | None:
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=_CHECK_SECONDS)
        except grpc.RpcError as error:
            return error.code().name.lower()
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            return None
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status).lower()

    return check


def redis_check(client: "redis.Redis") -> Check:
    def check() -> str | None:
        client.ping()
        return None

    return check


def keys_check(known: Callable[[], bool]) -> Check:
    def check() -> str | None:
        return None if known() else "no signing key has been loaded from identity yet"

    return check
