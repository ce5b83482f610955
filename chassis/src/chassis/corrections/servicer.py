"""Answers CorrectionService for the records of one service."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from journeyman.corrections.v1 import corrections_pb2 as pb
from sqlalchemy import Row

from chassis.access.people import demand_person
from chassis.corrections import messages, store
from chassis.corrections.records import Correctable, Record, Values
from chassis.corrections.rules import (
    CorrectionPending,
    FieldsNotCorrectable,
    NothingChanges,
    RecordChanged,
    State,
    demand_correctable,
    demand_decidable,
    demand_unchanged,
    demand_waiting,
    replaced,
)
from chassis.errors import FieldProblem, InvalidFields, NotFound
from chassis.notices import raised
from chassis.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from chassis.server.call import Call

DECIDE = "corrections.decide"


class CorrectionServicer:
    """Answers CorrectionService.

    Args:
        service: name of the service, the owner in its ids.
        correctables: its kinds of record that can be corrected.
    """

    contract = pb.DESCRIPTOR.services_by_name["CorrectionService"]

    def __init__(self, service: str, correctables: Sequence[Correctable]) -> None:
        self._service = service
        self._correctables = {each.collection: each for each in correctables}

    def file_correction(self, request: pb.FileCorrectionRequest, call: Call) -> pb.Correction:
        demand_person(call.caller)
        collection, record_id = self._place(request.record)
        correctable = self._correctable(collection)
        wanted = {path: messages.json_of(path, value) for path, value in request.values.items()}
        record = self._lock(correctable, record_id, call)
        before, after = _change(correctable, record, wanted)
        row = store.add(
            call.connection,
            collection,
            record,
            before=before,
            after=after,
            reason=request.reason,
            filed_by=call.caller.subject,
            at=call.now,
        )
        if row is None:
            raise CorrectionPending
        self._tell_deciders(row, correctable.permission, call)
        call.changed(f"corrections/{row.id}")
        return messages.rendered(self._service, row)

    def get_correction(self, request: pb.GetCorrectionRequest, call: Call) -> pb.Correction:
        reached = store.visible(call, self._correctables.values())
        row = store.find(call.connection, self._own_id(request.correction_id), reached)
        if row is None:
            raise NotFound("correction")
        return messages.rendered(self._service, row)

    def list_corrections(self, request: pb.ListCorrectionsRequest, call: Call) -> pb.ListCorrectionsResponse:
        size = min(request.page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        before_id = messages.id_before(request.page_token)
        try:
            collection, record_id = self._place(request.record) if request.record else ("", "")
        except NotFound:  # of another service, or of none
            return pb.ListCorrectionsResponse()
        rows = store.read_page(
            call.connection,
            store.visible(call, self._correctables.values()),
            state=messages.state_of(request),
            collection=collection,
            record_id=record_id,
            before_id=before_id,
            limit=size + 1,
        )
        response = pb.ListCorrectionsResponse(
            corrections=[messages.rendered(self._service, row) for row in rows[:size]]
        )
        if len(rows) > size:
            response.next_page_token = response.corrections[-1].sort_key
        return response

    def approve_correction(self, request: pb.ApproveCorrectionRequest, call: Call) -> pb.Correction:
        row, record = self._to_decide(request.correction_id, call)
        if record is None or record.is_free:
            raise RecordChanged
        demand_unchanged(row.before, record.values)
        self._correctable(row.collection).correct(call, row.record_id, row.after)
        call.changed(f"{row.collection}/{row.record_id}", sorted(row.after))
        return self._decided(row, record, State.APPROVED, request.note, call)

    def reject_correction(self, request: pb.RejectCorrectionRequest, call: Call) -> pb.Correction:
        row, record = self._to_decide(request.correction_id, call)
        call.changed(f"corrections/{row.id}", ["state"])
        return self._decided(row, record, State.REJECTED, request.note, call)

    def withdraw_correction(self, request: pb.WithdrawCorrectionRequest, call: Call) -> pb.Correction:
        demand_person(call.caller)
        reached = store.visible(call, self._correctables.values())
        row = store.lock(call.connection, self._own_id(request.correction_id), reached)
        if row is None or row.filed_by != call.caller.subject:
            raise NotFound("correction")
        demand_waiting(State(row.state))
        ended = store.decide(call.connection, row.id, State.WITHDRAWN, by=None, note="", at=call.now)
        call.changed(f"corrections/{row.id}", ["state"])
        return messages.rendered(self._service, ended)

    def _place(self, record: str) -> tuple[str, str]:
        service, _, place = record.partition(".")
        if service != self._service:
            raise NotFound("record")
        collection, _, record_id = place.partition("/")
        return collection, _id(record_id, "record")

    def _correctable(self, collection: str) -> Correctable:
        found = self._correctables.get(collection)
        if found is None:
            raise NotFound("record")
        return found

    def _own_id(self, correction_id: str) -> str:
        service, _, id_ = correction_id.partition(".")
        if service != self._service:
            raise NotFound("correction")
        return _id(id_, "correction")

    def _lock(self, correctable: Correctable, record_id: str, call: Call) -> Record:
        """Return a record that the caller may read and correct."""
        record = correctable.lock(call.connection, record_id)
        reaches = (call.scope, call.reach(correctable.permission))
        if record is None or not all(
            reach.covers(unit_id=record.unit_id, owner_id=record.owner_id) for reach in reaches
        ):
            raise NotFound("record")
        return record

    def _to_decide(self, correction_id: str, call: Call) -> tuple[Row[Any], Record | None]:
        """Return a correction that the caller may decide, and its record; both stay as they are."""
        demand_person(call.caller)
        reached = store.visible(call, self._correctables.values())
        row = store.lock(call.connection, self._own_id(correction_id), reached)
        if row is None:
            raise NotFound("correction")
        record = self._correctable(row.collection).lock(call.connection, row.record_id)
        decider, owner_ids = call.caller.subject, _owners(row, record)
        demand_decidable(State(row.state), decider=decider, filed_by=row.filed_by, owner_ids=owner_ids)
        return row, record

    def _decided(
        self, row: Row[Any], record: Record | None, state: State, note: str, call: Call
    ) -> pb.Correction:
        ended = store.decide(call.connection, row.id, state, by=call.caller.subject, note=note, at=call.now)
        call.publish(
            raised(
                self._service,
                f"corrections.{state.lower()}",
                recipients={row.filed_by, *_owners(row, record)},
                parameters={"by_user": call.caller.subject},
                resource=f"corrections/{self._service}.{row.id}",
                dedupe_key=f"corrections/{row.id}/decided",
            )
        )
        return messages.rendered(self._service, ended)

    def _tell_deciders(self, row: Row[Any], readable_by: str, call: Call) -> None:
        call.publish(
            raised(
                self._service,
                "corrections.filed",
                permission=DECIDE,
                unit_id=row.unit_id,
                nearest_only=True,
                readable_by=readable_by,
                passed_over={row.filed_by, row.owner_id},
                parameters={"by_user": row.filed_by},
                resource=f"corrections/{self._service}.{row.id}",
                dedupe_key=f"corrections/{row.id}/filed",
            )
        )


def _owners(row: Row[Any], record: Record | None) -> set[str]:
    """Return whose record it was when the correction was filed, and whose it is today."""
    return {row.owner_id, record.owner_id} if record else {row.owner_id}


def _change(correctable: Correctable, record: Record, wanted: Values) -> tuple[Values, Values]:
    """Return the values before and after, by field. Raises NotCorrectable, InvalidFields."""
    try:
        demand_correctable(wanted, known=record.values, is_free=record.is_free)
        read = correctable.read(wanted)
        before = replaced(record.values, read)
    except FieldsNotCorrectable as error:
        raise InvalidFields(*[replace(_NO_SUCH_FIELD, path=_path(path)) for path in error.paths]) from None
    except NothingChanges:
        raise InvalidFields(_NOTHING_CHANGES) from None
    except InvalidFields as error:
        problems = [replace(problem, path=_path(problem.path)) for problem in error.problems]
        raise InvalidFields(*problems) from None
    return before, {path: read[path] for path in before}


def _path(field: str) -> str:
    return f"values.{field}"


def _id(text: str, resource: str) -> str:
    """Return an id as the database reads it: the contract's pattern allows what is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise NotFound(resource) from None


_NO_SUCH_FIELD = FieldProblem(
    "", "FIELD_NOT_CORRECTABLE", "is no field that a correction changes", "该字段不可更正"
)
_NOTHING_CHANGES = FieldProblem(
    "values", "NOTHING_CHANGES", "are what the record has already", "与记录现有内容相同"
)
