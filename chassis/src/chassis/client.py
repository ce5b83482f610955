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
        self._renew_at = 0.0

    def __call__(self) -> str:
        """Return a token that is good for at least a minute. Raises grpc.RpcError while identity is away."""
        with self._lock:
            if time.monotonic() >= self._renew_at:
                answer = self._stub.IssueClientToken(self._request, timeout=DEADLINE_SECONDS)
                self._token = answer.access_token
                self._renew_at = time.monotonic() + answer.expires_in - RENEW_SECONDS
            return self._token


class _Details(NamedTuple):
    method: str
    timeout: float | None
    metadata: Sequence[tuple[str, str | bytes]] | None
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: Any


class Authenticated(grpc.UnaryUnaryClientInterceptor):
    """Adds the machine's token, and a deadline where the caller set none."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        details = _Details(
            client_call_details.method,
            client_call_details.timeout or DEADLINE_SECONDS,
            [*(client_call_details.metadata or ()), ("authorization", f"Bearer {self._token()}")],
            client_call_details.credentials,
            client_call_details.wait_for_ready,
            client_call_details.compression,
        )
        return continuation(details, request)


def authenticated(channel: grpc.Channel, token: Callable[[], str]) -> grpc.Channel:
    """Return the channel with the token on every call."""
    return grpc.intercept_channel(channel, Authenticated(token))
