"""Keeps approval tasks."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import Connection, Row, insert, select, update

from marketing_resources.approvals.rules import State
from marketing_resources.approvals.tables import approval_tasks
from marketing_resources.spend_plans.rules import Plan, Step

_columns = approval_tasks.c


def add(connection: Connection, plan: Plan, at: datetime) -> None:
    """Ask for the decision that the plan waits for."""
    values = {
        "id": new_id(),
        "plan_id": plan.id,
        "unit_id": plan.unit_id,
        "applicant_id": plan.applicant_id,
        "submission": plan.submission,
        "step": plan.step,
        "state": State.PENDING,
        "comment": "",
        "created_at": at,
    }
    connection.execute(insert(approval_tasks).values(values))


def decide(
    connection: Connection, task_id: str, state: State, *, by: str, comment: str, at: datetime
) -> Row[Any]:
    """Keep a decision. Returns the task."""
    values = {"state": state, "decided_by": by, "decided_at": at, "comment": comment}
    statement = update(approval_tasks).where(_columns.id == task_id).values(values)
    return connection.execute(statement.returning(approval_tasks)).one()


def cancel(connection: Connection, plan_id: str) -> None:
    """Take back what is asked about the plan."""
    waiting = _columns.plan_id == plan_id, _columns.state == State.PENDING
    connection.execute(update(approval_tasks).where(*waiting).values(state=State.CANCELLED))


def find(connection: Connection, task_id: str) -> Row[Any] | None:
    return connection.execute(select(approval_tasks).where(_columns.id == task_id)).one_or_none()


def of_plan(connection: Connection, plan_id: str) -> Sequence[Row[Any]]:
    """Return the tasks of a plan in the order in which they were asked."""
    query = select(approval_tasks).where(_columns.plan_id == plan_id)
    order = list(Step)
    rows = connection.execute(query).all()
    return sorted(rows, key=lambda row: (row.submission, order.index(row.step)))


def deciders(connection: Connection, plan_id: str, submission: int) -> Collection[str]:
    """Return who has decided a step of a submission."""
    query = select(_columns.decided_by).where(
        _columns.plan_id == plan_id, _columns.submission == submission, _columns.decided_by.is_not(None)
    )
    return connection.execute(query).scalars().all()


def read_page(
    connection: Connection,
    page: Page,
    scope: RowScope,
    *,
    state: State | None,
    step: Step | None,
    plan_id: str,
) -> Sequence[Row[Any]]:
    """Return the tasks of a page and one more, newest first."""
    query = select(approval_tasks).where(scope.clause(_columns.unit_id, _columns.applicant_id))
    if state:
        query = query.where(_columns.state == state)
    if step:
        query = query.where(_columns.step == step)
    if plan_id:
        query = query.where(_columns.plan_id == plan_id)
    if key := page.key(uuid.UUID):
        query = query.where(_columns.id < str(key[0]))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()
