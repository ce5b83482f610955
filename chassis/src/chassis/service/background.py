"""The threads of a background process."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import grpc
import structlog

from chassis import idempotency
from chassis.database import Database
from chassis.database.partitions import drop_before, ensure_days
from chassis.events import Consumer, OwnFeed, Relay
from chassis.jobs import JobRunner
from chassis.leases import Lease
from chassis.service.parts import Parts, Runtime, Sweep

PARTITIONS_AHEAD_DAYS = 4
HOUSEKEEPING_SECONDS = 3600

log = structlog.get_logger()


def background_threads(
    runtime: Runtime, parts: Parts, stopped: threading.Event
) -> Sequence[threading.Thread]:
    """Return the relay, the consumers, the sweeps and the job worker, ready to start."""
    loops: dict[str, Callable[[threading.Event], None]] = {
        "relay": Relay(runtime.name, runtime.database, runtime.doorbell, runtime.metrics).run
    }
    for subscription in parts.subscriptions:
        producer = _producer(runtime, subscription.source)
        consumer = Consumer(subscription, runtime.database, producer, runtime.doorbell, runtime.metrics)
        loops[f"consumer-{subscription.consumer}-{subscription.source}"] = consumer.run
    for sweep in (*parts.sweeps, housekeeping(runtime.database)):
        loops[f"sweep-{sweep.name}"] = _sweeping(sweep, runtime.database)
    if parts.jobs:
        runner = JobRunner(runtime.name, runtime.database, runtime.redis, parts.jobs)
        loops["job-sweep"] = runner.sweep
        loops["job-worker"] = runner.work
    return [
        threading.Thread(target=run_or_end, args=(loop, stopped), name=name, daemon=True)
        for name, loop in loops.items()
    ]


def _producer(runtime: Runtime, source: str) -> grpc.Channel | OwnFeed:
    return OwnFeed(source, runtime.database) if source == runtime.name else runtime.channel(source)


def run_or_end(loop: Callable[[threading.Event], None], stopped: threading.Event) -> None:
    """Run a loop; one that fails ends the process, to be started anew.

    The other threads would go on, and a process that looks ready would relay or consume nothing for ever.
    """
    try:
        loop(stopped)
    except Exception:  # whatever it was: logged, and the process ends
        log.exception("thread died", thread=threading.current_thread().name)
        stopped.set()


def housekeeping(database: Database) -> Sweep:
    """Return the sweep that makes tomorrow's partitions and drops those that have aged. Real time."""

    def run() -> None:
        make_partitions(database)
        aged = datetime.now(UTC).date() - timedelta(days=idempotency.KEPT_DAYS)
        with database.begin() as connection:
            drop_before(connection, idempotency.TABLE, aged)

    return Sweep("housekeeping", HOUSEKEEPING_SECONDS, run)


def make_partitions(database: Database) -> None:
    """Make the partitions of today and the next days."""
    today = datetime.now(UTC).date()
    with database.begin() as connection:
        ensure_days(connection, idempotency.TABLE, today, PARTITIONS_AHEAD_DAYS)


def _sweeping(sweep: Sweep, database: Database) -> Callable[[threading.Event], None]:
    lease = Lease(database, f"sweep:{sweep.name}")

    def loop(stopped: threading.Event) -> None:
        while not stopped.is_set():
            try:
                if lease.hold():
                    sweep.run()
            except Exception:  # it is tried again after the pause; the log tells
                log.exception("sweep failed", sweep=sweep.name)
            stopped.wait(sweep.seconds)
        lease.release()

    return loop
