"""Keeps visits."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.pagination import Page
from journeyman.visit.v1 import visits_pb2 as pb
from sqlalchemy import Connection, Row, exists, insert, select, update

from visit.day_lists import newest_day_first
from visit.visit_plans.tables import stops
from visit.visits.rules import (
    CheckIn,
    InvalidReason,
    Notes,
    Occasion,
    Place,
    StoreException,
    Visit,
    VisitState,
)
from visit.visits.tables import visits

_columns = visits.c


def add(connection: Connection, visit: Visit, at: datetime) -> None:
    """Keep a new visit."""
    values = {
        "id": visit.id,
        "user_id": visit.user_id,
        "customer_id": visit.customer_id,
        "created_at": at,
        **_changing(visit),
    }
    connection.execute(insert(visits).values(values))


def save(connection: Connection, visit: Visit) -> None:
    """Keep what a visit has become."""
    connection.execute(update(visits).where(_columns.id == visit.id).values(_changing(visit)))


def _changing(visit: Visit) -> dict[str, object]:
    check_in = visit.check_in
    latitude, longitude, accuracy = (check_in and check_in.place) or (None, None, None)
    return {
        "unit_id": visit.occasion.unit_id,
        "plan_stop_id": visit.occasion.plan_stop_id,
        "visit_date": visit.occasion.visit_date,
        "in_sequence": visit.occasion.in_sequence,
        "state": visit.state,
        "checked_in_at": check_in and check_in.at,
        "check_in_captured_at": check_in and check_in.captured_at,
        "check_in_latitude": latitude,
        "check_in_longitude": longitude,
        "check_in_accuracy_meters": accuracy,
        "checklist_at": visit.checklist_at,
        "checklist_captured_at": visit.checklist_captured_at,
        "exceptions": list(visit.exceptions),
        "completed_at": visit.completed_at,
        "valid": visit.valid,
        "invalid_reasons": list(visit.invalid_reasons),
        "customer_opinion": visit.notes.customer_opinion,
        "in_store_sales": visit.notes.in_store_sales,
        "competitor_information": visit.notes.competitor_information,
        "checked_out_at": visit.checked_out_at,
        "version": visit.version,
    }


def find(connection: Connection, visit_id: str) -> Visit | None:
    row = connection.execute(select(visits).where(_columns.id == visit_id)).one_or_none()
    return visit_of(row) if row else None


def read_page(
    connection: Connection, request: pb.ListVisitsRequest, page: Page, scope: RowScope
) -> Sequence[Visit]:
    """Return the visits of a page and one more, newest day first. Raises InvalidFields."""
    query = newest_day_first(visits, _columns.visit_date, request, page, scope)
    if request.customer_id:
        query = query.where(_columns.customer_id == request.customer_id)
    return [visit_of(row) for row in connection.execute(query)]


def stop_is_taken(connection: Connection, stop_id: str, visit_id: str) -> bool:
    """Tell whether another visit than `visit_id` is the stop's."""
    query = exists().where(_columns.plan_stop_id == stop_id, _columns.id != visit_id)
    return bool(connection.execute(select(query)).scalar_one())


def is_in_progress(connection: Connection, user_id: str) -> bool:
    """Tell whether the person is at a customer."""
    query = exists().where(_columns.user_id == user_id, _columns.state == VisitState.IN_PROGRESS)
    return bool(connection.execute(select(query)).scalar_one())


def begun_stops(connection: Connection, stop_ids: Collection[str], by: datetime) -> Collection[str]:
    """Return which of the stops have a visit that had checked in by an instant."""
    query = select(_columns.plan_stop_id).where(
        _columns.plan_stop_id.in_(stop_ids), _columns.checked_in_at <= by
    )
    return frozenset(connection.execute(query).scalars())


def begun_sequences(connection: Connection, user_id: str, day: date) -> Sequence[int]:
    """Return the places in the day's route at which the person has checked in."""
    query = (
        select(stops.c.sequence)
        .join(visits, _columns.plan_stop_id == stops.c.id)
        .where(_columns.user_id == user_id, _columns.visit_date == day, _columns.state != VisitState.OPEN)
    )
    return connection.execute(query).scalars().all()


def visit_of(row: Row[Any]) -> Visit:
    return Visit(
        id=row.id,
        user_id=row.user_id,
        customer_id=row.customer_id,
        occasion=Occasion(row.visit_date, row.unit_id, row.plan_stop_id, row.in_sequence),
        state=VisitState(row.state),
        check_in=_check_in(row),
        checklist_at=row.checklist_at,
        checklist_captured_at=row.checklist_captured_at,
        exceptions=tuple(map(StoreException, row.exceptions)),
        completed_at=row.completed_at,
        invalid_reasons=tuple(map(InvalidReason, row.invalid_reasons)),
        notes=Notes(row.customer_opinion, row.in_store_sales, row.competitor_information),
        checked_out_at=row.checked_out_at,
        version=row.version,
    )


def _check_in(row: Row[Any]) -> CheckIn | None:
    if row.checked_in_at is None:
        return None
    place = None
    if row.check_in_latitude is not None:
        place = Place(row.check_in_latitude, row.check_in_longitude, row.check_in_accuracy_meters)
    return CheckIn(row.checked_in_at, row.check_in_captured_at, place)
