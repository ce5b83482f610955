"""Queries and writes of deliveries."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.pagination import Page
from chassis.webhooks import Outcome
from sqlalchemy import Connection, Row, delete, func, insert, select, text, tuple_, update

from gateway.identity.webhooks.rules import KEPT, DeliveryState, EndpointState
from gateway.identity.webhooks.tables import deliveries, endpoints

SWEPT_AT_ONCE = 1000
# Longer than an attempt takes: the delivery of a process that died is tried by another.
ATTEMPT_LEASE = timedelta(seconds=60)
_columns = deliveries.c

# One for each endpoint, those first where things arrive: an endpoint that does not answer holds up its own
# deliveries and nobody else's.
_CLAIM = text(
    "UPDATE webhook_deliveries SET due_at = :until, attempts = attempts + 1, attempted_at = :at"
    " WHERE id IN (SELECT due.id FROM webhook_endpoints AS endpoint CROSS JOIN LATERAL ("
    "   SELECT id, due_at FROM webhook_deliveries WHERE endpoint_id = endpoint.id AND due_at <= :at"
    "   ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) AS due"
    "  WHERE endpoint.state = :enabled AND endpoint.id <> ALL(CAST(:busy AS uuid[]))"
    "  ORDER BY endpoint.failing_since IS NOT NULL, due.due_at LIMIT :most)"
    " RETURNING id::text AS id, endpoint_id::text AS endpoint_id, body, attempts"
)


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(deliveries), rows)


def find(connection: Connection, endpoint_id: str, delivery_id: str) -> "Row[Any] | None":
    query = select(deliveries).where(_columns.id == delivery_id, _columns.endpoint_id == endpoint_id)
    return connection.execute(query).first()


def read_page(
    connection: Connection, endpoint_id: str, page: Page, state: DeliveryState | None
) -> Sequence["Row[Any]"]:
    """Return the deliveries of a page and one more, newest first."""
    query = select(deliveries).where(_columns.endpoint_id == endpoint_id)
    if state:
        query = query.where(_columns.state == state)
    if key := page.key(datetime.fromisoformat, UUID):
        query = query.where(tuple_(_columns.created_at, _columns.id) < (key[0], str(key[1])))
    order = _columns.created_at.desc(), _columns.id.desc()
    return connection.execute(query.order_by(*order).limit(page.size + 1)).all()


def claim(connection: Connection, at: datetime, busy: Iterable[str], most: int) -> Sequence["Row[Any]"]:
    """Count an attempt of deliveries that are due, one for each endpoint, and hide them for its time.

    Endpoints that are busy, with an attempt under way, have none.
    """
    values = {
        "at": at,
        "until": at + ATTEMPT_LEASE,
        "enabled": EndpointState.ENABLED,
        "busy": list(busy),
        "most": most,
    }
    return connection.execute(_CLAIM, values).all()


def record(connection: Connection, attempt: Any, outcome: Outcome, due_at: datetime | None) -> None:
    """Keep what became of an attempt; nothing, when a redelivery or a disabling came first."""
    state = DeliveryState.PENDING if due_at else DeliveryState.FAILED
    values = {
        "state": state if outcome.problem else DeliveryState.DELIVERED,
        "last_status": outcome.status,
        "last_problem": outcome.problem or "",
        "due_at": due_at,
    }
    same = _columns.id == attempt.id, _columns.attempts == attempt.attempts, _columns.due_at.is_not(None)
    connection.execute(update(deliveries).where(*same).values(values))


def send_again(connection: Connection, delivery_id: str, at: datetime) -> "Row[Any]":
    """Begin a delivery anew, under the id that its receiver may know already."""
    values = {"state": DeliveryState.PENDING, "attempts": 0, "due_at": at}
    statement = update(deliveries).where(_columns.id == delivery_id).values(values)
    return connection.execute(statement.returning(deliveries)).one()


def give_up_pending(connection: Connection, endpoint_id: str) -> None:
    pending = _columns.endpoint_id == endpoint_id, _columns.due_at.is_not(None)
    values = {"state": DeliveryState.FAILED, "last_problem": "ENDPOINT_DISABLED", "due_at": None}
    connection.execute(update(deliveries).where(*pending).values(values))


def oldest_due(connection: Connection) -> datetime | None:
    """Return since when the delivery that has waited longest is due, or when the next one will be."""
    oldest = select(func.min(_columns.due_at)).where(_columns.endpoint_id == endpoints.c.id)
    query = select(func.min(oldest.scalar_subquery()))
    return connection.execute(query.where(endpoints.c.state == EndpointState.ENABLED)).scalar()


def forget(connection: Connection, at: datetime) -> int:
    """Delete up to a thousand deliveries that nobody asks for any more. Returns how many."""
    aged = select(_columns.id).where(_columns.created_at < at - KEPT).limit(SWEPT_AT_ONCE)
    return connection.execute(delete(deliveries).where(_columns.id.in_(aged))).rowcount
