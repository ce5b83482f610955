"""The first administrator of an organisation that has none: somebody must open the other accounts."""

from datetime import datetime

from chassis.outbox import Fact
from journeyman.audit.v1 import events_pb2 as audit_pb2
from sqlalchemy import Connection, select, text

from chassis import outbox
from gateway.identity.org_units import messages as unit_messages
from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.tables import org_units as units_table
from gateway.identity.roles import store as roles
from gateway.identity.roles.tables import role_assignments
from gateway.identity.sessions import credentials
from gateway.identity.users import messages as user_messages
from gateway.identity.users import store as users
from gateway.identity.users.rules import ACTIVE
from gateway.identity.users.tables import users as users_table

_SERVICE = "identity"
ROLE = "system_admin"
ROOT_CODE = "root"
ROOT_NAME = "集团公司"
_ONE_AT_A_TIME = text("LOCK TABLE role_assignments IN SHARE ROW EXCLUSIVE MODE")


class AdministratorThere(Exception):
    """There is an administrator who can open accounts."""


def create(connection: Connection, username: str, password_hash: str, at: datetime) -> None:
    """Open the account with every permission everywhere, in a root unit that is made where there is none.

    Raises AdministratorThere, UsernameTaken.
    """
    connection.execute(_ONE_AT_A_TIME)
    if _is_administered(connection):
        raise AdministratorThere
    unit_id = _root_id(connection, at)
    values = {
        "username": username,
        "display_name": username,
        "unit_id": unit_id,
        "kind": "EMPLOYEE",
        "state": ACTIVE,
        "certified_at": at,
    }
    row = users.add(connection, values, at)
    credentials.put(connection, row.id, password_hash)
    roles.add(connection, row.id, ROLE, unit_id=unit_id, scope="ALL", at=at)
    facts = [user_messages.changed(row, [ROLE]), _audit(f"users/{row.id}")]
    outbox.append(connection, facts, at)


def _is_administered(connection: Connection) -> bool:
    query = select(users_table.c.id).join(role_assignments, role_assignments.c.user_id == users_table.c.id)
    everywhere = role_assignments.c.role_code == ROLE, role_assignments.c.scope == "ALL"
    able = users_table.c.state == ACTIVE, users_table.c.certified_at.is_not(None)
    active = query.where(*able, *everywhere)
    return connection.execute(active.limit(1)).first() is not None


def _root_id(connection: Connection, at: datetime) -> str:
    found = connection.execute(select(units_table.c.id).where(units_table.c.parent_id.is_(None))).scalar()
    if found is not None:
        return str(found)
    values = {"parent_id": None, "kind": "COMPANY", "code": ROOT_CODE, "display_name": ROOT_NAME}
    row = org_units.add(connection, values, at)
    assert row is not None  # noqa: S101 - without a root there is no unit whose code could be this one
    outbox.append(connection, [unit_messages.changed(row)], at)
    return str(row.id)


def _audit(resource: str) -> Fact:
    data = audit_pb2.AuditRecorded(caller=_SERVICE, method="create-admin", resource=resource)
    return Fact(f"journeyman.{_SERVICE}.audit.recorded.v1", resource, 0, data)
