"""Completed visits change only by a correction (R136)."""

from dataclasses import replace

from chassis.corrections import Record, Values, canonical
from chassis.server import Call
from google.protobuf.json_format import ParseDict
from journeyman.visit.v1 import visits_pb2 as pb
from sqlalchemy import ColumnElement, Connection, select

from visit.person_lock import lock_person
from visit.visits import messages, store
from visit.visits.rules import Notes, Visit
from visit.visits.tables import visits

_EXCEPTIONS = "checklist.exceptions"
_NOTES = {
    "customerOpinion": "customer_opinion",
    "inStoreSales": "in_store_sales",
    "competitorInformation": "competitor_information",
}
_ANY_VISIT = "00000000-0000-0000-0000-000000000000"


class CompletedVisits:
    """What was heard and found on a visit can be corrected; place, times and photos are evidence."""

    collection = "visits"
    permission = "visits.read"

    def lock(self, connection: Connection, record_id: str) -> Record | None:
        visit = _locked(connection, record_id)
        if visit is None:
            return None
        return Record(
            id=visit.id,
            unit_id=visit.occasion.unit_id,
            owner_id=visit.user_id,
            is_free=visit.completed_at is None,
            values=_values(visit),
        )

    def owner_of(self, record_id: "ColumnElement[str]") -> "ColumnElement[str]":
        return select(visits.c.user_id).where(visits.c.id == record_id).scalar_subquery()

    def read(self, values: Values) -> Values:
        notes = {path: value for path, value in values.items() if path in _NOTES}
        checklist = {path: value for path, value in values.items() if path == _EXCEPTIONS}
        read = {**canonical(notes, pb.CompleteVisitRequest(visit_id=_ANY_VISIT))}
        if checklist:
            empty = pb.SubmitChecklistRequest(visit_id=_ANY_VISIT, checklist=pb.Checklist())
            found = canonical(checklist, empty)[_EXCEPTIONS]
            read |= {_EXCEPTIONS: sorted(found, key=pb.Checklist.Exception.Value)}
        return read

    def correct(self, call: Call, record_id: str, values: Values) -> None:
        visit = _locked(call.connection, record_id)
        assert visit is not None  # noqa: S101 - it was locked before
        corrected = {**_values(visit), **values}
        checklist = ParseDict({"exceptions": corrected[_EXCEPTIONS]}, pb.Checklist())
        store.save(
            call.connection,
            replace(
                visit,
                notes=Notes(**{name: corrected[path] for path, name in _NOTES.items()}),
                exceptions=messages.exceptions_of(checklist),
                version=visit.version + 1,
            ),
        )


def _locked(connection: Connection, visit_id: str) -> Visit | None:
    visit = store.find(connection, visit_id)
    if visit is None:
        return None
    lock_person(connection, visit.user_id)
    return store.find(connection, visit_id)


def _values(visit: Visit) -> Values:
    notes = {path: getattr(visit.notes, name) for path, name in _NOTES.items()}
    return {**notes, _EXCEPTIONS: [f"EXCEPTION_{exception}" for exception in visit.exceptions]}
