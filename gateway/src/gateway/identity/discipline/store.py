"""Keeps what disciplinary actions hold against accounts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.discipline.rules import AccountBarred
from gateway.identity.discipline.tables import holds


def add(
    connection: Connection, action_id: str, user_id: str, *, freezes: bool, in_effect: bool = True
) -> bool:
    """Keep an action. Returns False when it is known, perhaps as one that was ended or taken back."""
    row = {"action_id": action_id, "user_id": user_id, "freezes": freezes, "in_effect": in_effect}
    statement = insert(holds).values(row).on_conflict_do_nothing().returning(holds.c.action_id)
    return connection.execute(statement).first() is not None


def lift(connection: Connection, action_id: str) -> "Row[Any] | None":
    """Note that an action was ended or taken back. Returns it, or None when it was not in effect."""
    statement = update(holds).where(holds.c.action_id == action_id, holds.c.in_effect)
    return connection.execute(statement.values(in_effect=False).returning(holds)).first()


def freezing(connection: Connection, user_id: str, *, in_effect: bool) -> Sequence[str]:
    """Return the actions against the person that freeze an account, in effect or no longer."""
    query = select(holds.c.action_id).where(
        holds.c.user_id == user_id, holds.c.freezes, holds.c.in_effect.is_(in_effect)
    )
    return connection.execute(query).scalars().all()


def demand_unbarred(connection: Connection, user_id: str) -> None:
    """Raise AccountBarred while an action that freezes is in effect against the person."""
    if freezing(connection, user_id, in_effect=True):
        raise AccountBarred
