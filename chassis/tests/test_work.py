"""Open work of several kinds is one list, however it is paged."""

import uuid
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from chassis.testing import OneUnitEach, serving
from chassis.work import Waiting, Words, WorkServicer, behind
from journeyman.work.v1 import work_pb2 as pb
from journeyman.work.v1 import work_pb2_grpc
from sqlalchemy import DateTime, column, select, values
from sqlalchemy.dialects.postgresql import UUID

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def id_of(number):
    return str(uuid.UUID(int=number))


class Rows:
    """A source over rows of (id, hours until the deadline), or of ids alone for things without one."""

    title = Words("Decide on {name}", "审批{name}")

    def __init__(self, kind, rows):
        self.kind = kind
        self.collection = kind.partition(".")[0]
        dated = isinstance(rows[0], tuple)
        pairs = [(id_of(row[0]), AT + timedelta(hours=row[1])) if dated else (id_of(row), AT) for row in rows]
        columns = column("id", UUID(as_uuid=False)), column("due_at", DateTime(timezone=True))
        self._rows = values(*columns, name="rows").data(pairs)
        self._due = self._rows.c.due_at if dated else None

    def waiting(self, call, after, limit):
        id_, due = self._rows.c.id, self._due
        order = [id_] if due is None else [due, id_]
        query = select(self._rows).where(behind(after, due, id_)).order_by(*order).limit(limit)
        return [
            Waiting(row.id, AT, None if due is None else row.due_at, {"name": "{the rest}"})
            for row in call.connection.execute(query)
        ]


SOURCES = [
    Rows("plans.submit", [(3, 1), (1, 2), (2, 2), (9, 30)]),
    Rows("orders.pay", [(5, 2), (1, 1), (4, -100)]),
    Rows("plans.accept", [7, 1, 3]),
    Rows("orders.read", [2]),
    Rows("plans.return", [(1, 2), (2, 2)]),
]
IN_ORDER = [
    "orders.pay 4",
    "orders.pay 1",
    "plans.submit 3",
    "orders.pay 5",
    "plans.return 1",
    "plans.return 2",
    "plans.submit 1",
    "plans.submit 2",
    "plans.submit 9",
    "orders.read 2",
    "plans.accept 1",
    "plans.accept 3",
    "plans.accept 7",
]


@pytest.fixture
def server(database, clock):
    with serving(
        [WorkServicer(SOURCES)],
        database=database,
        clock=clock,
        tree=OneUnitEach(),
        errors={},
        service="notes",
    ) as running:
        yield running


@pytest.fixture
def ask(server):
    """Asks for a page as a person."""
    with server.channel(server.issuer.token()) as channel:
        stub = work_pb2_grpc.WorkServiceStub(channel)
        yield lambda language="en", **wanted: stub.ListMyTasks(
            pb.ListMyTasksRequest(**wanted), metadata=[("accept-language", language)]
        )


def named(tasks):
    return [f"{task.kind} {uuid.UUID(task.resource.partition('/')[2]).int}" for task in tasks]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 13, 14])
def test_open_work_is_listed_oldest_deadline_first_however_it_is_paged(ask, size):
    tasks, token = [], ""
    while not tasks or token:
        answer = ask(page_size=size, page_token=token)
        tasks += answer.tasks
        token = answer.next_page_token
        assert len(answer.tasks) <= size
    assert named(tasks) == IN_ORDER
    assert [task.sort_key for task in tasks] == sorted(task.sort_key for task in tasks)


def test_every_sort_key_is_the_token_of_what_follows(ask):
    for place, task in enumerate(ask().tasks, start=1):
        assert named(ask(page_token=task.sort_key).tasks) == IN_ORDER[place:]


def test_the_place_of_a_task_that_is_done_is_still_a_place(ask):
    (first, *_) = ask().tasks
    gone = first.sort_key.replace("orders.pay", "orders.zzz")
    assert named(ask(page_token=gone).tasks) == IN_ORDER[1:]


def test_a_task_says_what_is_to_be_done_since_when_and_until_when(ask):
    (task,) = ask(page_size=1, language="zh-CN").tasks
    assert (task.resource, task.kind, task.title) == (f"orders/{id_of(4)}", "orders.pay", "审批{the rest}")
    assert task.create_time.ToDatetime(UTC) == AT
    assert task.due_time.ToDatetime(UTC) == AT - timedelta(hours=100)
    assert ask().tasks[0].title == "Decide on {the rest}"
    assert not ask().tasks[-1].HasField("due_time")


@pytest.mark.parametrize(
    "token",
    ["x", f"1.plans.submit/{id_of(1)}", f"{'9' * 18}.plans.submit/{id_of(1)}", "~.plans.submit/" + "-" * 36],
)
def test_what_is_no_sort_key_is_refused_as_page_token(ask, token):
    with pytest.raises(grpc.RpcError) as refused:
        ask(page_token=token)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_nothing_waits_for_a_machine(server):
    with server.channel(server.issuer.token("*", person=False)) as channel:
        stub = work_pb2_grpc.WorkServiceStub(channel)
        assert stub.ListMyTasks(pb.ListMyTasksRequest()) == pb.ListMyTasksResponse()
