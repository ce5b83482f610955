"""`serve`, `background`, `migrate` and `ops` of every service."""

import signal
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

import structlog

from chassis import logging
from chassis.database import Database, apply_migrations, schema_problem
from chassis.health import Readiness
from chassis.ops_http import OpsServer
from chassis.server import Edge, Server
from chassis.service.background import background_threads, housekeeping
from chassis.service.ops import run_ops
from chassis.service.parts import Parts, Runtime, ServiceDefinition
from chassis.settings import MigrationSettings

SCHEMA_WAIT_SECONDS = 60
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
            return run_ops(Database(settings.database_url.get_secret_value(), "journeyman-ops"), rest)
        case _:
            sys.stderr.write(USAGE + "\n")
            return 2


def migrate(definition: ServiceDefinition) -> int:
    """Bring the database to the newest schema."""
    url = MigrationSettings().owner_database_url.get_secret_value()  # type: ignore[call-arg] # from environment
    version = apply_migrations(url, definition.migrations)
    sys.stdout.write(f"{definition.name}: schema {version}\n")
    return 0


def serve(definition: ServiceDefinition) -> int:
    """Serve the contracts until SIGTERM, then drain."""
    stopped = _stop_signal()
    runtime, readiness, operations_page = _start(definition, definition.name)
    if not _wait_for_schema(definition, runtime.database, stopped):
        return 1
    parts = definition.build(runtime)
    server = Server(runtime.settings.listen, _edge(runtime, parts), parts.servicers)
    housekeeping(runtime.database).run()
    runtime.revocations.follow(runtime.redis)
    runtime.verifier.prepare()
    server.start()
    _starting.discard("serving")
    log.info("serving", listen=runtime.settings.listen)
    stopped.wait()
    readiness.drain()
    server.stop()
    operations_page.stop()
    logging.flush()
    return 0


def background(definition: ServiceDefinition) -> int:
    """Relay, consume, sweep and work jobs until SIGTERM."""
    stopped = _stop_signal()
    runtime, readiness, operations_page = _start(definition, f"{definition.name}-background")
    if not _wait_for_schema(definition, runtime.database, stopped):
        return 1
    parts = definition.build(runtime)
    threads = background_threads(runtime, parts, stopped)
    for thread in threads:
        thread.start()
    _starting.discard("serving")
    stopped.wait()
    readiness.drain()
    for thread in threads:
        thread.join(timeout=10)
    operations_page.stop()
    logging.flush()
    return 0


_starting = {"serving"}


def _start(definition: ServiceDefinition, process: str) -> tuple[Runtime, Readiness, OpsServer]:
    logging.configure(process)
    runtime = Runtime(definition.name, definition.settings())  # type: ignore[call-arg] # from environment
    readiness = Readiness(
        {
            "start": lambda: "starting" if "serving" in _starting else None,
            "database": runtime.database.problem,
        }
    )
    page = OpsServer(runtime.settings.ops_listen, runtime.metrics.registry, readiness)
    page.start()
    return runtime, readiness, page


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


def _wait_for_schema(definition: ServiceDefinition, database: Database, stopped: threading.Event) -> bool:
    """Wait until the schema is new enough; refuse to start on an older one."""
    deadline = time.monotonic() + SCHEMA_WAIT_SECONDS
    while (problem := schema_problem(database, definition.migrations)) and not stopped.is_set():
        if time.monotonic() > deadline:
            log.error("not started", problem=problem)
            logging.flush()
            return False
        stopped.wait(0.5)
    return not stopped.is_set()


def _stop_signal() -> threading.Event:
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopped
