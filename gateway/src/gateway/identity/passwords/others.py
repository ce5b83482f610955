"""Somebody else's account, for an administrator who mends how its owner signs in."""

from typing import Any

from chassis.errors import NotFound
from chassis.server import Call
from sqlalchemy import Row

from gateway.identity.org_units.store import OwnTree
from gateway.identity.passwords.rules import OwnAccount
from gateway.identity.roles import store as roles
from gateway.identity.roles.rules import demand_not_stronger
from gateway.identity.roles.store import own_holdings
from gateway.identity.users import store as users


def lock_other(call: Call, tree: OwnTree, user_id: str, permission: str) -> "Row[Any]":
    """Lock an account in the scope of the permission. Raises NotFound, OwnAccount, AccountBeyondOwn."""
    row = users.lock(call.connection, user_id, users.in_scope(call.scope))
    if row is None:
        raise NotFound("user")
    if row.id == call.caller.subject:
        raise OwnAccount
    held = roles.holdings(roles.assignments_of(call.connection, row.id))
    demand_not_stronger(held, own_holdings(call.caller), tree.subtree, right=permission)
    return row
