"""Serves a service's events by position."""

from journeyman.events.v1 import feed_pb2
from sqlalchemy import text

from chassis.server.call import Call

DEFAULT_PAGE_SIZE = 500
MAX_PAGE_SIZE = 1000

_HEAD = text("SELECT epoch::text, position FROM outbox_head")
_EVENTS = text(
    "SELECT id::text, type, subject, aggregate_version, occurred_at, data, trace_parent, position"
    " FROM outbox WHERE position > :after ORDER BY position LIMIT :size"
)


class EventFeedServicer:
    """Hands the outbox to the other services.

    Events belong to no unit: only who reaches every row sees them.
    """

    contract = feed_pb2.DESCRIPTOR.services_by_name["EventFeedService"]

    def __init__(self, service: str) -> None:
        self._source = f"journeyman.{service}"

    def list_events(self, request: feed_pb2.ListEventsRequest, call: Call) -> feed_pb2.ListEventsResponse:
        if not call.scope.everything:
            return feed_pb2.ListEventsResponse()
        size = min(request.page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        epoch, head = call.connection.execute(_HEAD).one()
        rows = call.connection.execute(_EVENTS, {"after": request.after_position, "size": size})
        response = feed_pb2.ListEventsResponse(epoch=epoch, head_position=head)
        for row in rows:
            event = response.events.add(
                id=row[0],
                source=self._source,
                type=row[1],
                subject=row[2],
                aggregate_version=row[3],
                trace_parent=row[6],
                position=row[7],
            )
            event.time.FromDatetime(row[4])
            event.data.ParseFromString(row[5])
        return response
