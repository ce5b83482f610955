"""The account changes that wait for somebody."""

from collections.abc import Sequence

from chassis.server import Call
from chassis.work import Place, Waiting, Words, behind
from sqlalchemy import ColumnElement, func, null, select

from gateway.identity.account_changes.rules import State
from gateway.identity.account_changes.tables import account_changes
from gateway.identity.users.tables import users

_columns = account_changes.c


class ToDecide:
    """What superiors have to decide, other than what they have filed and what is about themselves."""

    kind = "accountChanges.decide"
    collection = "accountChanges"
    title = Words("Decide on the account of {name}", "审批 {name} 的账号变更")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        return _waiting(call, self.kind, after, limit, _columns.state == State.FILED, _not_mine(call))


class ToCarryOut:
    """What superiors have approved and nobody has carried out."""

    kind = "accountChanges.carryOut"
    collection = "accountChanges"
    title = Words("Carry out the change of the account of {name}", "实施 {name} 的账号变更")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        return _waiting(call, self.kind, after, limit, _columns.state == State.APPROVED, _not_about_me(call))


def _not_about_me(call: Call) -> "ColumnElement[bool]":
    return _columns.user_id.is_distinct_from(call.caller.subject)


def _not_mine(call: Call) -> "ColumnElement[bool]":
    return _not_about_me(call) & (_columns.filed_by != call.caller.subject)


def _waiting(
    call: Call, permission: str, after: Place | None, limit: int, *conditions: "ColumnElement[bool]"
) -> Sequence[Waiting]:
    reached = call.reach(permission).clause(_columns.unit_id, null())
    name = func.coalesce(users.c.display_name, _columns.new_person["display_name"].astext).label("name")
    query = (
        select(_columns.id, _columns.created_at, _columns.due_at, name)
        .join_from(account_changes, users, users.c.id == _columns.user_id, isouter=True)
        .where(reached, *conditions, behind(after, _columns.due_at, _columns.id))
        .order_by(_columns.due_at, _columns.id)
    )
    rows = call.connection.execute(query.limit(limit))
    return [Waiting(row.id, row.created_at, row.due_at, {"name": row.name}) for row in rows]
