"""What a service is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import grpc
import redis
from journeyman.identity.v1 import sessions_pb2, sessions_pb2_grpc
from redis.backoff import NoBackoff
from redis.retry import Retry

from chassis.access import KeyRing, Revocations, TokenVerifier, UnitTree
from chassis.client import MachineToken, authenticated, open_channel
from chassis.clock import Clock, FileClock, SystemClock
from chassis.database import Database
from chassis.errors import ErrorTable
from chassis.events import Subscription
from chassis.jobs import Job
from chassis.metrics import Metrics
from chassis.server import Servicer
from chassis.settings import ServiceSettings


class Authority(Protocol):
    """Where a service learns which tokens are good: identity over gRPC, or identity's own database."""

    def keys(self) -> Mapping[str, bytes]:
        """Return the raw public signing keys by key id."""

    def revocations(self) -> Mapping[str, float]:
        """Return the revoked sessions and people with the moment, in Unix seconds."""


class RemoteAuthority:
    """Asks identity with the service's machine token."""

    def __init__(self, open_: grpc.Channel, signed_in: grpc.Channel) -> None:
        self._public = sessions_pb2_grpc.SessionServiceStub(open_)
        self._private = sessions_pb2_grpc.SessionServiceStub(signed_in)

    def keys(self) -> Mapping[str, bytes]:
        answer = self._public.ListSigningKeys(sessions_pb2.ListSigningKeysRequest(), timeout=2)
        return {key.kid: key.public_key for key in answer.keys}

    def revocations(self) -> Mapping[str, float]:
        answer = self._private.ListRevocations(sessions_pb2.ListRevocationsRequest(), timeout=2)
        return {item.key: item.issued_before.ToDatetime(UTC).timestamp() for item in answer.revocations}


def impatient(settings: ServiceSettings, *, seconds: float) -> "redis.Redis":
    """Return a client of Redis that gives up at once when it gets no answer within `seconds`."""
    return redis.Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )


class Runtime:
    """What the chassis gives a service to build its parts from."""

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        self.name = name
        self.settings = settings
        self.metrics = Metrics()
        self.database = Database(settings.database_url.get_secret_value(), f"journeyman-{name}")
        self.metrics.watch_pool(name, self.database.connections_used, self.database.pool_size)
        self.redis = redis.Redis.from_url(
            settings.redis_url.get_secret_value(), socket_connect_timeout=2, health_check_interval=15
        )
        # Rings and listens for events, which wait for nobody: a Redis that hangs must not hold them up.
        self.doorbell = impatient(settings, seconds=1.5)
        self.clock: Clock = FileClock(settings.clock_file) if settings.clock_file else SystemClock()
        self.authority: Authority = RemoteAuthority(self._identity, self.channel("identity"))

    @cached_property
    def _identity(self) -> grpc.Channel:
        return open_channel(self.settings.identity_target)

    @cached_property
    def token(self) -> Callable[[], str]:
        """The machine token of the service's own client."""
        secret = self.settings.client_secret.get_secret_value()
        return MachineToken(self._identity, self.settings.client_id, secret)

    def channel(self, service: str) -> grpc.Channel:
        """Return a channel to another service that carries this service's machine token."""
        return authenticated(open_channel(self.settings.target(service)), self.token)

    @cached_property
    def verifier(self) -> TokenVerifier:
        keys = KeyRing(self.authority.keys, self.settings.state_folder / "signing-keys.json")
        return TokenVerifier(keys, self.revocations)

    @cached_property
    def revocations(self) -> Revocations:
        return Revocations(self.authority.revocations)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something that the background process does again and again, one process at a time.

    Attributes:
        name: name of its lease.
        seconds: pause between two runs.
        run: does it once.
    """

    name: str
    seconds: float
    run: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a service puts in."""

    servicers: Sequence[Servicer]
    tree: UnitTree
    errors: ErrorTable
    subscriptions: Sequence[Subscription[Any]] = ()
    jobs: Mapping[str, Job] = field(default_factory=dict)
    sweeps: Sequence[Sweep] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDefinition:
    """A service as the command line knows it.

    Attributes:
        name: short name, `customer`: in streams, processes and operation ids.
        migrations: folder of its migrations.
        settings: class that reads its environment.
        build: makes its parts; the composition root.
        operator_commands: its own commands of `ops`, by name; each returns the exit code.
    """

    name: str
    migrations: Path
    settings: type[ServiceSettings]
    build: Callable[[Runtime], Parts]
    operator_commands: Mapping[str, Callable[[Database], int]] = field(default_factory=dict)
