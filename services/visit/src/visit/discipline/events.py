"""The facts of disciplinary actions, and whom they are told to."""

from typing import Any

from chassis.notices import raised as raised_notice
from chassis.outbox import Fact
from journeyman.visit.v1 import events_pb2
from sqlalchemy import Row

from visit.discipline.rules import State

TAKEN = "journeyman.visit.disciplinary_action.taken.v1"
ENDED = "journeyman.visit.disciplinary_action.ended.v1"
WITHDRAWN = "journeyman.visit.disciplinary_action.withdrawn.v1"


def taken(row: Row[Any]) -> tuple[Fact, Fact]:
    """Return the facts of a step: itself, and that the person is told."""
    return Fact(TAKEN, row.id, 1, _changed(row)), _told(row, "taken")


def ended(row: Row[Any]) -> tuple[Fact, Fact]:
    """Return the facts of a step that has been served: itself, and that the person is told."""
    return Fact(ENDED, row.id, 2, _changed(row)), _told(row, "ended")


def withdrawn(row: Row[Any]) -> tuple[Fact, Fact]:
    """Return the facts of a step that was taken back, perhaps after its end: itself, and a notice."""
    return Fact(WITHDRAWN, row.id, 3, _changed(row)), _told(row, "withdrawn")


def _told(row: Row[Any], what: str) -> Fact:
    return raised_notice(
        "visit",
        f"disciplinaryActions.{what}",
        recipients=[row.user_id],
        parameters={"step": row.step, "date": row.action_date},
        resource=f"disciplinaryActions/{row.id}",
        dedupe_key=f"disciplinary-action-{what}:{row.id}",
    )


def _changed(row: Row[Any]) -> events_pb2.DisciplinaryActionChanged:
    return events_pb2.DisciplinaryActionChanged(
        disciplinary_action_id=row.id,
        user_id=row.user_id,
        unit_id=row.unit_id,
        step=row.step,
        cause=row.cause,
        action_date=row.action_date.isoformat(),
        taken_by_id=row.taken_by_id,
        effective=row.state == State.EFFECTIVE,
        state=row.state,
    )
