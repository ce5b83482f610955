"""The gRPC server process."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from chassis.server.edge import Edge, Servicer

THREADS = 8
MAX_CONCURRENT = 64
CONNECTION_AGE_MILLISECONDS = 5 * 60 * 1000
DRAIN_SECONDS = 10.0


class Server:
    """Serves contracts on one port.

    Args:
        listen: `host:port`; port 0 takes a free one.
        edge: what stands around every method.
        servicers: one per contract.
    """

    def __init__(self, listen: str, edge: Edge, servicers: Sequence[Servicer]) -> None:
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="rpc"),
            maximum_concurrent_rpcs=MAX_CONCURRENT,
            options=[
                # On, two copies of a service silently share a port.
                ("grpc.so_reuseport", 0),
                ("grpc.max_connection_age_ms", CONNECTION_AGE_MILLISECONDS),
                ("grpc.max_connection_age_grace_ms", 10_000),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
                ("grpc.max_receive_message_length", 8 * 1024 * 1024),
            ],
        )
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        for servicer in servicers:
            self._server.add_generic_rpc_handlers((edge.handlers(servicer),))
        self.port = self._server.add_insecure_port(listen)

    def start(self) -> None:
        self._server.start()
        self.serving(ready=True)

    def serving(self, *, ready: bool) -> None:
        """Tell gRPC health checks whether calls are welcome."""
        status = health_pb2.HealthCheckResponse
        self._health.set("", status.SERVING if ready else status.NOT_SERVING)

    def stop(self) -> None:
        """Refuse new calls, let the running ones finish within ten seconds, then close."""
        self._health.enter_graceful_shutdown()
        stopped: threading.Event = self._server.stop(DRAIN_SECONDS)
        stopped.wait()
