"""Keeps track points."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.pagination import Page
from sqlalchemy import Connection, Row, select

from visit.tracks.batch import Batch
from visit.tracks.rules import moment_of
from visit.tracks.tables import track_points

_columns = track_points.c

# Binary parameters (%b): as text, writing and reading the numbers costs as much as the insert itself.
# Ordered: the same points sent twice at once, in different orders, would wait for each other for ever.
_APPEND = """
INSERT INTO track_points
    (user_id, unit_id, device_id, received_at, captured_at, latitude, longitude, accuracy_meters, speed_mps)
SELECT %(user_id)s, %(unit_id)s, %(device_id)s, %(received_at)s,
       timestamptz 'epoch' + point.captured * interval '1 microsecond',
       point.latitude, point.longitude, point.accuracy, point.speed
FROM unnest(%(captured)b::bigint[], %(latitudes)b::float8[], %(longitudes)b::float8[],
            %(accuracies)b::float8[], %(speeds)b::float8[])
    AS point (captured, latitude, longitude, accuracy, speed)
ORDER BY point.captured
ON CONFLICT DO NOTHING
"""


def append(
    connection: Connection, batch: Batch, *, user_id: str, unit_id: str, device_id: str, now: datetime
) -> int:
    """Keep a batch in one statement. Returns how many points were new."""
    if not batch.captured:
        return 0
    parameters = {
        "user_id": user_id,
        "unit_id": unit_id,
        "device_id": device_id,
        "received_at": now,
        "captured": batch.captured,
        "latitudes": batch.latitudes,
        "longitudes": batch.longitudes,
        "accuracies": batch.accuracies,
        "speeds": batch.speeds,
    }
    return connection.exec_driver_sql(_APPEND, parameters).rowcount


def read_page(
    connection: Connection, user_id: str, span: tuple[datetime, datetime], page: Page, scope: RowScope
) -> Sequence[Row[Any]]:
    """Return the rows of a page and one more, oldest first: none for a person outside the scope.

    The span begins with its first instant and ends before its second.
    """
    begin, end = span
    query = (
        select(track_points)
        .where(_columns.user_id == user_id, _columns.captured_at >= begin, _columns.captured_at < end)
        .where(scope.clause(_columns.unit_id, _columns.user_id))
    )
    if key := page.key(moment_of):
        query = query.where(_columns.captured_at > key[0])
    return connection.execute(query.order_by(_columns.captured_at).limit(page.size + 1)).all()


def captured_between(
    connection: Connection, user_id: str, first: datetime, last: datetime
) -> Sequence[datetime]:
    """Return when the person's points of a span of time were captured."""
    query = select(_columns.captured_at).where(
        _columns.user_id == user_id, _columns.captured_at.between(first, last)
    )
    return connection.execute(query).scalars().all()
