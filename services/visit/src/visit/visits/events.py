"""The events of visits."""

from chassis.outbox import Fact
from journeyman.visit.v1 import events_pb2

from visit.visits.rules import Visit


def completed(visit: Visit, *, counted: bool) -> Fact:
    occasion = visit.occasion
    data = events_pb2.VisitCompleted(
        visit_id=visit.id,
        user_id=visit.user_id,
        unit_id=occasion.unit_id,
        customer_id=visit.customer_id,
        visit_date=occasion.visit_date.isoformat(),
        plan_stop_id=occasion.plan_stop_id or "",
        valid=visit.valid,
        invalid_reasons=visit.invalid_reasons,
        in_sequence=occasion.in_sequence,
        counted=counted,
    )
    return Fact("journeyman.visit.visit.completed.v1", visit.id, visit.version, data)
