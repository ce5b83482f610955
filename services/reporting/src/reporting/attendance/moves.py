"""Remembers the units that people leave: a day that was missed counts for the unit of that day."""

from chassis.calendar import local_date
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from directory import Move
from reporting.attendance.tables import former_units


def follow(connection: Connection, move: Move) -> None:
    """Remember that a person leaves a unit. The day of a move belongs to the unit in which it ends."""
    row = {"user_id": move.user_id, "left_on": local_date(move.at), "unit_id": move.from_unit_id}
    connection.execute(insert(former_units).values(row).on_conflict_do_nothing())
