"""Open plans follow a person who moves; those of one who leaves end. What has begun stays as it was."""

from collections.abc import Callable, Collection
from datetime import datetime

from chassis.calendar import local_date
from chassis.outbox import Fact
from directory.tree import section_of
from sqlalchemy import Connection

from chassis import notices, outbox
from directory import HandOver, Move
from visit.person_lock import lock_person
from visit.visit_plans import events, rules, store
from visit.visit_plans.rules import Amendment, Plan, PlanState

HANDED_OVER = "HANDED_OVER"  # the reason of the amendment
BegunBy = Callable[[Connection, Collection[str], datetime], Collection[str]]


class PlansFollow:
    """Follows the moves of people, and ends the plans of those who leave.

    Args:
        begun_stops: tells which of some stops had a visit that had checked in by an instant.
    """

    def __init__(self, begun_stops: BegunBy) -> None:
        self._begun_stops = begun_stops

    def move(self, connection: Connection, move: Move) -> None:
        """Take the open plans of a person along to the new unit."""
        lock_person(connection, move.user_id)
        opened = store.open_plans(connection, move.user_id, move.from_unit_id, local_date(move.at))
        for plan_id in opened:
            self._take_along(connection, plan_id, move)

    def _take_along(self, connection: Connection, plan_id: str, move: Move) -> None:
        plan = store.find(connection, plan_id)
        assert plan is not None  # noqa: S101 - plans are never deleted
        begun = self._begun_stops(connection, [stop.id for stop in plan.stops], move.at)
        followed = rules.follow(plan, move.to_unit_id, begun=begun, at=move.at)
        store.save(connection, followed)
        store.write_stops(connection, followed)
        if followed.state is PlanState.SUBMITTED:  # of a draft nobody has heard
            outbox.append(connection, [events.moved(followed)], move.at)

    def hand_over(self, connection: Connection, handed: HandOver) -> None:
        """Take what has not begun out of the plans of a person who leaves: nobody would make these visits.

        A successor has a plan of the own, which is locked (R012), and is told what to plan. Drafts stay: of
        those nobody has heard.
        """
        lock_person(connection, handed.from_user_id)
        section = section_of(connection, handed.to_unit_id)
        for plan_id in store.submitted_plans(connection, handed.from_user_id, local_date(handed.at)):
            plan = store.find(connection, plan_id)
            assert plan is not None  # noqa: S101 - plans are never deleted
            begun = self._begun_stops(connection, [stop.id for stop in plan.stops], handed.at)
            ended, amendment = rules.end(plan, HANDED_OVER, begun=begun, at=handed.at)
            if amendment is None:
                continue
            store.save(connection, ended)
            store.write_stops(connection, ended)
            store.add_amendment(connection, plan.id, amendment)
            facts = [events.amended(ended)]
            if section_of(connection, plan.unit_id) == section:  # R159: nothing is told across sections
                facts.append(_told(ended, amendment, handed))
            outbox.append(connection, facts, handed.at)


def _told(plan: Plan, amendment: Amendment, handed: HandOver) -> Fact:
    resource = f"visitPlans/{plan.id}"
    return notices.raised(
        "visit",
        "visitPlans.handedOver",
        recipients=[handed.to_user_id],
        parameters={"user": plan.user_id, "week": plan.week_start, "count": len(amendment.removed)},
        resource=resource,
        dedupe_key=f"{resource}/handedOver/{plan.version}",
    )
