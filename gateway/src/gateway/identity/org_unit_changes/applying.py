"""Carries moves and merges out, in the transaction that it is given. The tree is locked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chassis.outbox import Fact
from sqlalchemy import Connection, Row

from gateway.identity.org_unit_changes import messages
from gateway.identity.org_unit_changes.rules import Kind
from gateway.identity.org_units import messages as unit_messages
from gateway.identity.org_units import store as org_units
from gateway.identity.roles import store as roles
from gateway.identity.sessions import revocations
from gateway.identity.sessions.moments import real_now
from gateway.identity.users import messages as user_messages
from gateway.identity.users import moves as users


def carry_out(
    connection: Connection, kind: str, unit_id: str, target_unit_id: str, at: datetime
) -> list[Fact]:
    """Move or merge a unit. Returns the facts to publish, in an order in which others can follow."""
    if kind == Kind.MOVE:
        moved = org_units.change(connection, unit_id, {"parent_id": target_unit_id}, at)
        return [unit_messages.changed(moved)]
    return _merge(connection, unit_id, target_unit_id, at)


def _merge(connection: Connection, unit_id: str, into_id: str, at: datetime) -> list[Fact]:
    """The people come first, then the unit: whoever changes a person's roles there locks in this order."""
    concerned = users.lock_all(connection, roles.holders_over(connection, unit_id), unit_id)
    org_units.lock_alone(connection, unit_id)
    # who joined between the two
    concerned |= users.lock_all(connection, roles.holders_over(connection, unit_id), unit_id)
    closed = org_units.change(connection, unit_id, {"parent_id": into_id, "closed": True}, at)
    children = org_units.give_children(connection, unit_id, into_id, at)
    roles.give(connection, unit_id, into_id)
    people = users.give_people(connection, concerned, unit_id, into_id, at)
    return [
        messages.merged(closed),
        *map(unit_messages.changed, [closed, *children]),
        *_told_of(connection, people),
    ]


def _told_of(connection: Connection, people: Sequence["Row[Any]"]) -> Iterable[Fact]:
    """Return the news of people's new units and roles, and refuse the tokens that name the old ones."""
    ids = [person.id for person in people]
    codes = roles.codes_of(connection, ids)
    yield from (user_messages.changed(person, codes.get(person.id, [])) for person in people)
    yield from revocations.write_all(connection, ids, real_now())
