"""The open plans of a person who moves go to the new unit; stops that have begun stay what they were."""

from collections.abc import Callable, Collection
from datetime import datetime

from chassis.calendar import local_date
from sqlalchemy import Connection

from chassis import outbox
from directory import Move
from visit.person_lock import lock_person
from visit.visit_plans import events, rules, store
from visit.visit_plans.rules import PlanState

BegunBy = Callable[[Connection, Collection[str], datetime], Collection[str]]


class PlansFollow:
    """Follows the moves of people.

    Args:
        begun_stops: tells which of some stops had a visit that had checked in by an instant.
    """

    def __init__(self, begun_stops: BegunBy) -> None:
        self._begun_stops = begun_stops

    def __call__(self, connection: Connection, move: Move) -> None:
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
