"""Distributions in the database."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import Connection, Row, RowMapping, insert, select, update

from customer.customers.tables import customers
from customer.distributions.rules import State
from customer.distributions.tables import distributions, items

_columns = distributions.c
Owners = Mapping[str, str]  # of customers, by id


def add(connection: Connection, values: dict[str, Any], owners: Owners, at: datetime) -> Row[Any]:
    """Write a distribution that is filed, with its customers and who owns them."""
    row = {"id": new_id(), **values, "state": State.FILED, "note": "", "created_at": at}
    written = connection.execute(insert(distributions).values(row).returning(distributions)).one()
    listed = [
        {"distribution_id": written.id, "customer_id": id_, "owner_id": owner, "distributed": False}
        for id_, owner in owners.items()
    ]
    connection.execute(insert(items), listed)
    return written


def close(
    connection: Connection, distribution_id: str, state: State, at: datetime, **values: Any
) -> Row[Any]:
    """Write how a distribution ended."""
    changed = {"state": state, "closed_at": at, **values}
    statement = update(distributions).where(_columns.id == distribution_id).values(changed)
    return connection.execute(statement.returning(distributions)).one()


def note_distributed(connection: Connection, distribution_id: str, customer_ids: Collection[str]) -> None:
    """Write which of the customers got the new owner."""
    chosen = items.c.distribution_id == distribution_id, items.c.customer_id.in_(customer_ids)
    connection.execute(update(items).where(*chosen).values(distributed=True))


def find(connection: Connection, distribution_id: str, scope: RowScope) -> Row[Any] | None:
    query = select(distributions).where(_columns.id == distribution_id, _within(scope))
    return connection.execute(query).first()


def lock(connection: Connection, distribution_id: str, scope: RowScope) -> Row[Any] | None:
    """Return a distribution that nobody else decides or takes back until we commit."""
    query = select(distributions).where(_columns.id == distribution_id, _within(scope))
    return connection.execute(query.with_for_update()).first()


def lock_own(connection: Connection, distribution_id: str, user_id: str) -> Row[Any] | None:
    """Return a distribution that the person filed, locked."""
    query = select(distributions).where(_columns.id == distribution_id, _columns.filed_by_id == user_id)
    return connection.execute(query.with_for_update()).first()


def read_page(connection: Connection, page: Page, scope: RowScope, state: str) -> Sequence[Row[Any]]:
    """Return the distributions of a page and one more, newest first."""
    query = select(distributions).where(_within(scope))
    if state:
        query = query.where(_columns.state == state)
    if key := page.key(uuid.UUID):
        query = query.where(_columns.id < str(key[0]))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()


def items_of(connection: Connection, distribution_ids: Collection[str]) -> Mapping[str, list[Row[Any]]]:
    """Return the customers of each distribution."""
    query = select(items).where(items.c.distribution_id.in_(distribution_ids))
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query.order_by(items.c.customer_id)):
        found[row.distribution_id].append(row)
    return found


def lock_customers(connection: Connection, distribution_id: str) -> Sequence[RowMapping]:
    """Return the customers of a distribution as they are now, locked, with who owned them at the filing."""
    now, then = customers.c, items.c
    query = (
        select(now.id, now.unit_id, now.owner_id, then.owner_id.label("filed_owner_id"))
        .join(items, then.customer_id == now.id)
        .where(then.distribution_id == distribution_id)
        .order_by(now.id)
    )
    return connection.execute(query.with_for_update(of=customers)).mappings().all()


def give_open(connection: Connection, unit_id: str, to_unit_id: str) -> None:
    """Make what a unit waits for wait for another."""
    waiting = _columns.unit_id == unit_id, _columns.state == State.FILED
    connection.execute(update(distributions).where(*waiting).values(unit_id=to_unit_id))


def _within(scope: RowScope) -> Any:
    return scope.clause(_columns.unit_id, _columns.filed_by_id)
