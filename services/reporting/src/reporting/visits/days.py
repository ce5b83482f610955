"""The sums by day: counted again from the facts for every day that an event touches, in its transaction.

Counting again instead of adding a difference: a duplicate, a late event or a plan that comes after its visits
cannot make the sums drift from the facts.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text


class Day(NamedTuple):
    """A day of one person in one unit."""

    unit_id: str
    user_id: str
    visit_date: date


_LOCK = text("LOCK TABLE visit_days IN SHARE ROW EXCLUSIVE MODE")

# A visit touches its own day and that of the stop it was made for, which may be another's.
_TOUCHED = text("""
SELECT unit_id::text, user_id::text, visit_date FROM visits WHERE id = ANY(CAST(:visits AS uuid[]))
UNION
SELECT s.unit_id::text, s.user_id::text, s.visit_date FROM visits v JOIN planned_stops s ON s.id = v.stop_id
 WHERE v.id = ANY(CAST(:visits AS uuid[]))
UNION
SELECT unit_id::text, user_id::text, visit_date FROM planned_stops WHERE plan_id = ANY(CAST(:plans AS uuid[]))
UNION
SELECT unit_id::text, user_id::text, work_date FROM violations WHERE id = ANY(CAST(:violations AS uuid[]))
""")

_DAYS = """
unnest(CAST(:units AS uuid[]), CAST(:users AS uuid[]), CAST(:days AS date[]))
 AS day (unit_id, user_id, visit_date)
"""

_RECOUNT = text(f"""
INSERT INTO visit_days AS known
SELECT day.*, visited.*, planned.*, violated.*
FROM {_DAYS}
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE counted), count(*) FILTER (WHERE counted AND valid),
           count(*) FILTER (WHERE stop_id IS NULL)
    FROM visits
    WHERE user_id = day.user_id AND visit_date = day.visit_date AND unit_id = day.unit_id
) AS visited
CROSS JOIN LATERAL (
    SELECT count(*), count(made.in_sequence), count(*) FILTER (WHERE made.in_sequence)
    FROM planned_stops AS stop
    CROSS JOIN LATERAL (SELECT bool_or(in_sequence) FROM visits WHERE stop_id = stop.id) AS made (in_sequence)
    WHERE user_id = day.user_id AND visit_date = day.visit_date AND unit_id = day.unit_id
) AS planned
CROSS JOIN LATERAL (
    SELECT count(*) FROM violations
    WHERE user_id = day.user_id AND work_date = day.visit_date AND unit_id = day.unit_id
) AS violated
ON CONFLICT (unit_id, user_id, visit_date) DO UPDATE SET
    visit_count = excluded.visit_count, valid_count = excluded.valid_count,
    ad_hoc_count = excluded.ad_hoc_count, planned_count = excluded.planned_count,
    visited_stop_count = excluded.visited_stop_count, in_sequence_count = excluded.in_sequence_count,
    violation_count = excluded.violation_count
""")  # noqa: S608 - composed of this module's own text

_FORGET = text(f"""
DELETE FROM visit_days AS known USING {_DAYS}
WHERE known.unit_id = day.unit_id AND known.user_id = day.user_id AND known.visit_date = day.visit_date
  AND known.visit_count + known.ad_hoc_count + known.planned_count + known.violation_count = 0
""")  # noqa: S608 - composed of this module's own text


def one_at_a_time(connection: Connection) -> None:
    """Let no other transaction count until this one ends: neither would see the other's facts."""
    connection.execute(_LOCK)


def touched(connection: Connection, ids: Mapping[str, Sequence[str]]) -> set[Day]:
    """Return the days on which these visits, plans and violations count now."""
    return {Day(*row) for row in connection.execute(_TOUCHED, ids)}


def recount(connection: Connection, days: set[Day]) -> None:
    """Count these days again from the facts; a day without any is forgotten."""
    if not days:
        return
    units, users, dates = zip(*sorted(days), strict=True)
    values = {"units": list(units), "users": list(users), "days": list(dates)}
    connection.execute(_RECOUNT, values)
    connection.execute(_FORGET, values)
