"""Keeps visit plans."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.calendar import week_of
from chassis.pagination import Page
from directory.tables import users
from sqlalchemy import Connection, Date, Row, delete, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.dialects.postgresql import insert as upsert

from visit.visit_plans.rules import Amendment, Plan, PlanExists, PlanState, Stop
from visit.visit_plans.tables import amendments, plans, stops


def unit_of(connection: Connection, user_id: str) -> str | None:
    """Return the unit of a person as the copy has it now, or None for one of whom it has not heard."""
    return connection.execute(select(users.c.unit_id).where(users.c.id == user_id)).scalar_one_or_none()


def add(connection: Connection, plan: Plan, at: datetime) -> None:
    """Keep a new plan. Raises PlanExists when the person has one for the week."""
    values = {
        "id": plan.id,
        "user_id": plan.user_id,
        "week_start": plan.week_start,
        "created_at": at,
        **_changing(plan),
    }
    statement = upsert(plans).values(values).on_conflict_do_nothing().returning(plans.c.id)
    if connection.execute(statement).one_or_none() is None:
        raise PlanExists
    write_stops(connection, plan)


def save(connection: Connection, plan: Plan) -> None:
    """Keep what a plan has become, without its stops."""
    connection.execute(update(plans).where(plans.c.id == plan.id).values(_changing(plan)))


def _changing(plan: Plan) -> dict[str, object]:
    return {
        "unit_id": plan.unit_id,
        "state": plan.state,
        "due_at": plan.due_at,
        "submitted_at": plan.submitted_at,
        "submitted_late": plan.submitted_late,
        "version": plan.version,
    }


def write_stops(connection: Connection, plan: Plan) -> None:
    """Make the plan's stops these: those that stay keep their rows, which visits refer to."""
    ids = [stop.id for stop in plan.stops]
    connection.execute(delete(stops).where(stops.c.plan_id == plan.id, stops.c.id.not_in(ids)))
    if not plan.stops:
        return
    statement = upsert(stops)
    changed = {"sequence": statement.excluded.sequence, "unit_id": statement.excluded.unit_id}
    rows = [
        {
            "id": stop.id,
            "plan_id": plan.id,
            "customer_id": stop.customer_id,
            "visit_date": stop.visit_date,
            "sequence": stop.sequence,
            "unit_id": stop.unit_id,
        }
        for stop in plan.stops
    ]
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), rows)


def add_amendment(connection: Connection, plan_id: str, amendment: Amendment) -> None:
    """Write an amendment into the plan's history."""
    values = {
        "plan_id": plan_id,
        "plan_version": amendment.plan_version,
        "amended_at": amendment.amended_at,
        "reason": amendment.reason,
        "added": _kept(amendment.added),
        "removed": _kept(amendment.removed),
    }
    connection.execute(insert(amendments).values(values))


def find(connection: Connection, plan_id: str) -> Plan | None:
    """Return a plan with its stops."""
    row = connection.execute(select(plans).where(plans.c.id == plan_id)).one_or_none()
    if row is None:
        return None
    query = select(stops).where(stops.c.plan_id == plan_id).order_by(stops.c.visit_date, stops.c.sequence)
    return plan_of(row, [_stop(stop) for stop in connection.execute(query)])


def open_plans(connection: Connection, user_id: str, unit_id: str, on: date) -> Sequence[str]:
    """Return the person's plans in a unit whose week is not over on a day."""
    query = select(plans.c.id).where(
        plans.c.user_id == user_id, plans.c.unit_id == unit_id, plans.c.week_start >= week_of(on)
    )
    return connection.execute(query.order_by(plans.c.week_start)).scalars().all()


def submitted_plans(connection: Connection, user_id: str, on: date) -> Sequence[str]:
    """Return the person's submitted plans, in whatever unit, whose week is not over on a day."""
    query = select(plans.c.id).where(
        plans.c.user_id == user_id,
        plans.c.state == PlanState.SUBMITTED,
        plans.c.week_start >= week_of(on),
    )
    return connection.execute(query.order_by(plans.c.week_start)).scalars().all()


def planned_customers(connection: Connection, plan_id: str, user_id: str) -> frozenset[str]:
    """Return the customers that a plan of the person has stops at; none for somebody else's plan."""
    query = (
        select(stops.c.customer_id)
        .join(plans, plans.c.id == stops.c.plan_id)
        .where(plans.c.id == plan_id, plans.c.user_id == user_id)
    )
    return frozenset(connection.execute(query).scalars())


def read_amendments(connection: Connection, plan_id: str) -> Sequence[Amendment]:
    """Return what was changed after submission, oldest first."""
    query = select(amendments).where(amendments.c.plan_id == plan_id).order_by(amendments.c.plan_version)
    return [
        Amendment(row.plan_version, row.amended_at, row.reason, _restored(row.added), _restored(row.removed))
        for row in connection.execute(query)
    ]


def read_page(
    connection: Connection, page: Page, scope: RowScope, user_id: str, week_start: date | None
) -> Sequence[Plan]:
    """Return the plans of a page and one more, newest week first, without their stops."""
    query = select(plans).where(scope.clause(plans.c.unit_id, plans.c.user_id))
    if user_id:
        query = query.where(plans.c.user_id == user_id)
    if week_start:
        query = query.where(plans.c.week_start == week_start)
    if key := page.key(date.fromisoformat, uuid.UUID):
        behind = tuple_(key[0], key[1], types=[Date(), UUID()])
        query = query.where(tuple_(plans.c.week_start, plans.c.id) < behind)
    ordered = query.order_by(plans.c.week_start.desc(), plans.c.id.desc()).limit(page.size + 1)
    return [plan_of(row, ()) for row in connection.execute(ordered)]


def stop_for(connection: Connection, user_id: str, customer_id: str, day: date) -> Stop | None:
    """Return the stop of the person's submitted plan that names the customer on a day (R011)."""
    query = (
        select(stops)
        .join(plans, plans.c.id == stops.c.plan_id)
        .where(
            plans.c.user_id == user_id,
            plans.c.week_start == week_of(day),
            plans.c.state == PlanState.SUBMITTED,
            stops.c.visit_date == day,
            stops.c.customer_id == customer_id,
        )
    )
    row = connection.execute(query).one_or_none()
    return _stop(row) if row else None


def plan_of(row: Row[Any], its_stops: Iterable[Stop]) -> Plan:
    return Plan(
        id=row.id,
        user_id=row.user_id,
        unit_id=row.unit_id,
        week_start=row.week_start,
        stops=tuple(its_stops),
        due_at=row.due_at,
        state=PlanState(row.state),
        submitted_at=row.submitted_at,
        submitted_late=row.submitted_late,
        version=row.version,
    )


def _stop(row: Row[Any]) -> Stop:
    return Stop(row.id, row.customer_id, row.visit_date, row.sequence, row.unit_id)


def _kept(changed: Iterable[Stop]) -> list[dict[str, object]]:
    return [
        {
            "id": stop.id,
            "customer_id": stop.customer_id,
            "visit_date": stop.visit_date.isoformat(),
            "sequence": stop.sequence,
        }
        for stop in changed
    ]


def _restored(kept: Iterable[dict[str, Any]]) -> tuple[Stop, ...]:
    return tuple(
        Stop(item["id"], item["customer_id"], date.fromisoformat(item["visit_date"]), item["sequence"])
        for item in kept
    )
