"""Sends what is owed to endpoints."""

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import structlog
from chassis.clock import Clock
from chassis.database import Database
from chassis.notices import raised
from chassis.webhooks import Outcome, Sender
from prometheus_client import Counter
from sqlalchemy import Connection, select

from chassis import outbox
from gateway.identity.org_units.tables import org_units
from gateway.identity.webhooks import deliveries, store
from gateway.identity.webhooks.rules import DisabledReason, next_attempt, to_disable

AT_ONCE = 4
ROUNDS = 400

log = structlog.get_logger()


class SendWebhooks:
    """The sweep behind webhooks: attempts are claimed, made outside any transaction, and recorded.

    A process that dies in between makes the attempt again, under the same id: at least once.
    """

    def __init__(self, database: Database, clock: Clock, sender: Sender, counter: Counter) -> None:
        self._database = database
        self._clock = clock
        self._sender = sender
        self._counter = counter

    def __call__(self) -> None:
        with ThreadPoolExecutor(AT_ONCE, "webhooks") as threads:
            running: dict[Future[None], str] = {}
            for _ in range(ROUNDS):
                claimed = self._claim(running.values(), AT_ONCE - len(running))
                running |= {threads.submit(self._attempt, each): each.endpoint_id for each in claimed}
                if not running:
                    return
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    del running[ended]
                    ended.result()

    def _claim(self, busy: Iterable[str], most: int) -> Sequence[Any]:
        with self._database.begin() as connection:
            return deliveries.claim(connection, self._clock.now(), busy, most)

    def _attempt(self, attempt: Any) -> None:
        with self._database.reading() as connection:
            endpoint = store.find(connection, attempt.endpoint_id)
        if endpoint is None:
            return
        good = store.secrets(endpoint, self._clock.now())
        outcome = self._sender.post(endpoint.url, good, attempt.id, attempt.body.encode())
        with self._database.begin() as connection:
            counted = self._record(connection, attempt, outcome)
        self._counter.labels("webhook", counted).inc()

    def _record(self, connection: Connection, attempt: Any, outcome: Outcome) -> str:
        if outcome.problem is None:
            store.arrived(connection, attempt.endpoint_id)
            deliveries.record(connection, attempt, outcome, None)
            return "delivered"
        at = self._clock.now()
        due_at = next_attempt(attempt.attempts, at)
        # the endpoint first, as whoever disables one: in another order two of us could wait for each other
        failing_since = store.failed(connection, attempt.endpoint_id, at)
        deliveries.record(connection, attempt, outcome, due_at)
        if failing_since is not None:
            reason = to_disable(outcome.status, failing_since, at)
            if reason:
                self._disable(connection, attempt.endpoint_id, reason)
        log.warning("webhook failed", delivery=attempt.id, status=outcome.status, problem=outcome.problem)
        return "put_off" if due_at else "given_up"

    def _disable(self, connection: Connection, endpoint_id: str, reason: DisabledReason) -> None:
        at = self._clock.now()
        endpoint = store.disable(connection, endpoint_id, reason, at)
        root = select(org_units.c.id).where(org_units.c.parent_id.is_(None))
        notice = raised(
            "identity",
            "webhookEndpoints.disabled",
            permission="webhookEndpoints.write",
            unit_id=connection.execute(root).scalar_one(),
            parameters={"reason": reason},
            resource=f"webhookEndpoints/{endpoint_id}",
            dedupe_key=f"webhookEndpoints.disabled/{endpoint_id}/{endpoint.version}",
        )
        outbox.append(connection, [notice], at)
