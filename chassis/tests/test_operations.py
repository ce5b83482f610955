from contextlib import ExitStack

import grpc
import pytest
from chassis.operations import OperationsServicer
from chassis.testing import OneUnitEach, serving
from grpc_status import rpc_status
from journeyman.operations.v1 import operations_pb2, operations_pb2_grpc

from chassis import operations

ME, OTHER = (f"00000000-0000-7000-8000-00000000000{n}" for n in (1, 2))


@pytest.fixture
def get(database, clock):
    servicer = OperationsServicer("notes", {}, lambda key: f"https://files/{key}")
    with ExitStack() as stack:
        running = stack.enter_context(
            serving(
                [servicer], database=database, clock=clock, tree=OneUnitEach(), errors={}, service="notes"
            )
        )

        def ask(operation_id, subject=ME):
            channel = stack.enter_context(running.channel(running.issuer.token(subject=subject)))
            stub = operations_pb2_grpc.OperationsServiceStub(channel)
            return stub.GetOperation(operations_pb2.GetOperationRequest(operation_id=operation_id))

        yield ask


@pytest.fixture
def operation(database, clock):
    with database.begin() as connection:
        return operations.create(connection, "notes.import", ME, clock.now())


def test_an_operation_is_watched_to_its_end(database, clock, get, operation):
    public = operations.operation_id("notes", operation)
    assert get(public).state == operations_pb2.Operation.STATE_PENDING
    with database.begin() as connection:
        operations.start(connection, operation, 10, clock.now())
        operations.progress(connection, operation, 4, {"created": 3, "rejected": 1}, clock.now())
    running = get(public)
    assert (running.state, running.progress_done, running.progress_total) == (2, 4, 10)
    assert dict(running.counts) == {"created": 3, "rejected": 1}
    with database.begin() as connection:
        operations.succeed(connection, operation, clock.now(), "imports/result.csv")
    done = get(public)
    assert done.state == operations_pb2.Operation.STATE_SUCCEEDED
    assert done.result_url == "https://files/imports/result.csv"


def test_what_has_succeeded_cannot_fail_later(database, clock, get, operation):
    with database.begin() as connection:
        operations.succeed(connection, operation, clock.now())
        operations.fail(connection, operation, "INTERNAL", clock.now())
    assert get(f"notes.{operation}").state == operations_pb2.Operation.STATE_SUCCEEDED


def test_what_is_given_up_is_not_taken_up_by_a_worker_that_was_overtaken(database, clock, get, operation):
    with database.begin() as connection:
        operations.fail(connection, operation, "CONFLICT", clock.now())
        operations.progress(connection, operation, 5, {}, clock.now())
    assert get(f"notes.{operation}").state == operations_pb2.Operation.STATE_FAILED


def test_a_failure_is_told_in_words(database, clock, get, operation):
    with database.begin() as connection:
        operations.fail(connection, operation, "CONFLICT", clock.now(), "imports/why.csv")
    failed = get(f"notes.{operation}")
    assert failed.result_url == "https://files/imports/why.csv"
    assert failed.error_reason == "CONFLICT"
    assert failed.error_message


@pytest.mark.parametrize(
    "operation_id",
    [
        "customer.{id}",
        "notes.00000000-0000-7000-8000-0000000000ff",
        "notes.{dashes}",
        "notes.00000000000070008000000000000001----",
    ],
)
def test_ids_of_others_are_not_found(get, operation, operation_id):
    with pytest.raises(grpc.RpcError) as refused:
        get(operation_id.format(id=operation, dashes="-" * 36))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_an_operation_of_somebody_else_is_not_found(get, operation):
    with pytest.raises(grpc.RpcError) as refused:
        get(f"notes.{operation}", OTHER)
    status = rpc_status.from_call(refused.value)
    assert status is not None
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
