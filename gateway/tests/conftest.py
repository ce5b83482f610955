"""Stub services of the real contracts, and the real gateway in front of them."""

import os
import time
from collections.abc import Callable
from concurrent import futures
from contextlib import closing
from typing import Any, NamedTuple

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from gateway.app import Gateway
from gateway.contracts import BACKENDS
from gateway.settings import GatewaySettings
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2_grpc
from journeyman.identity.v1 import sessions_pb2

SESSIONS = "/journeyman.identity.v1.SessionService"
EVERYTHING = ({"permissions": ["*"], "unit": "u1", "scope": "ALL"},)


class Tokens:
    """Signs tokens as identity does."""

    kid = "k1"

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": "journeyman",
            "sub": "rep-1",
            "kind": "person",
            "sid": "s1",
            "jti": "j1",
            "iat": now,
            "exp": now + 900,
            "unit": "u1",
            "grants": EVERYTHING,
        } | changes

    def sign(self, headers: dict[str, str] | None = None, **changes: Any) -> str:
        named = {"kid": self.kid, "typ": "at+jwt"} | (headers or {})
        return jwt.encode(self.claims(**changes), self.key, algorithm="EdDSA", headers=named)

    def bearer(self, **changes: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sign(**changes)}"}

    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()


class Call(NamedTuple):
    path: str
    request: bytes
    metadata: dict[str, str]


Answerer = Callable[[bytes, grpc.ServicerContext], bytes]


class Stub(grpc.GenericRpcHandler):
    """A service. `answers` holds what it says by method; a method that is not there is UNIMPLEMENTED."""

    threads = 16

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.forget()
        self.target = "127.0.0.1:0"
        self.start()

    def forget(self) -> None:
        """Knows only what identity tells every gateway."""
        self.calls: list[Call] = []
        self.answers: dict[str, Answerer] = {}
        key = sessions_pb2.SigningKey(kid=self._tokens.kid, public_key=self._tokens.public_key())
        token = sessions_pb2.ClientToken(access_token="t", expires_in=900)
        self.answer_with(f"{SESSIONS}/ListSigningKeys", sessions_pb2.ListSigningKeysResponse(keys=[key]))
        self.answer_with(f"{SESSIONS}/IssueClientToken", token)
        self.answer_with(f"{SESSIONS}/ListRevocations", sessions_pb2.ListRevocationsResponse())

    def start(self) -> None:
        """Starts, or starts again at the same address."""
        self.health = health.HealthServicer()
        self._server = grpc.server(
            futures.ThreadPoolExecutor(self.threads), options=[("grpc.so_reuseport", 0)]
        )
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self._server.add_generic_rpc_handlers([self])
        self.target = f"127.0.0.1:{self._server.add_insecure_port(self.target)}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def answer_with(self, path: str, message: Message) -> None:
        self.answers[path] = lambda *_: message.SerializeToString()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        path = handler_call_details.method
        if path not in self.answers:
            return None
        metadata = dict(handler_call_details.invocation_metadata)

        def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
            self.calls.append(Call(path, request, metadata))
            return self.answers[path](request, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def last(self, path: str) -> Call:
        return next(call for call in reversed(self.calls) if call.path == path)


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture(scope="session")
def running_stubs(tokens):
    found = {name: Stub(tokens) for name in BACKENDS}
    yield found
    for stub in found.values():
        stub.stop()


@pytest.fixture
def stubs(running_stubs):
    """The services behind the gateway, knowing nothing of the tests before."""
    for stub in running_stubs.values():
        stub.forget()
    return running_stubs


@pytest.fixture(scope="session")
def redis_url() -> str:
    return os.environ["JOURNEYMAN_TEST_REDIS_URL"]


@pytest.fixture(scope="session")
def settings(running_stubs, redis_url, tmp_path_factory) -> GatewaySettings:
    targets = {f"{name}_target": stub.target for name, stub in running_stubs.items()}
    found = GatewaySettings(
        **targets,
        redis_url=redis_url,
        listen="127.0.0.1:0",
        ops_listen="127.0.0.1:0",
        state_folder=tmp_path_factory.mktemp("state"),
        client_id="gateway",
        client_secret="s",
        cors_origins="https://console.example.com, https://m.example.com",
    )
    with closing(Gateway(found)) as first:  # keeps the signing keys, which identity may be slow to tell
        client, give_up = first.application.test_client(), time.monotonic() + 30
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < give_up
            time.sleep(0.05)  # the pause between two looks at a condition
    return found


@pytest.fixture(scope="session")
def shared_gateway(settings):
    """A gateway for tests that leave it as it was; the others open their own."""
    with closing(Gateway(settings)) as running:
        yield running


@pytest.fixture
def gateway(shared_gateway, stubs):
    return shared_gateway


@pytest.fixture
def client(gateway) -> FlaskClient:
    return gateway.application.test_client()
