import csv
import io
import threading
import urllib.request

import pytest
from chassis.jobs import JobRunner
from journeyman.customer.v1 import customers_pb2, customers_pb2_grpc
from journeyman.operations.v1 import operations_pb2, operations_pb2_grpc

Operation = operations_pb2.Operation


class Importing:
    """What a client does to import a file."""

    def __init__(self, channel):
        self.customers = customers_pb2_grpc.CustomerServiceStub(channel)
        self.operations = operations_pb2_grpc.OperationsServiceStub(channel)

    def upload(self, content, content_type=""):
        request = customers_pb2.BeginImportUploadRequest(size_bytes=len(content), content_type=content_type)
        begun = self.customers.BeginImportUpload(request)
        self.put(begun.upload_url, content)
        return begun.upload_id

    def put(self, url, content):
        with urllib.request.urlopen(urllib.request.Request(url, data=content, method="PUT")) as answer:
            assert answer.status in (201, 202)

    def accept(self, upload_id, columns=None, metadata=(), **fields):
        columns = columns or [customers_pb2.ColumnMapping(column="name", field="name")]
        request = customers_pb2.ImportCustomersRequest(upload_id=upload_id, columns=columns, **fields)
        return self.customers.ImportCustomers(request, metadata=metadata).operation_id

    def operation(self, operation_id):
        return self.operations.GetOperation(operations_pb2.GetOperationRequest(operation_id=operation_id))

    def finished(self, operation_id):
        ended = (Operation.STATE_SUCCEEDED, Operation.STATE_FAILED)
        return self.when(operation_id, lambda found: found.state in ended)

    def when(self, operation_id, holds, seconds=60.0):
        """Return the operation once `holds` is true of it."""
        waiting = threading.Event()
        for _ in range(int(seconds / 0.05)):
            found = self.operation(operation_id)
            if holds(found):
                return found
            waiting.wait(0.05)
        pytest.fail(f"still {found}")

    def result(self, operation):
        with urllib.request.urlopen(operation.result_url) as answer:
            return list(csv.DictReader(io.StringIO(answer.read().decode("utf-8-sig"))))

    def reasons(self, operation):
        return [(int(line["row"]), line["reason"], line["column"]) for line in self.result(operation)]

    def listed(self, **filters):
        request = customers_pb2.ListCustomersRequest(page_size=200, order_by="name", **filters)
        return self.customers.ListCustomers(request).customers


@pytest.fixture
def importing(open_channel, org):
    def caller(**claims):
        return Importing(open_channel("customers.*", **{"subject": org.rep, "unit": org.shanghai, **claims}))

    return caller


@pytest.fixture
def working(database, redis_client, parts):
    """A worker, for as long as the test runs."""
    stopped = threading.Event()
    runner = JobRunner("customer", database, redis_client, parts.jobs)
    threads = [threading.Thread(target=loop, args=(stopped,)) for loop in (runner.sweep, runner.work)]
    for thread in threads:
        thread.start()
    yield
    stopped.set()
    for thread in threads:
        thread.join()
