"""A real gRPC server around servicers under test."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import grpc

from chassis.access import UnitTree
from chassis.client import authenticated
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import ErrorTable
from chassis.metrics import Metrics
from chassis.server import Edge, Server, Servicer
from chassis.testing.tokens import TokenIssuer


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server: its address, and channels of callers."""

    target: str
    issuer: TokenIssuer
    metrics: Metrics

    @contextmanager
    def channel(self, token: str = "") -> Iterator[grpc.Channel]:
        """Open a channel that carries the token on every call; without one, an anonymous channel."""
        with grpc.insecure_channel(self.target) as channel:
            yield authenticated(channel, lambda: token) if token else channel


@contextmanager
def serving(
    servicers: Sequence[Servicer],
    *,
    database: Database,
    clock: Clock,
    tree: UnitTree,
    errors: ErrorTable,
    service: str,
    issuer: TokenIssuer | None = None,
) -> Iterator[Serving]:
    """Serve the servicers on a free port of the loopback."""
    issuer = issuer or TokenIssuer()
    metrics = Metrics()
    edge = Edge(
        service=service,
        database=database,
        clock=clock,
        verifier=issuer.verifier(),
        tree=tree,
        metrics=metrics,
        errors=errors,
    )
    server = Server("127.0.0.1:0", edge, servicers)
    server.start()
    try:
        yield Serving(f"127.0.0.1:{server.port}", issuer, metrics)
    finally:
        server.stop()
