"""Corrections as open work: what waits for the caller's decision."""

from collections.abc import Sequence

from sqlalchemy import select

from chassis.corrections.records import Correctable
from chassis.corrections.rules import State
from chassis.corrections.servicer import DECIDE
from chassis.corrections.tables import corrections
from chassis.server import Call
from chassis.work import Place, Waiting, Words, behind

_columns = corrections.c


class CorrectionsToDecide:
    """The corrections of one kind of record that the caller may decide."""

    collection = "corrections"
    title = Words("Decide on a correction: {reason}", "审批更正：{reason}")

    def __init__(self, service: str, correctable: Correctable) -> None:
        self.kind = f"corrections.decide{correctable.collection[0].upper()}{correctable.collection[1:]}"
        self._owner = f"{service}."
        self._correctable = correctable

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        me = call.caller.subject
        query = select(_columns.id, _columns.created_at, _columns.reason).where(
            _columns.state == State.FILED,
            _columns.collection == self._correctable.collection,
            call.reach(DECIDE).clause(_columns.unit_id, _columns.owner_id),
            call.reach(self._correctable.permission).clause(_columns.unit_id, _columns.owner_id),
            _columns.filed_by != me,
            _columns.owner_id != me,
            self._correctable.owner_of(_columns.record_id).is_distinct_from(me),
            behind(after, None, _columns.id),
        )
        rows = call.connection.execute(query.order_by(_columns.id).limit(limit))
        return [
            Waiting(row.id, row.created_at, names={"reason": row.reason}, owner=self._owner) for row in rows
        ]
