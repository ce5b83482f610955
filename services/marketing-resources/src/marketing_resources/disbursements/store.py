"""Keeps disbursements."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.money import Money
from chassis.pagination import Page
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from marketing_resources.disbursements.rules import ExternalIdUsed, Payment, State
from marketing_resources.disbursements.tables import disbursements
from marketing_resources.spend_plans.rules import Item, Plan

_columns = disbursements.c


def add(connection: Connection, plan: Plan, at: datetime) -> None:
    """Keep what is to be paid for each item of an approved plan."""
    connection.execute(insert(disbursements), [_due(plan, item, at) for item in plan.items])


def _due(plan: Plan, item: Item, at: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "plan_id": plan.id,
        "item_id": item.id,
        "budget_id": item.budget_id,
        "applicant_id": plan.applicant_id,
        "unit_id": plan.unit_id,
        "amount": item.amount.minor_units,
        "currency": item.amount.currency,
        "purpose": item.purpose,
        "central_purchase": item.central_purchase,
        "state": State.PENDING,
        "created_at": at,
    }


def find(connection: Connection, disbursement_id: str) -> Row[Any] | None:
    query = select(disbursements).where(_columns.id == disbursement_id)
    return connection.execute(query).one_or_none()


def lock(connection: Connection, disbursement_id: str) -> Row[Any] | None:
    """Return a disbursement that no other call changes until the transaction ends."""
    query = select(disbursements).where(_columns.id == disbursement_id).with_for_update()
    return connection.execute(query).one_or_none()


def payment_by(connection: Connection, confirmed_by: str, external_id: str) -> Payment | None:
    """Return what a payer's number stands for."""
    query = select(disbursements).where(
        _columns.confirmed_by == confirmed_by, _columns.external_id == external_id
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Payment(
        disbursement_id=row.id,
        confirmed_by=row.confirmed_by,
        external_id=row.external_id,
        amount=Money(row.amount, row.currency),
        paid_on=row.paid_on,
    )


def book(connection: Connection, payment: Payment, at: datetime) -> Row[Any]:
    """Keep that a disbursement has been paid. Returns it.

    Raises ExternalIdUsed when the number has just been taken for another disbursement: the lock on one holds
    up nobody who confirms another.
    """
    values = {
        "state": State.PAID,
        "confirmed_by": payment.confirmed_by,
        "external_id": payment.external_id,
        "paid_on": payment.paid_on,
        "confirmed_at": at,
    }
    statement = update(disbursements).where(_columns.id == payment.disbursement_id).values(values)
    try:
        return connection.execute(statement.returning(disbursements)).one()
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.UniqueViolation):
            raise ExternalIdUsed from None
        raise


def read_page(
    connection: Connection, page: Page, scope: RowScope, *, state: State | None, plan_id: str
) -> Sequence[Row[Any]]:
    """Return the disbursements of a page and one more, newest first."""
    query = select(disbursements).where(scope.clause(_columns.unit_id, _columns.applicant_id))
    if state:
        query = query.where(_columns.state == state)
    if plan_id:
        query = query.where(_columns.plan_id == plan_id)
    if key := page.key(uuid.UUID):
        query = query.where(_columns.id < str(key[0]))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()
