"""The facts of disciplinary actions, and whom they are told to."""

from typing import Any

from chassis.notices import raised as raised_notice
from chassis.outbox import Fact
from journeyman.visit.v1 import events_pb2
from sqlalchemy import Row

from visit.discipline.rules import State

TAKEN = "journeyman.visit.disciplinary_action.taken.v1"
WITHDRAWN = "journeyman.visit.disciplinary_action.withdrawn.v1"


def taken(row: Row[Any]) -> tuple[Fact, Fact]:
    """Return the facts of a step: itself, and that the person is told."""
    notice = raised_notice(
        "visit",
        "disciplinaryActions.taken",
        recipients=[row.user_id],
        parameters={"step": row.step, "date": row.action_date},
        resource=f"disciplinaryActions/{row.id}",
        dedupe_key=f"disciplinary-action-taken:{row.id}",
    )
    return Fact(TAKEN, row.id, 1, _changed(row)), notice


def withdrawn(row: Row[Any]) -> tuple[Fact, Fact]:
    """Return the facts of a step that was taken back: itself, and that the person is told."""
    notice = raised_notice(
        "visit",
        "disciplinaryActions.withdrawn",
        recipients=[row.user_id],
        parameters={"step": row.step, "date": row.action_date},
        resource=f"disciplinaryActions/{row.id}",
        dedupe_key=f"disciplinary-action-withdrawn:{row.id}",
    )
    return Fact(WITHDRAWN, row.id, 2, _changed(row)), notice


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
    )
