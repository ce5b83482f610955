"""Runs owed jobs in an RQ worker."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.timeouts import TimerDeathPenalty

from chassis.database import Database
from chassis.errors import Unavailable
from chassis.jobs import intents
from chassis.leases import Lease

# Seconds to wait after each failed attempt but the last. A job may have `pauses` of its own.
PAUSES = (2.0, 4.0, 8.0, 16.0)
ATTEMPTS = len(PAUSES) + 1
# While a service is away that the work asks; such an attempt does not count.
UNAVAILABLE_PAUSE_SECONDS = 10.0
SWEEP_SECONDS = 0.3
JOB_TIMEOUT_SECONDS = 3600

log = structlog.get_logger()

Beat = Callable[[], None]


class Job(Protocol):
    """Does one kind of work. It may run again after a crash and goes on where it left off."""

    def run(self, payload: Mapping[str, Any], beat: Beat) -> None:
        """Do the work; call `beat` at least every ten seconds."""

    def give_up(self, payload: Mapping[str, Any], error: Exception) -> None:
        """Record that the work has failed for good."""


class _ThreadWorker(SimpleWorker):
    """An RQ worker in a thread: signals belong to the process, time limits to a timer."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        pass


class JobRunner:
    """The sweeper that puts owed jobs into RQ and the worker that does them."""

    _current: "JobRunner | None" = None

    def __init__(
        self, service: str, database: Database, client: "redis.Redis", jobs: Mapping[str, Job]
    ) -> None:
        self._database = database
        self._queue = Queue(f"journeyman-{service}", connection=client)
        self._redis = client
        self._jobs = jobs

    def sweep(self, stopped: threading.Event) -> None:
        """Put due intents into the queue until `stopped` is set."""
        while not stopped.wait(SWEEP_SECONDS):
            try:
                self._enqueue_due()
            except Exception as error:  # noqa: BLE001 - Redis or the database is away; what is owed stays owed
                log.warning("job sweep failed", error=str(error))
                stopped.wait(1.0)

    def _enqueue_due(self) -> None:
        if self._queue.count:  # while the worker is busy, what waits would come in again every half a minute
            return
        with self._database.begin() as connection:
            due = intents.take_due(connection)
        for intent_id in due:
            self._queue.enqueue(
                perform, intent_id, job_timeout=JOB_TIMEOUT_SECONDS, result_ttl=0, failure_ttl=3600
            )

    def work(self, stopped: threading.Event) -> None:
        """Work the queue until `stopped` is set."""
        JobRunner._current = self
        while not stopped.is_set():
            try:
                if self._queue.count:  # a worker costs more to make than to ask for
                    worker = _ThreadWorker([self._queue], connection=self._redis)
                    worker.work(burst=True, logging_level="WARNING")
            except Exception as error:  # noqa: BLE001 - Redis is away, most likely; what is owed stays owed
                log.warning("job worker failed", error=str(error))
                stopped.wait(1.0)
            stopped.wait(SWEEP_SECONDS)

    def perform(self, intent_id: str) -> None:
        """Do one owed job unless it is done or somebody else is at it."""
        lease = Lease(self._database, f"job:{intent_id}", seconds=intents.VISIBILITY_SECONDS)
        if not lease.hold():
            return
        try:
            self._attempt(intent_id, lease)
        finally:
            lease.release()

    def _attempt(self, intent_id: str, lease: Lease) -> None:
        with self._database.begin() as connection:
            found = intents.begin(connection, intent_id)
        if found is None:
            return
        kind, payload, attempts = found
        job = self._jobs[kind]
        if attempts > len(_pauses(job)) + 1:
            self._after_failure(intent_id, job, payload, attempts, WorkerDied())
            return
        try:
            job.run(payload, lambda: self._beat(intent_id, lease))
        except LeaseLost:
            log.warning("job overtaken by another worker", kind=kind, intent=intent_id)
        except Unavailable:
            log.warning("job waits for another service", kind=kind, intent=intent_id)
            with self._database.begin() as connection:
                intents.postpone(connection, intent_id, UNAVAILABLE_PAUSE_SECONDS)
        except Exception as error:
            log.exception("job failed", kind=kind, intent=intent_id, attempt=attempts)
            self._after_failure(intent_id, job, payload, attempts, error)
        else:
            with self._database.begin() as connection:
                intents.delete(connection, intent_id)

    def _beat(self, intent_id: str, lease: Lease) -> None:
        if not lease.hold():
            raise LeaseLost
        with self._database.begin() as connection:
            intents.hide(connection, intent_id, intents.VISIBILITY_SECONDS)

    def _after_failure(
        self, intent_id: str, job: Job, payload: Mapping[str, Any], attempts: int, error: Exception
    ) -> None:
        pauses = _pauses(job)
        last = attempts > len(pauses)
        if last:
            job.give_up(payload, error)
        with self._database.begin() as connection:
            if last:
                intents.delete(connection, intent_id)
            else:
                intents.hide(connection, intent_id, pauses[attempts - 1])


def _pauses(job: Job) -> Sequence[float]:
    return getattr(job, "pauses", PAUSES)


class WorkerDied(Exception):
    """No attempt came to an end: each time the process ended first."""


class LeaseLost(Exception):
    """The job stalled for so long that another worker has taken it over."""


def perform(intent_id: str) -> None:
    """Do an owed job; RQ finds this function by its name and the runner of this process behind it."""
    runner = JobRunner._current  # noqa: SLF001 - the process' one runner
    if runner is not None:
        runner.perform(intent_id)
