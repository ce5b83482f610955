"""Visits between protobuf and values."""

from collections.abc import Iterable
from datetime import UTC, datetime

from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from chassis.server import Call
from journeyman.visit.v1 import photos_pb2
from journeyman.visit.v1 import visits_pb2 as pb

from visit.positions import Fix, fill, optional_fix
from visit.times import captured_instant
from visit.visits.rules import CheckIn, ItemsNotTicked, Notes, Place, StoreException, Tick, Visit
from visit.visits.rules import submit_checklist as submit

_EXCEPTIONS = {kind: pb.Checklist.Exception.Value(f"EXCEPTION_{kind}") for kind in StoreException}


def check_in_of(request: pb.CheckInVisitRequest, call: Call) -> CheckIn:
    """Return the check-in that the phone sends. Raises InvalidFields."""
    fix = optional_fix(request, "position")
    captured_at = None
    if request.HasField("captured_time"):
        captured_at = request.captured_time.ToDatetime(UTC)
    return CheckIn(call.now, captured_at, Place(*fix) if fix else None)


def submit_checklist(visit: Visit, request: pb.SubmitChecklistRequest, at: datetime) -> Visit:
    """Return the visit with the checklist.

    Raises what the rule does, InvalidFields for items not ticked and for a phone's clock that is ahead.
    """
    checklist, captured_at = request.checklist, None
    if request.HasField("captured_time"):
        captured_at = captured_instant(request.captured_time, "capturedTime", at)
    ticked = [tick for tick in Tick if getattr(checklist, tick)]
    try:
        return submit(visit, ticked, exceptions_of(checklist), at, captured_at)
    except ItemsNotTicked as refused:
        raise InvalidFields(*map(_not_ticked, refused.missing)) from None


def exceptions_of(checklist: pb.Checklist) -> tuple[StoreException, ...]:
    return tuple(kind for kind, value in _EXCEPTIONS.items() if value in checklist.exceptions)


def _not_ticked(tick: Tick) -> FieldProblem:
    head, *tail = tick.split("_")
    path = f"checklist.{head}{''.join(word.capitalize() for word in tail)}"
    return FieldProblem(path, "NOT_TICKED", "must be done and ticked", "必须完成并勾选")


def notes_of(request: pb.CompleteVisitRequest) -> Notes:
    return Notes(request.customer_opinion, request.in_store_sales, request.competitor_information)


def render(visit: Visit, photos: Iterable[photos_pb2.Photo] = ()) -> pb.Visit:
    """Return a visit as a message."""
    occasion = visit.occasion
    message = pb.Visit(
        id=visit.id,
        user_id=visit.user_id,
        unit_id=occasion.unit_id,
        customer_id=visit.customer_id,
        plan_stop_id=occasion.plan_stop_id or "",
        kind=pb.Visit.KIND_SCHEDULED if occasion.plan_stop_id else pb.Visit.KIND_AD_HOC,
        visit_date=occasion.visit_date.isoformat(),
        state=pb.Visit.State.Value(f"STATE_{visit.state}"),
        photos=photos,
        valid=visit.valid,
        invalid_reasons=[pb.InvalidReason.Value(f"INVALID_REASON_{item}") for item in visit.invalid_reasons],
        in_sequence=occasion.in_sequence,
        customer_opinion=visit.notes.customer_opinion,
        in_store_sales=visit.notes.in_store_sales,
        competitor_information=visit.notes.competitor_information,
        etag=etag(visit.version),
    )
    _render_times(visit, message)
    return message


def _render_times(visit: Visit, message: pb.Visit) -> None:
    if visit.check_in:
        message.check_in_time.FromDatetime(visit.check_in.at)
        if visit.check_in.place:
            fill(message.check_in_position, Fix(*visit.check_in.place))
    if visit.checklist_at:
        message.checklist_time.FromDatetime(visit.checklist_at)
        _render_checklist(visit, message.checklist)
    if visit.completed_at:
        message.complete_time.FromDatetime(visit.completed_at)
    if visit.checked_out_at:
        message.check_out_time.FromDatetime(visit.checked_out_at)


def _render_checklist(visit: Visit, checklist: pb.Checklist) -> None:
    # A checklist is taken only with all items ticked, so they are not kept one by one.
    for tick in Tick:
        setattr(checklist, tick, True)
    checklist.exceptions.extend(_EXCEPTIONS[kind] for kind in visit.exceptions)
