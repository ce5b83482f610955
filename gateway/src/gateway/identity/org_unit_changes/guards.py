"""Who may move or merge which unit: asked when a change is filed, and again on its day."""

from collections.abc import Iterable

from chassis.access import Caller, UnitTree
from chassis.errors import NotFound
from sqlalchemy import Connection

from gateway.identity.org_unit_changes import rules
from gateway.identity.org_unit_changes.rules import Kind, Plan
from gateway.identity.org_units.rules import UnitNotFound
from gateway.identity.roles import store as roles
from gateway.identity.roles.rules import demand_held

_REORGANISE = "orgUnits.reorganise"
_DISTRIBUTE = "customers.distribute"


def demand_allowed(connection: Connection, plan: Plan, caller: Caller, tree: UnitTree) -> None:
    """Raise unless the tree allows the change and the caller may make it there.

    Raises NotFound or UnitNotFound for what is out of reach, what `rules.demand_possible` raises, SectionLeft
    (R159), and RoleBeyondOwn for a merge that gives others more than the caller holds.
    """
    if not (plan.path and _covers(caller, tree, _REORGANISE, [plan.unit.id])):
        raise NotFound("unit")
    others = [above.id for above in (*plan.path[1:2], *plan.target_path[:1])]
    if not (plan.target_path and _covers(caller, tree, _REORGANISE, others)):
        raise UnitNotFound
    rules.demand_possible(plan)
    ends = [plan.unit.id, plan.target.id]
    if rules.leaves_section(plan) and not _covers(caller, tree, _DISTRIBUTE, ends):
        raise rules.SectionLeft
    if plan.kind is Kind.MERGE:
        for given in roles.holdings_over(connection, plan.unit.id, plan.target.id):
            demand_held(given, roles.own_holdings(caller), tree.subtree)


def _covers(caller: Caller, tree: UnitTree, permission: str, unit_ids: Iterable[str]) -> bool:
    scope = caller.reach(permission, tree)
    return all(scope.covers(unit_id=unit_id, owner_id=None) for unit_id in unit_ids)
