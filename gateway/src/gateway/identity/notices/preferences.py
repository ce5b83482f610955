"""Keeps how people want to be told."""

from collections.abc import Collection, Mapping
from dataclasses import asdict

from sqlalchemy import Connection, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, UUID, insert

from gateway.identity.notices.rules import Preferences
from gateway.identity.notices.tables import notice_preferences as table

_NAMES = tuple(asdict(Preferences()))
_COLUMNS = [table.c[name] for name in _NAMES]


def of(connection: Connection, user_ids: Collection[str]) -> Mapping[str, Preferences]:
    """Return the preferences of people; of who never changed any, those that everybody begins with."""
    found = {user_id: Preferences() for user_id in user_ids}
    people = any_(literal(list(found), ARRAY(UUID(as_uuid=False))))
    query = select(table.c.user_id, *_COLUMNS).where(table.c.user_id == people)
    for user_id, *values in connection.execute(query) if found else ():
        found[user_id] = Preferences(*values)
    return found


def lock(connection: Connection, user_id: str) -> Preferences:
    """Return a person's preferences and keep others from changing them until we commit."""
    values = {"user_id": user_id, **asdict(Preferences()), "muted_groups": []}
    connection.execute(insert(table).values(values).on_conflict_do_nothing())
    query = select(*_COLUMNS).where(table.c.user_id == user_id).with_for_update()
    return Preferences(*connection.execute(query).one())


def save(connection: Connection, user_id: str, wanted: Preferences) -> None:
    values = {**asdict(wanted), "muted_groups": sorted(wanted.muted_groups)}
    connection.execute(table.update().where(table.c.user_id == user_id).values(values))
