"""`serve`, `background`, `migrate` and `ops` of every service."""

import signal
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import Self

import structlog

from chassis import logging
from chassis.database import Database, schema_problem
from chassis.health import Readiness
from chassis.ops_http import OpsServer
from chassis.scheduling import let_the_running_run
from chassis.server import Edge, Server
from chassis.service.background import background_threads, make_partitions
from chassis.service.ops import run_ops
from chassis.service.parts import Parts, Runtime, ServiceDefinition
from chassis.settings import MigrationSettings

SCHEMA_WAIT_SECONDS = 60
THREAD_END_SECONDS = 10
USAGE = "usage: serve | background | migrate | ops ..."

log = structlog.get_logger()


def main(definition: ServiceDefinition, arguments: Sequence[str]) -> int:
    """Run one command of the service. Returns the exit code."""
    match arguments:
        case ["serve"]:
            return serve(definition)
        case ["background"]:
            return background(definition)
        case ["migrate"]:
            return migrate(definition)
        case ["ops", *rest]:
            settings = definition.settings()  # type: ignore[call-arg] # filled from the environment
            database = Database(settings.database_url.get_secret_value(), "journeyman-ops")
            return run_ops(database, rest, definition.operator_commands)
        case _:
            sys.stderr.write(USAGE + "\n")
            return 2


def migrate(definition: ServiceDefinition) -> int:
    """Bring the database to the newest schema."""
    from chassis.database.upgrade import apply_migrations  # noqa: PLC0415 - see there

    url = MigrationSettings().owner_database_url.get_secret_value()  # type: ignore[call-arg] # from environment
    version = apply_migrations(url, definition.migrations)
    sys.stdout.write(f"{definition.name}: schema {version}\n")
    return 0


def serve(definition: ServiceDefinition) -> int:
    """Serve the contracts until SIGTERM, then drain."""
    let_the_running_run()
    with _Process(definition, definition.name, serves=True) as process:
        if not process.wait_for_schema():
            return 1
        runtime = process.runtime
        parts = definition.build(runtime)
        server = Server(runtime.settings.listen, _edge(runtime, parts), parts.servicers)
        # Dropping aged ones is left to the background: it waits for every reader, which a start must not.
        make_partitions(runtime.database)
        runtime.revocations.follow(runtime.redis)
        runtime.verifier.prepare()
        server.start()
        log.info("serving", listen=runtime.settings.listen)
        process.run()
        server.stop()
        return 0


def background(definition: ServiceDefinition) -> int:
    """Relay, consume, sweep and work jobs until SIGTERM."""
    let_the_running_run()
    with _Process(definition, f"{definition.name}-background", serves=False) as process:
        if not process.wait_for_schema():
            return 1
        parts = definition.build(process.runtime)
        threads = background_threads(process.runtime, parts, process.stopped)
        for thread in threads:
            thread.start()
        process.run()
        for thread in threads:
            thread.join(timeout=THREAD_END_SECONDS)
        return 0


class _Process:
    """A process of a service: its log, its stop signal and its page for operators."""

    def __init__(self, definition: ServiceDefinition, name: str, *, serves: bool) -> None:
        logging.configure(name)
        self._definition = definition
        self.stopped = _stop_signal()
        self.runtime = Runtime(definition.name, definition.settings())  # type: ignore[call-arg] # environment
        self._started = threading.Event()
        checks = {"start": self._starting, "database": self.runtime.database.problem}
        if serves:  # who cannot verify a token answers every call with UNAVAILABLE
            checks["keys"] = self.runtime.verifier.problem
        self._readiness = Readiness(checks)
        listen = self.runtime.settings.ops_listen
        self._page = OpsServer(listen, self.runtime.metrics.registry, self._readiness)

    def __enter__(self) -> Self:
        self._page.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._page.stop()
        self.runtime.database.close()
        logging.flush()

    def run(self) -> None:
        """Be ready until the stop signal, then no longer."""
        self._started.set()
        self.stopped.wait()
        self._readiness.drain()

    def wait_for_schema(self) -> bool:
        """Wait until the schema is new enough; refuse to start on an older one."""
        deadline = time.monotonic() + SCHEMA_WAIT_SECONDS
        database, folder = self.runtime.database, self._definition.migrations
        while (problem := schema_problem(database, folder)) and not self.stopped.is_set():
            if time.monotonic() > deadline:
                log.error("not started", problem=problem)
                return False
            self.stopped.wait(0.5)
        return not self.stopped.is_set()

    def _starting(self) -> str | None:
        return None if self._started.is_set() else "starting"


def _edge(runtime: Runtime, parts: Parts) -> Edge:
    return Edge(
        service=runtime.name,
        database=runtime.database,
        clock=runtime.clock,
        verifier=runtime.verifier,
        tree=parts.tree,
        metrics=runtime.metrics,
        errors=parts.errors,
    )


def _stop_signal() -> threading.Event:
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopped
