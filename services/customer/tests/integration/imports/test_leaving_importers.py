"""Who imports leaves, or is frozen, while the file is being imported."""

from customer.imports import job
from directory.tables import users
from journeyman.operations.v1 import operations_pb2
from sqlalchemy import text

Operation = operations_pb2.Operation


def test_an_import_stops_where_its_importer_is_frozen(importing, parts, database, org, monkeypatch):
    monkeypatch.setattr(job, "BATCH_ROWS", 2)
    caller = importing()
    content = "".join(["name\n", *(f"门店{n}\n" for n in range(6))]).encode()
    operation_id = caller.accept(caller.upload(content))
    beats = iter(range(100))

    def beat():
        if next(beats) == 4:  # three counted the rows, one began the first batch
            with database.begin() as connection:
                connection.execute(users.update().where(users.c.id == org.rep).values(active=False))

    with database.reading() as connection:
        payload = connection.execute(text("SELECT payload FROM job_intents")).scalar_one()
    parts.jobs["customers.import"].run(payload, beat)
    stopped = caller.operation(operation_id)
    assert (stopped.state, stopped.error_reason) == (Operation.STATE_FAILED, "IMPORTER_MAY_NOT")
    assert dict(stopped.counts) == {"created": 2, "rejected": 0}
    assert caller.reasons(stopped) == [(4, "IMPORTER_MAY_NOT", "")]
    assert len(caller.listed()) == 2
