"""The composition root of the gateway: everything that `serve` runs is put together here, after the fork."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import flask
import redis
from chassis.access import KeyRing, Revocations, TokenVerifier
from chassis.client import MachineToken, authenticated
from chassis.health import Readiness
from chassis.metrics import Metrics
from chassis.ops_http import OpsServer
from journeyman.identity.v1 import sessions_pb2, sessions_pb2_grpc
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway import openapi
from gateway.backends import Backend, open_backends
from gateway.contract_route import ContractRoute
from gateway.contracts import Binding, bindings
from gateway.doorkeeper import Doorkeeper, KeysKnown
from gateway.edge import Edge, Handler
from gateway.incoming import Incoming
from gateway.limits import Limiter
from gateway.oauth import KeysEndpoint, TokenEndpoint, signing_keys
from gateway.platform_pages import ReadyPage, backend_check, keys_check, redis_check, static_pages
from gateway.response_headers import ResponseHeaders
from gateway.routes import RouteTree
from gateway.settings import GatewaySettings

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
_WITHOUT_BODY = ("HEAD", "OPTIONS")  # of whose answers Flask knows what to leave out
_REDIS_SECONDS = 0.05  # Redis makes limits hold over replicas; nobody waits for it
_FOLLOW_SECONDS = 5.0  # longer than the reads of the revocations block


class Gateway:
    """The running gateway: a WSGI application, and what must be closed when it ends."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._closing = ExitStack()
        self.metrics = Metrics()
        self.backends = open_backends(settings.targets())
        for backend in self.backends.values():
            self._closing.callback(backend.close)
        identity = self.backends["identity"]
        self._keys = KeyRing(lambda: signing_keys(identity), settings.state_folder / "signing-keys.json")
        self._keys.follow()
        self._closing.callback(self._keys.stop)
        self._keys_known = KeysKnown(self._keys)
        self._redis = _redis(settings, _REDIS_SECONDS)
        self.application = self._application(settings)
        self._start_ops(settings)

    def _application(self, settings: GatewaySettings) -> flask.Flask:
        verifier = TokenVerifier(self._keys, self._revocations(settings))
        limiter = Limiter(self._redis)
        doorkeeper = Doorkeeper(verifier, self._keys_known, limiter, settings.requests_per_minute)
        routes = self._routes(list(bindings()), doorkeeper)
        edge = Edge(routes, self.metrics.requests, ResponseHeaders(settings.cors_origins))
        return flask_application(edge, settings.proxy_hops)

    def _routes(self, bound: list[Binding], doorkeeper: Doorkeeper) -> RouteTree[Handler]:
        routes: RouteTree[Handler] = RouteTree()
        for binding in bound:
            route = ContractRoute(binding, self.backends, doorkeeper)
            routes.add(binding.http_method, binding.template, route)
        identity = self.backends["identity"]
        routes.add("POST", "/oauth2/token", TokenEndpoint(identity, doorkeeper))
        routes.add("GET", "/.well-known/jwks.json", KeysEndpoint(identity, doorkeeper))
        routes.add("GET", "/readyz", ReadyPage(Readiness(dict(self._checks())), self._optional()))
        for path, page in static_pages(openapi.document(bound)):
            routes.add("GET", path, page)
        return routes

    def _checks(self) -> Iterator[tuple[str, Any]]:
        yield "keys", keys_check(self._keys_known)
        for name, backend in self.backends.items():
            yield name, backend_check(backend)

    def _optional(self) -> Readiness:
        return Readiness({"redis": redis_check(self._redis)})

    def _revocations(self, settings: GatewaySettings) -> Revocations:
        revocations = Revocations(_revoked(self.backends["identity"], settings))
        revocations.follow(_redis(settings, _FOLLOW_SECONDS))
        self._closing.callback(revocations.stop)
        return revocations

    def _start_ops(self, settings: GatewaySettings) -> None:
        """Operators' page: ready when the gateway itself can serve, whatever the services behind it do."""
        ops = OpsServer(
            settings.ops_listen,
            self.metrics.registry,
            Readiness({"keys": keys_check(self._keys_known)}),
        )
        ops.start()
        self._closing.callback(ops.stop)

    def close(self) -> None:
        self._closing.close()


class _ApiLayer:
    """Answers the API's own URLs before Flask makes what it makes for a view, which costs as much again."""

    def __init__(self, edge: Edge, proxy_hops: int, rest: WSGIApplication) -> None:
        self._edge = edge
        self._proxy_hops = proxy_hops
        self._rest = rest

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in _WITHOUT_BODY or not environ["PATH_INFO"].startswith("/v1/"):
            return self._rest(environ, start_response)
        sent = self._edge.answer(Incoming(environ, self._proxy_hops))
        start_response(sent.status, sent.headers)
        return [sent.body]


def flask_application(edge: Edge, proxy_hops: int) -> flask.Flask:
    """A Flask application with one view, which `edge` answers whatever the path and the method."""
    application = flask.Flask("gateway", static_folder=None)
    application.url_map.merge_slashes = False

    def view(**_: str) -> flask.Response:
        sent = edge.answer(Incoming(flask.request.environ, proxy_hops))
        return flask.Response(sent.body, sent.status, sent.headers)

    def other_view(_: Exception) -> flask.Response:
        return view()

    for rule in ("/", "/<path:path>"):
        application.add_url_rule(rule, "view", view, methods=_METHODS, provide_automatic_options=False)
    application.register_error_handler(404, other_view)
    application.register_error_handler(405, other_view)
    application.wsgi_app = _ApiLayer(edge, proxy_hops, application.wsgi_app)  # type: ignore[method-assign] # Flask's own way
    return application


def _redis(settings: GatewaySettings, timeout: float) -> "redis.Redis":
    return redis.Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )


def _revoked(identity: Backend, settings: GatewaySettings) -> Any:
    token = MachineToken(identity.channel, settings.client_id, settings.client_secret.get_secret_value())
    stub = sessions_pb2_grpc.SessionServiceStub(authenticated(identity.channel, token))

    def rebuild() -> dict[str, float]:
        answer = stub.ListRevocations(sessions_pb2.ListRevocationsRequest())
        return {found.key: found.issued_before.ToNanoseconds() / 1e9 for found in answer.revocations}

    return rebuild
