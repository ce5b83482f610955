"""Serves a service's events by position, to the other services and to itself."""

from typing import Any, NamedTuple, Self

import psycopg
from google.protobuf import any_pb2
from journeyman.audit.v1 import events_pb2 as audit_pb2
from journeyman.events.v1 import feed_pb2

from chassis.database import Database
from chassis.server.call import Call

DEFAULT_PAGE_SIZE = 500
MAX_PAGE_SIZE = 1000
LOOKED_THROUGH = 10_000  # positions in one call: it must not grow with the table when it finds nothing

_HEAD = "SELECT epoch::text, position FROM outbox_head"
_EVENTS = (
    "SELECT id::text, type, subject, aggregate_version, trace_parent, position,"
    " (date_part('epoch', occurred_at) * 1000000)::bigint, data, audit"
    " FROM outbox WHERE position > %(after)s AND position <= %(until)s"
    # up to the end of the type's name, whose length the second byte is
    " AND (%(types)s::bytea[] IS NULL OR substring(data FROM 1 FOR get_byte(data, 1) + 2) = ANY(%(types)s)"
    "      OR (%(audits)s AND audit IS NOT NULL))"
    " ORDER BY position LIMIT %(size)s"
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
        return _read(call.raw, self._source, request)


class OwnFeed:
    """A service's feed for the service itself, which reads its database and calls nobody."""

    def __init__(self, service: str, database: Database) -> None:
        self._source = f"journeyman.{service}"
        self._database = database

    def ListEvents(  # noqa: N802 - as the stub of the contract has it
        self,
        request: feed_pb2.ListEventsRequest,
        timeout: float,  # noqa: ARG002 - a statement has its own limit
    ) -> feed_pb2.ListEventsResponse:
        return _read(self._database.raw(), self._source, request)


def _read(
    connection: "psycopg.Connection[Any]", source: str, request: feed_pb2.ListEventsRequest
) -> feed_pb2.ListEventsResponse:
    size = min(request.page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    after = request.after_position
    response = feed_pb2.ListEventsResponse()
    for head in connection.execute(_HEAD, prepare=True, binary=True):
        response.epoch, response.head_position = head
    until = min(after + LOOKED_THROUGH, response.head_position)
    rows: list[tuple[Any, ...]] = []
    if until > after:
        wanted = _Wanted.of(request)
        values = {"after": after, "until": until, "size": size, **wanted._asdict()}
        rows = connection.execute(_EVENTS, values, prepare=True, binary=True).fetchall()
        for row in rows:
            _add(response, row, source, wanted)
    response.next_position = response.events[-1].position if len(rows) == size else max(after, until)
    return response


def _beginning(name: str) -> bytes:
    """Return the bytes with which every packed message of this name begins."""
    return any_pb2.Any(type_url=f"type.googleapis.com/{name}").SerializeToString()


_AUDIT = _beginning(audit_pb2.AuditRecorded.DESCRIPTOR.full_name)


class _Wanted(NamedTuple):
    """What is asked for: how its data begins, None for everything; and whether audit entries are."""

    types: list[bytes] | None
    audits: bool

    @classmethod
    def of(cls, request: feed_pb2.ListEventsRequest) -> Self:
        types = [_beginning(name) for name in request.data_types]
        return cls(types or None, not types or _AUDIT in types)


def _add(response: feed_pb2.ListEventsResponse, row: tuple[Any, ...], source: str, wanted: _Wanted) -> None:
    """Add what is wanted of a row: a fact, its audit entry, or both."""
    data, audit = row[-2:]
    if wanted.types is None or data.startswith(tuple(wanted.types)):
        _fill(response.events.add(), row, data, source)
    if wanted.audits and audit:
        event = response.events.add()
        _fill(event, row, audit, source)
        entry = audit_pb2.AuditRecorded.FromString(event.data.value)
        event.type, event.subject = f"{source}.audit.recorded.v1", entry.resource
        event.aggregate_version = 0


def _fill(event: feed_pb2.Event, row: tuple[Any, ...], data: bytes, source: str) -> None:
    """Fill the message by attribute, which costs a fifth of keyword arguments."""
    (
        event.id,
        event.type,
        event.subject,
        event.aggregate_version,
        event.trace_parent,
        event.position,
        microseconds,
        *_,
    ) = row
    event.source = source
    event.time.FromMicroseconds(microseconds)
    event.data.ParseFromString(data)
