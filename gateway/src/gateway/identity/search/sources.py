"""What is found of identity: people by name, login name, number and phone; units by name and code."""

from collections.abc import Sequence

from chassis.access import RowScope
from chassis.search import Found, Query, entries
from chassis.server import Call
from sqlalchemy import select

from gateway.identity.org_units import store as unit_store
from gateway.identity.org_units.tables import org_units
from gateway.identity.users import store as user_store
from gateway.identity.users.tables import users


class People:
    """Accounts; the subtitle is the unit."""

    kind = user_store.FOUND_AS
    permission = "users.read"

    def find(self, call: Call, scope: RowScope, query: Query, limit: int) -> Sequence[Found]:
        people = (
            select(users.c.id, users.c.display_name, org_units.c.display_name.label("unit"))
            .join(org_units, org_units.c.id == users.c.unit_id)
            .where(user_store.in_scope(scope))
        )
        rows = entries.best(call.connection, people, users.c.id, kind=self.kind, query=query, limit=limit)
        return [Found(row.id, row.display_name, row.unit) for row in rows]


class Units:
    """Units; the subtitle is the code."""

    kind = unit_store.FOUND_AS
    permission = "orgUnits.read"

    def find(self, call: Call, scope: RowScope, query: Query, limit: int) -> Sequence[Found]:
        visible = unit_store.in_scope(scope, call.caller.unit_id)
        units = select(org_units.c.id, org_units.c.display_name, org_units.c.code).where(visible)
        rows = entries.best(call.connection, units, org_units.c.id, kind=self.kind, query=query, limit=limit)
        return [Found(row.id, row.display_name, row.code) for row in rows]
