"""Calls to other services: deadlines, retries where the contract allows them, and the machine's own token."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from journeyman.identity.v1 import sessions_pb2, sessions_pb2_grpc

from chassis.access import method_rules

DEADLINE_SECONDS = 5.0
RENEW_SECONDS = 60
TOKEN_DEADLINE_SECONDS = 2.0
TOKEN_PAUSE_SECONDS = 1.0
_OPTIONS = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.enable_retries", 1),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
)


def open_channel(target: str, contracts: Iterable[ServiceDescriptor] = ()) -> grpc.Channel:
    """Open a channel; methods that the contracts declare repeatable are retried twice while UNAVAILABLE."""
    config = json.dumps({"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": _retries(contracts)})
    return grpc.insecure_channel(target, options=[*_OPTIONS, ("grpc.service_config", config)])


def _retries(contracts: Iterable[ServiceDescriptor]) -> Sequence[object]:
    names = [
        {"service": contract.full_name, "method": name}
        for contract in contracts
        for name, rule in method_rules(contract).items()
        if rule.repeatable
    ]
    policy = {
        "maxAttempts": 3,
        "initialBackoff": "0.05s",
        "maxBackoff": "0.5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return [{"name": names, "retryPolicy": policy}] if names else []


class MachineToken:
    """The service's own access token, renewed a minute before it expires.

    Args:
        channel: to identity.
        client_id: the service's OAuth client.
        client_secret: its secret.
    """

    def __init__(self, channel: grpc.Channel, client_id: str, client_secret: str) -> None:
        self._stub = sessions_pb2_grpc.SessionServiceStub(channel)
        self._request = sessions_pb2.IssueClientTokenRequest(client_id=client_id, client_secret=client_secret)
        self._lock = threading.Lock()
        self._token = ""
        self._ends_at = 0.0
        self._renew_at = 0.0
        self._keep_until = 0.0
        self._error = grpc.RpcError()

    def __call__(self) -> str:
        """Return a token that is still good. Raises grpc.RpcError while there is none and identity is away.

        Identity is not asked again within a second of a failure: while it hangs, callers wait for one
        question together, and not each for its own in turn.
        """
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._renew()
            if time.monotonic() >= self._ends_at:
                raise self._error.with_traceback(None)
            return self._token

    def refused(self, token: str) -> bool:
        """Give up a token that a service refused. Returns whether the next one may be another.

        A new one is kept for a second at least: a service that refuses every token must not turn each call
        into a question to identity.
        """
        with self._lock:
            if token == self._token and time.monotonic() >= self._keep_until:
                self._ends_at = self._renew_at = 0.0
            return token != self._token or not self._ends_at

    def _renew(self) -> None:
        try:
            answer = self._stub.IssueClientToken(self._request, timeout=TOKEN_DEADLINE_SECONDS)
        except grpc.RpcError as error:
            self._error = error
            self._renew_at = time.monotonic() + TOKEN_PAUSE_SECONDS
        else:
            self._token = answer.access_token
            self._keep_until = time.monotonic() + TOKEN_PAUSE_SECONDS
            self._ends_at = time.monotonic() + answer.expires_in
            self._renew_at = self._ends_at - RENEW_SECONDS


class _Details(NamedTuple):
    method: str
    timeout: float | None
    metadata: Sequence[tuple[str, str | bytes]] | None
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: Any


class Authenticated(grpc.UnaryUnaryClientInterceptor):
    """Adds the machine's token, and a deadline where the caller set none.

    A call whose token is refused is sent again with a new one, once: nothing of it was done.
    """

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        token = self._token()
        call = continuation(_with_token(client_call_details, token), request)
        if not isinstance(self._token, MachineToken) or call.code() is not grpc.StatusCode.UNAUTHENTICATED:
            return call
        if not self._token.refused(token):
            return call
        return continuation(_with_token(client_call_details, self._token()), request)


def _with_token(details: Any, token: str) -> _Details:
    return _Details(
        details.method,
        details.timeout or DEADLINE_SECONDS,
        [*(details.metadata or ()), ("authorization", f"Bearer {token}")],
        details.credentials,
        details.wait_for_ready,
        details.compression,
    )


def authenticated(channel: grpc.Channel, token: Callable[[], str]) -> grpc.Channel:
    """Return the channel with the token on every call; a MachineToken is renewed when it is refused."""
    return grpc.intercept_channel(channel, Authenticated(token))
