"""Queries and writes of endpoints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.identifiers import new_id
from chassis.pagination import Page
from chassis.webhooks import new_secret
from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from gateway.identity.webhooks import deliveries
from gateway.identity.webhooks.rules import OVERLAP, DisabledReason, EndpointState
from gateway.identity.webhooks.tables import endpoints

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('webhook_endpoints'))")


def find(connection: Connection, endpoint_id: str) -> "Row[Any] | None":
    return connection.execute(select(endpoints).where(endpoints.c.id == endpoint_id)).first()


def lock(connection: Connection, endpoint_id: str) -> "Row[Any] | None":
    query = select(endpoints).where(endpoints.c.id == endpoint_id)
    return connection.execute(query.with_for_update()).first()


def enabled(connection: Connection) -> Sequence["Row[Any]"]:
    return connection.execute(select(endpoints).where(endpoints.c.state == EndpointState.ENABLED)).all()


def count_alone(connection: Connection) -> int:
    """Count the endpoints. Nobody else adds one until we commit, if they count first too."""
    connection.execute(_LOCK)
    return connection.execute(select(func.count()).select_from(endpoints)).scalar_one()


def read_page(connection: Connection, page: Page) -> Sequence["Row[Any]"]:
    """Return the endpoints of a page and one more, oldest first."""
    query = select(endpoints)
    if key := page.key(UUID):
        query = query.where(endpoints.c.id > str(key[0]))
    return connection.execute(query.order_by(endpoints.c.id).limit(page.size + 1)).all()


def add(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any]":
    row = {
        "id": new_id(),
        "disabled_reason": "",
        **values,
        "secret": new_secret(),
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }
    return connection.execute(insert(endpoints).values(row).returning(endpoints)).one()


def change(connection: Connection, endpoint_id: str, values: dict[str, Any], at: datetime) -> "Row[Any]":
    changed = {**values, "version": endpoints.c.version + 1, "updated_at": at}
    statement = update(endpoints).where(endpoints.c.id == endpoint_id).values(changed)
    return connection.execute(statement.returning(endpoints)).one()


def disable(connection: Connection, endpoint_id: str, reason: DisabledReason, at: datetime) -> "Row[Any]":
    """Send nothing more to an endpoint; what waits for it has failed."""
    deliveries.give_up_pending(connection, endpoint_id)
    values = {"state": EndpointState.DISABLED, "disabled_reason": reason}
    return change(connection, endpoint_id, values, at)


def rotate(connection: Connection, endpoint: "Row[Any]", at: datetime) -> "Row[Any]":
    """Give an endpoint a new secret; the one before signs too for a day."""
    values = {
        "secret": new_secret(),
        "previous_secret": endpoint.secret,
        "previous_until": at + OVERLAP,
    }
    return change(connection, endpoint.id, values, at)


def remove(connection: Connection, endpoint_id: str) -> bool:
    return connection.execute(delete(endpoints).where(endpoints.c.id == endpoint_id)).rowcount > 0


def arrived(connection: Connection, endpoint_id: str) -> None:
    """Note that something arrived; most of the time it did before, and nothing is written."""
    failing = endpoints.c.id == endpoint_id, endpoints.c.failing_since.is_not(None)
    connection.execute(update(endpoints).where(*failing).values(failing_since=None))


def failed(connection: Connection, endpoint_id: str, at: datetime) -> datetime | None:
    """Note that something did not arrive. Returns since when nothing has; None: the endpoint is disabled."""
    since = func.coalesce(endpoints.c.failing_since, at)
    enabled_one = endpoints.c.id == endpoint_id, endpoints.c.state == EndpointState.ENABLED
    statement = update(endpoints).where(*enabled_one).values(failing_since=since)
    return connection.execute(statement.returning(endpoints.c.failing_since)).scalar()


def secrets(endpoint: Any, at: datetime) -> list[bytes]:
    """Return the secrets that sign now, the newest first."""
    good = [bytes(endpoint.secret)]
    if endpoint.previous_secret is not None and endpoint.previous_until > at:
        good.append(bytes(endpoint.previous_secret))
    return good
