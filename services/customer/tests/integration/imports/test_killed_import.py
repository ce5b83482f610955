"""An import whose process dies: the real `python -m customer background`, killed."""

import os
import signal
import subprocess
import sys
from base64 import b64encode

import pytest
from journeyman.operations.v1 import operations_pb2
from sqlalchemy import text

ROWS = 6_000
Operation = operations_pb2.Operation


@pytest.fixture
def start_background(test_database, files, files_key, tmp_path, redis_client):
    started = []
    environment = os.environ | {
        "JOURNEYMAN_ENV": "local",
        "JOURNEYMAN_DATABASE_URL": test_database.runtime_url,
        "JOURNEYMAN_REDIS_URL": os.environ["JOURNEYMAN_TEST_REDIS_URL"],
        "JOURNEYMAN_LISTEN": "127.0.0.1:0",
        "JOURNEYMAN_OPS_LISTEN": "127.0.0.1:0",
        "JOURNEYMAN_IDENTITY_TARGET": "127.0.0.1:1",
        "JOURNEYMAN_CLIENT_ID": "customer",
        "JOURNEYMAN_CLIENT_SECRET": "none",
        "JOURNEYMAN_STATE_FOLDER": str(tmp_path),
        "JOURNEYMAN_FILES_FOLDER": str(tmp_path / "files"),
        "JOURNEYMAN_FILES_URL": "http://127.0.0.1:1",
        "JOURNEYMAN_FILES_KEY": b64encode(files_key).decode(),
    }

    def start():
        command = [sys.executable, "-P", "-m", "customer", "background"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def let_time_pass(database):
    """The dead worker's lease has run out, and with it the time for which the job is hidden."""
    with database.begin() as connection:
        connection.execute(text("UPDATE leases SET expires_at = clock_timestamp() WHERE name LIKE 'job:%'"))
        connection.execute(text("UPDATE job_intents SET run_after = clock_timestamp()"))


def test_a_killed_import_goes_on_where_it_was_and_doubles_nothing(importing, start_background, database):
    caller = importing()
    upload = caller.upload("".join(["name\n", *(f"门店{n}\n" for n in range(ROWS))]).encode())
    operation_id = caller.accept(upload)
    victim = start_background()
    caller.when(operation_id, lambda found: found.progress_done > 0)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    broken_off = caller.operation(operation_id)
    assert broken_off.state == Operation.STATE_RUNNING
    assert 0 < broken_off.progress_done < ROWS
    let_time_pass(database)
    start_background()
    done = caller.finished(operation_id)
    assert dict(done.counts) == {"created": ROWS, "rejected": 0}
    counts = "SELECT count(*), count(DISTINCT name) FROM customers"
    facts = "SELECT count(*), count(DISTINCT subject) FROM outbox WHERE type LIKE '%.customer.created.v1'"
    with database.reading() as connection:
        assert tuple(connection.execute(text(counts)).one()) == (ROWS, ROWS)
        assert tuple(connection.execute(text(facts)).one()) == (ROWS, ROWS)
