"""What waits for people in a service: its capabilities name it, WorkService lists it, oldest deadline first.

A capability adds what waits in it by a source, and app.py gives the sources to `WorkServicer`::

    class Duties:
        kind = "duties.fulfil"
        collection = "duties"
        title = Words("Fulfil the duty {name}", "履行职责：{name}")

        def waiting(self, call, after, limit):
            mine = columns.owner_id == call.caller.subject, columns.state == "OPEN"
            query = select(duties).where(*mine, behind(after, columns.due_at, columns.id))
            rows = call.connection.execute(query.order_by(columns.due_at, columns.id).limit(limit))
            return [Waiting(row.id, row.created_at, row.due_at, {"name": row.name}) for row in rows]

with an index that the query reads in its order, here on (owner_id, due_at, id) WHERE state = 'OPEN'. What of
a collection sometimes has a deadline and sometimes none is two sources. Where nothing has one, `due` is None
and the order is by id alone, which is the order in which things were made.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol, Self
from uuid import UUID

from journeyman.work.v1 import work_pb2 as pb
from sqlalchemy import ColumnElement, literal, true, tuple_

from chassis.errors import Language
from chassis.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, foreign_token
from chassis.server import Call

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOWEST_ID, _HIGHEST_ID = str(UUID(int=0)), str(UUID(int=2**128 - 1))
_NO_DEADLINE = "~"  # behind every digit
_SORT_KEY = re.compile(r"(~|[0-9]{18})\.([a-zA-Z]{1,40}\.[a-zA-Z]{1,40})/([0-9a-f-]{36})")


class Words(NamedTuple):
    """A title in both languages; it may name values in braces."""

    english: str
    chinese: str

    def of(self, language: Language, values: Mapping[str, object]) -> str:
        return (self.chinese if language == "zh" else self.english).format_map(values)


class Waiting(NamedTuple):
    """One thing that waits for the caller: its id, since when, until when, and what the title names.

    `owner` stands before the id where the collection's ids carry their service, such as `visit.`.
    """

    id: str
    since: datetime
    due: datetime | None = None
    names: Mapping[str, object] = {}
    owner: str = ""


class Place(NamedTuple):
    """Where a page begins: behind the thing that is due then and has this id."""

    due: datetime | None
    id: str


class TaskSource(Protocol):
    """One kind of thing that waits for people.

    Attributes:
        kind: what is to be done, such as `approvalTasks.decide`; no other source of the platform has it,
            but one whose things have a deadline where these have none.
        collection: where the things are, such as `approvalTasks`.
        title: what is to be done, in words.
    """

    kind: str
    collection: str
    title: Words

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        """Return the first `limit` things behind a place (None: from the start) that wait for the caller.

        They come in the order of their deadline, then their id, a UUID. The caller is a person.
        """


def behind(
    after: Place | None, due: ColumnElement[datetime] | None, id_: ColumnElement[str]
) -> ColumnElement[bool]:
    """Return the condition of the rows behind a place; `due` is never NULL, or None where nothing has one."""
    if after is None:
        return true()
    if due is None:
        return id_ > after.id if after.due is None else true()
    if after.due is None:
        return literal(
            value=False
        )  # false() swallows the conditions beside it, and with them what joins tables
    return tuple_(due, id_) > tuple_(literal(after.due, due.type), literal(after.id, id_.type))


class WorkServicer:
    """Lists what waits for the caller in this service."""

    contract = pb.DESCRIPTOR.services_by_name["WorkService"]

    def __init__(self, sources: Sequence[TaskSource]) -> None:
        self._sources = sources

    def list_my_tasks(self, request: pb.ListMyTasksRequest, call: Call) -> pb.ListMyTasksResponse:
        if not call.caller.is_person:  # nothing waits for a machine
            return pb.ListMyTasksResponse()
        size = min(request.page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        after = _Key.read(request.page_token) if request.page_token else None
        found = [
            _task(source, waiting, call.language)
            for source in self._sources
            for waiting in source.waiting(call, after and after.place_in(source.kind), size + 1)
        ]
        found.sort(key=lambda task: task.sort_key)
        response = pb.ListMyTasksResponse(tasks=found[:size])
        if len(found) > size:
            response.next_page_token = found[size - 1].sort_key
        return response


class _Key(NamedTuple):
    """The sort key of a task, whose text sorts as the tasks of all services do."""

    due: datetime | None
    kind: str
    id: str

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a page token. Raises InvalidFields for what is no sort key."""
        found = _SORT_KEY.fullmatch(text)
        if not found:
            raise foreign_token()
        due, kind, id_ = found.groups()
        try:
            return cls(
                None if due == _NO_DEADLINE else _EPOCH + int(due) * _MICROSECOND, kind, str(UUID(id_))
            )
        except (ValueError, OverflowError):
            raise foreign_token() from None

    def place_in(self, kind: str) -> Place:
        """Return the same place among the things of a kind: of what is due together, kinds stand in order."""
        if kind == self.kind:
            return Place(self.due, self.id)
        return Place(self.due, _HIGHEST_ID if kind < self.kind else _LOWEST_ID)

    def __str__(self) -> str:
        due = _NO_DEADLINE if self.due is None else f"{(self.due - _EPOCH) // _MICROSECOND:018d}"
        return f"{due}.{self.kind}/{self.id}"


def _task(source: TaskSource, waiting: Waiting, language: Language) -> pb.Task:
    task = pb.Task(
        resource=f"{source.collection}/{waiting.owner}{waiting.id}",
        kind=source.kind,
        title=source.title.of(language, waiting.names),
        sort_key=str(_Key(waiting.due, source.kind, waiting.id)),
    )
    task.create_time.FromDatetime(waiting.since)
    if waiting.due is not None:
        task.due_time.FromDatetime(waiting.due)
    return task
