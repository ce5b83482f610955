"""Says as of when figures are."""

from journeyman.reporting.v1 import reports_pb2
from sqlalchemy import Connection, text

from reporting.feeds import Feed

_POSITIONS = text(
    "SELECT source, position, caught_up_at FROM consumer_positions"
    " JOIN unnest(CAST(:consumers AS text[]), CAST(:sources AS text[])) AS asked (consumer, source)"
    " USING (consumer, source)"
)


def freshness(connection: Connection, *feeds: Feed) -> reports_pb2.Freshness:
    """Return how much of these feeds the figures hold at least; ask before the figures are read.

    The moment is the oldest at which a feed was known to be drained; without one, when a feed never was.
    """
    values = {"consumers": [feed.consumer for feed in feeds], "sources": [feed.source for feed in feeds]}
    found = connection.execute(_POSITIONS, values).all()
    answer = reports_pb2.Freshness(positions={row.source: row.position for row in found})
    moments = [row.caught_up_at for row in found]
    if len(moments) == len(feeds) and all(moments):
        answer.as_of_time.FromDatetime(min(moments))
    return answer
