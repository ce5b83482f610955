"""Account changes that follow from disciplinary actions, to be decided by another superior (R156)."""

from datetime import date, datetime
from typing import Any

from journeyman.visit.v1.events_pb2 import DisciplinaryActionChanged
from sqlalchemy import Connection, Row, select

from chassis import outbox
from gateway.identity.account_changes import notices, rules, store
from gateway.identity.account_changes.rules import WAITING, AccountChangePending, Kind, State
from gateway.identity.account_changes.tables import account_changes
from gateway.identity.discipline.rules import freeze_reason

_HANDLING = {
    Kind.FREEZE: "纪律处分,冻结账号 (disciplinary action: freeze the account)",
    Kind.CLOSE: "辞退,停用账号 (dismissal: close the account)",
}


def file(
    connection: Connection,
    kind: Kind,
    account: "Row[Any]",
    action: DisciplinaryActionChanged,
    at: datetime,
) -> None:
    """File the change on behalf of who took the step, and tell the superiors.

    Who dismisses takes over what the person leaves, until they give it on.
    """
    day = date.fromisoformat(action.action_date)
    values = {
        "kind": kind,
        "user_id": account.id,
        "new_person": {},
        "unit_id": account.unit_id,
        "new_unit_id": None,
        "roles": [],
        "successor_id": action.taken_by_id if kind is Kind.CLOSE else None,
        "reason": freeze_reason(action.disciplinary_action_id),
        "handling": _HANDLING[kind],
        "event_date": day,
        "due_at": rules.due(day),
        "filed_late": rules.is_late(day, at),
        "filed_by": action.taken_by_id,
    }
    try:
        change = store.add(connection, values, at)
    except AccountChangePending:  # somebody has filed the same already
        return
    outbox.append(connection, [notices.filed(change)], at)


def withdraw(connection: Connection, user_id: str, action_id: str, at: datetime) -> None:
    """Withdraw what an action that was ended or taken back has filed and nobody has carried out."""
    columns = account_changes.c
    query = select(columns.id).where(
        columns.user_id == user_id,
        columns.reason == freeze_reason(action_id),
        columns.state.in_(WAITING),
    )
    for change_id in connection.execute(query.order_by(columns.id).with_for_update()).scalars().all():
        store.change(connection, change_id, state=State.WITHDRAWN, decided_at=at)
