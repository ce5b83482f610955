"""Gives the people of one unit to another."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Connection, Row, any_, case, literal, or_, select, update
from sqlalchemy.dialects.postgresql import UUID

from gateway.identity.users.tables import users


def lock_all(connection: Connection, user_ids: Collection[str], unit_id: str) -> set[str]:
    """Return the ids of these people and of everybody in a unit, whose accounts nobody changes meanwhile."""
    query = select(users.c.id).where(or_(users.c.id.in_(user_ids), users.c.unit_id == unit_id))
    return set(connection.execute(query.order_by(users.c.id).with_for_update(key_share=True)).scalars())


def give_people(
    connection: Connection, user_ids: Collection[str], unit_id: str, to_unit_id: str, at: datetime
) -> Sequence["Row[Any]"]:
    """Write the next version of the accounts; who is in the one unit is in the other from then on."""
    own, to = users.c.unit_id, literal(to_unit_id, users.c.unit_id.type)
    changed = {
        "unit_id": case((own == unit_id, to), else_=own),
        "version": users.c.version + 1,
        "updated_at": at,
    }
    found = users.c.id == any_(literal(sorted(user_ids), ARRAY(UUID(as_uuid=False))))
    return connection.execute(update(users).where(found).values(changed).returning(users)).all()
