"""Keeps disciplinary actions and what they cite."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from visit.day_lists import newest_day_first
from visit.discipline.rules import State, Step, ViolationCited, ViolationNotFound
from visit.discipline.tables import actions, citations
from visit.violations.tables import violations

_columns = actions.c


def counting_steps(connection: Connection, user_id: str) -> Sequence[Step]:
    """Return the steps that count against the person."""
    query = select(_columns.step).where(_columns.user_id == user_id, _columns.state != State.WITHDRAWN)
    return [Step[step] for step in connection.execute(query).scalars()]


def demand_citable(
    connection: Connection, user_id: str, violation_ids: Collection[str], seen: RowScope
) -> None:
    """Raise ViolationNotFound or ViolationCited unless the person's step may cite these violations."""
    found = violations.c
    query = select(found.id).where(
        found.id.in_(violation_ids), found.user_id == user_id, seen.clause(found.unit_id, found.user_id)
    )
    if len(connection.execute(query).all()) < len(violation_ids):
        raise ViolationNotFound
    cited = select(citations.c.violation_id).where(
        citations.c.violation_id.in_(violation_ids), citations.c.effective
    )
    for violation_id in connection.execute(cited).scalars():
        raise ViolationCited(violation_id)


def add(
    connection: Connection, values: dict[str, Any], violation_ids: Collection[str], at: datetime
) -> Row[Any]:
    """Keep a step and what it cites."""
    row = {**values, "id": new_id(), "state": State.EFFECTIVE, "created_at": at}
    action = connection.execute(insert(actions).values(row).returning(actions)).one()
    if violation_ids:
        cited = [
            {"action_id": action.id, "violation_id": violation_id, "effective": True}
            for violation_id in violation_ids
        ]
        connection.execute(insert(citations), cited)
    return action


def find(connection: Connection, action_id: str, visible: "ColumnElement[bool]") -> Row[Any] | None:
    return connection.execute(select(actions).where(_columns.id == action_id, visible)).one_or_none()


def in_scope(scope: RowScope) -> "ColumnElement[bool]":
    return scope.clause(_columns.unit_id, _columns.user_id)


def read_page(
    connection: Connection, request: Any, page: Page, scope: RowScope, state: State | None
) -> Sequence[Row[Any]]:
    """Return the actions of a page and one more, newest day first. Raises InvalidFields."""
    query = newest_day_first(actions, _columns.action_date, request, page, scope)
    if state:
        query = query.where(_columns.state == state)
    return connection.execute(query).all()


def cited_by(connection: Connection, action_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Return the violations that these actions cite."""
    query = select(citations).where(citations.c.action_id.in_(action_ids))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in connection.execute(query.order_by(citations.c.violation_id)):
        found[row.action_id].append(row.violation_id)
    return found


def end(connection: Connection, action_id: str, *, by: str, reason: str, at: datetime) -> Row[Any]:
    """End an action that has been served. It keeps what it cites: a breach is punished once."""
    values = {"state": State.ENDED, "ended_by_id": by, "end_reason": reason, "ended_at": at}
    statement = update(actions).where(_columns.id == action_id).values(values)
    return connection.execute(statement.returning(actions)).one()


def withdraw(connection: Connection, action_id: str, *, by: str, reason: str, at: datetime) -> Row[Any]:
    """Take an action back and free what it cites."""
    values = {
        "state": State.WITHDRAWN,
        "withdrawn_by_id": by,
        "withdrawal_reason": reason,
        "withdrawn_at": at,
    }
    freed = update(citations).where(citations.c.action_id == action_id)
    connection.execute(freed.values(effective=False))
    statement = update(actions).where(_columns.id == action_id).values(values)
    return connection.execute(statement.returning(actions)).one()
