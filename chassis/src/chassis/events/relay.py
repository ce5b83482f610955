"""The relay: gives committed events their gapless positions and rings the doorbell."""

import threading
import time
from datetime import UTC, datetime

import redis
import structlog
from sqlalchemy import text

from chassis.database import Database
from chassis.leases import Lease
from chassis.metrics import Metrics

BATCH = 1000
PAUSE_SECONDS = 0.1
STREAM_LENGTH = 1000
SILENCE_SECONDS = 2.0  # a Redis that hangs would cost every batch its time limit

_WAITING = "SELECT true FROM outbox WHERE position IS NULL LIMIT 1"
_LOCK = "SELECT FROM outbox_head FOR UPDATE"
_NUMBER = """
WITH pending AS (SELECT seq FROM outbox WHERE position IS NULL ORDER BY seq LIMIT %s),
numbered AS (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM pending),
moved AS (UPDATE outbox SET position = head.position + numbered.place FROM numbered, outbox_head AS head
          WHERE outbox.seq = numbered.seq RETURNING true)
UPDATE outbox_head SET position = position + (SELECT count(*) FROM moved)
RETURNING position, (SELECT count(*) FROM moved)
"""
_LAG = text("SELECT count(*), min(recorded_at) FROM outbox WHERE position IS NULL")

log = structlog.get_logger()


class Relay:
    """One per service at a time, by lease.

    Positions are given in a transaction of their own, after the events have committed: an event that commits
    late gets a later position, so that a reader who goes by position never skips it.
    """

    def __init__(self, service: str, database: Database, client: "redis.Redis", metrics: Metrics) -> None:
        self._stream = f"journeyman.{service}"
        self._database = database
        self._redis = client
        self._metrics = metrics
        self._lease = Lease(database, "relay")
        self._ring_again_at = 0.0

    def run(self, stopped: threading.Event) -> None:
        """Relay until `stopped` is set; waits while another process holds the lease."""
        while not stopped.is_set():
            try:
                moved = self.step() if self._lease.hold() else 0
            except Exception as error:  # noqa: BLE001 - the database may be away; try again until stopped
                log.warning("relay failed", error=str(error))
                moved = 0
                stopped.wait(1.0)
            if moved < BATCH:  # under a steady stream of writes too: ten batches a second cost less than 300
                stopped.wait(PAUSE_SECONDS)
        self._lease.release()

    def step(self) -> int:
        """Number one batch of committed events. Returns how many."""
        moved = self._number() if self._database.raw().execute(_WAITING, prepare=True).fetchone() else 0
        self._report_lag(moved)
        return moved

    def _number(self) -> int:
        connection = self._database.raw()
        with connection.transaction():
            # The lock is a statement of its own: the next one must see what the holder before has numbered,
            # also when a lease changed hands while that holder stood still.
            connection.execute(_LOCK, prepare=True)
            [(head, moved)] = connection.execute(_NUMBER, (BATCH,), prepare=True).fetchall()
        if moved:
            self._ring(head)
        return int(moved)

    def _ring(self, position: int) -> None:
        if time.monotonic() < self._ring_again_at:
            return
        try:
            self._redis.xadd(self._stream, {"position": position}, maxlen=STREAM_LENGTH, approximate=True)
        except redis.RedisError as error:
            log.warning("doorbell not rung; consumers will look by themselves", error=str(error))
            self._ring_again_at = time.monotonic() + SILENCE_SECONDS

    def _report_lag(self, moved: int) -> None:
        if moved < BATCH:
            self._metrics.outbox_lag(0, 0.0)
            return
        with self._database.reading() as connection:
            waiting, oldest = connection.execute(_LAG).one()
        age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
        self._metrics.outbox_lag(waiting, age)
