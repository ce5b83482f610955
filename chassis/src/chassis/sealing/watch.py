"""Goes through a chain again and again, so that a change is found without anybody asking."""

import time
from collections.abc import Callable
from typing import Generic

import structlog
from sqlalchemy import Connection

from chassis.database import Database
from chassis.metrics import Metrics
from chassis.sealing.chain import Chain
from chassis.sealing.verification import Place, Stretch, state

STRETCH_SECONDS = 10.0
PASS_SECONDS = 3600.0

log = structlog.get_logger()


class Watch(Generic[Place]):
    """Proves a stretch at each run, and begins anew an hour after it has come to the end.

    Args:
        chain: what is proven.
        prove: proves the stretch at a place, or the first one.
        database: where the rows stand.
        metrics: tells what waits for a seal, what is wrong, and when all was proven last.
    """

    def __init__(
        self,
        chain: Chain,
        prove: Callable[[Connection, Place | None], Stretch[Place]],
        database: Database,
        metrics: Metrics,
    ) -> None:
        self._chain = chain
        self._prove = prove
        self._database = database
        self._metrics = metrics
        self._place: Place | None = None
        self._found = 0
        self._begin_at = 0.0

    def run(self) -> None:
        with self._database.reading() as connection:
            self._metrics.unsealed(self._chain.name, state(connection, self._chain).unsealed_count)
            if time.monotonic() < self._begin_at:
                return
            stretch = self._prove(connection, self._place)
        for finding in stretch.findings:
            values = {"kind": finding.kind, "id": finding.id, "position": finding.position}
            log.error("not as it was sealed", chain=self._chain.name, **values)
        self._found += len(stretch.findings)
        self._place = stretch.following
        if self._place is None:
            self._metrics.proven(self._chain.name, self._found, time.time())
            self._found = 0
            self._begin_at = time.monotonic() + PASS_SECONDS
