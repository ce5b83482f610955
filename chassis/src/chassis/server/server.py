"""The gRPC server process."""

from collections.abc import Sequence

import grpc
from grpc_health.v1 import health_pb2

from chassis.server.edge import Edge, Servicer
from chassis.server.threads import Method, Refusal, Threads

THREADS = 8
PLACES_IN_LINE = 56
CONNECTION_AGE_MILLISECONDS = 5 * 60 * 1000
DRAIN_SECONDS = 10.0

_OPTIONS = [
    # On, two copies of a service silently share a port.
    ("grpc.so_reuseport", 0),
    ("grpc.max_connection_age_ms", CONNECTION_AGE_MILLISECONDS),
    ("grpc.max_connection_age_grace_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
]


class Server:
    """Serves contracts on one port.

    Args:
        listen: `host:port`; port 0 takes a free one.
        edge: what stands around every method.
        servicers: one per contract.
    """

    def __init__(self, listen: str, edge: Edge, servicers: Sequence[Servicer]) -> None:
        self._health = _Health()
        methods = {"/grpc.health.v1.Health/Check": Method(health_pb2.HealthCheckRequest, self._health.check)}
        for servicer in servicers:
            methods |= edge.methods(servicer)
        self._threads = Threads(THREADS, PLACES_IN_LINE, methods, _OPTIONS)
        self.port = self._threads.bind(listen)

    def start(self) -> None:
        self._threads.start()
        self.serving(ready=True)

    def serving(self, *, ready: bool) -> None:
        """Tell gRPC health checks whether calls are welcome."""
        self._health.ready = ready

    def stop(self) -> None:
        """Refuse new calls, let the running ones finish within ten seconds, then close."""
        self.serving(ready=False)
        self._threads.stop(DRAIN_SECONDS)


class _Health:
    """Answers gRPC's health checks of the process; who would watch it is told to ask."""

    def __init__(self) -> None:
        self.ready = False

    def check(
        self, request: health_pb2.HealthCheckRequest, _: dict[str, str]
    ) -> health_pb2.HealthCheckResponse:
        if request.service:
            raise Refusal(grpc.StatusCode.NOT_FOUND, "only the whole process has a health")
        status = health_pb2.HealthCheckResponse
        return health_pb2.HealthCheckResponse(status=status.SERVING if self.ready else status.NOT_SERVING)
