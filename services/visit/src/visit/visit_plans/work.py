"""Visit plans as open work: those of this week and the next wait until they are submitted (R014).

They wait for whom a role gives the writing of plans for themselves (scope SELF): an administrator who may do
everything has no plan to hand in.
"""

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta

from chassis.server import Call
from chassis.work import Place, Waiting, Words, behind
from sqlalchemy import select

from chassis import calendar
from directory import UnknownUnit
from visit.organisation import UnitPaths
from visit.visit_plans import rules
from visit.visit_plans.rules import PlanState
from visit.visit_plans.tables import plans
from visit.work_policies.store import policy_for

_WEEK = timedelta(days=7)


class Drafts:
    """Plans of the caller that are drafted and not submitted."""

    kind = "visitPlans.submit"
    collection = "visitPlans"
    title = Words("Submit the visit plan of the week of {week}", "提交{week}当周的拜访计划")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        query = select(plans).where(
            plans.c.user_id == call.caller.subject,
            plans.c.state == PlanState.DRAFT,
            plans.c.week_start.in_(_weeks(call)),
            behind(after, plans.c.due_at, plans.c.id),
        )
        rows = call.connection.execute(query.order_by(plans.c.due_at, plans.c.id).limit(limit))
        return [Waiting(row.id, row.created_at, row.due_at, {"week": row.week_start}) for row in rows]


class Missing:
    """Weeks for which the caller has no plan yet; the resource is the caller.

    Args:
        organisation: knows whose policy holds for the caller's unit.
    """

    kind = "visitPlans.create"
    collection = "users"
    title = Words("Plan the visits of the week of {week}", "制定{week}当周的拜访计划")

    def __init__(self, organisation: UnitPaths) -> None:
        self._organisation = organisation

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        if call.reach("visitPlans.write").owner_id is None:
            return ()
        try:
            return [found for found in self._missing(call) if _is_behind(after, found)][:limit]
        except UnknownUnit:  # nobody plans for it: what else waits must show all the same
            return ()

    def _missing(self, call: Call) -> Iterator[Waiting]:
        """Return the weeks, soonest first. Raises UnknownUnit, Unavailable."""
        units = self._organisation.path(call.caller.unit_id)
        planned = select(plans.c.week_start).where(
            plans.c.user_id == call.caller.subject, plans.c.week_start.in_(_weeks(call))
        )
        known = set(call.connection.execute(planned).scalars())
        for week in _weeks(call):
            if week not in known:
                policy = policy_for(call.connection, units, rules.due_day(week))
                due = rules.due_at(week, policy.clock_in_deadline)
                since = calendar.at(week - _WEEK, time.min)
                yield Waiting(call.caller.subject, since, due, {"week": week})


def _weeks(call: Call) -> Sequence[date]:
    this = calendar.week_of(calendar.local_date(call.now))
    return this, this + _WEEK


def _is_behind(after: Place | None, found: Waiting) -> bool:
    if after is None or after.due is None or found.due is None:
        return after is None
    return (found.due, found.id) > (after.due, after.id)
