"""Keeps the read model of visits current from visit's events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from chassis.events import Received, store_newer
from google.protobuf.message import Message
from journeyman.visit.v1 import events_pb2
from sqlalchemy import Connection, delete, insert, select

from reporting.visits.days import one_at_a_time, recount, touched
from reporting.visits.tables import planned_stops, violations, visit_plans, visits

FACTS: Sequence[type[Message]] = (
    events_pb2.VisitCompleted,
    events_pb2.VisitPlanChanged,
    events_pb2.ViolationRaised,
)

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows that a batch of events speaks of; a plan has its stops under `stops`."""

    visits: list[Values]
    plans: list[Values]
    violations: list[Values]

    def ids(self) -> dict[str, list[str]]:
        """Return the aggregates that the batch speaks of, by kind."""
        return {
            "visits": [row["id"] for row in self.visits],
            "plans": [row["id"] for row in self.plans],
            "violations": [row["id"] for row in self.violations],
        }


def apply(connection: Connection, received: Sequence[Received[Message]]) -> None:
    """Take over visits, plans and violations, and count again every day that they touch or touched before."""
    batch = batch_of(received)
    if not any(batch.ids().values()):
        return
    one_at_a_time(connection)
    before = touched(connection, batch.ids())
    store_newer(connection, visits, batch.visits)
    store_newer(connection, violations, batch.violations)
    _store_plans(connection, batch.plans)
    recount(connection, before | touched(connection, batch.ids()))


def _store_plans(connection: Connection, plans: Sequence[Values]) -> None:
    """Replace all stops of a plan by those of its newest event: an amendment may have removed some."""
    newer = _newer_plans(connection, plans)
    if not newer:
        return
    store_newer(connection, visit_plans, [{"id": plan["id"], "version": plan["version"]} for plan in newer])
    connection.execute(delete(planned_stops).where(planned_stops.c.plan_id.in_(plan["id"] for plan in newer)))
    if stops := [stop for plan in newer for stop in plan["stops"]]:
        connection.execute(insert(planned_stops), stops)


def _newer_plans(connection: Connection, plans: Sequence[Values]) -> Sequence[Values]:
    newest = {plan["id"]: plan for plan in sorted(plans, key=itemgetter("version"))}
    query = select(visit_plans.c.id, visit_plans.c.version).where(visit_plans.c.id.in_(newest))
    known = {row.id: row.version for row in connection.execute(query)}
    return [plan for plan in newest.values() if plan["version"] > known.get(plan["id"], -1)]


def batch_of(received: Sequence[Received[Message]]) -> Batch:
    """Return the rows of the events of this read model; others are not for it."""
    batch = Batch([], [], [])
    for item in received:
        version = item.event.aggregate_version
        match item.data:
            case events_pb2.VisitCompleted() as visit:
                batch.visits.append(_visit(visit, version))
            case events_pb2.VisitPlanChanged() as plan:
                stops = list(_stops(plan))
                batch.plans.append({"id": plan.visit_plan_id, "version": version, "stops": stops})
            case events_pb2.ViolationRaised() as violation:
                batch.violations.append(_violation(violation, version))
    return batch


def _visit(visit: events_pb2.VisitCompleted, version: int) -> Values:
    return {
        "id": visit.visit_id,
        "version": version,
        "user_id": visit.user_id,
        "unit_id": visit.unit_id,
        "visit_date": date.fromisoformat(visit.visit_date),
        "stop_id": visit.plan_stop_id or None,
        "valid": visit.valid,
        "in_sequence": visit.in_sequence,
        "counted": visit.counted,
    }


def _stops(plan: events_pb2.VisitPlanChanged) -> Iterator[Values]:
    for stop in plan.stops:
        yield {
            "id": stop.stop_id,
            "plan_id": plan.visit_plan_id,
            "user_id": plan.user_id,
            "unit_id": stop.unit_id or plan.unit_id,
            "visit_date": date.fromisoformat(stop.visit_date),
        }


def _violation(violation: events_pb2.ViolationRaised, version: int) -> Values:
    return {
        "id": violation.violation_id,
        "version": version,
        "user_id": violation.user_id,
        "unit_id": violation.unit_id,
        "work_date": date.fromisoformat(violation.work_date),
    }
