"""A whole service as processes: migrate, serve, background, and their end."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest
from chassis.database import Database
from chassis.metrics import Metrics
from chassis.service import Parts
from chassis.service.background import background_threads, make_partitions
from chassis.service.parts import Sweep
from chassis.testing import OneUnitEach
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sqlalchemy import text

KEYS = json.dumps({"a": base64.b64encode(bytes(32)).decode()})
SERVICE = str(Path(__file__).parent / "tiny_service.py")


def two_free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


class Process:
    """One process of the tiny service, with its own environment."""

    def __init__(self, test_database, folder):
        self.keys = folder / "signing-keys.json"
        self.keys.write_text(KEYS)
        self.listen, self.ops = two_free_ports()
        self.environment = {
            **os.environ,
            "JOURNEYMAN_REDIS_URL": os.environ["JOURNEYMAN_TEST_REDIS_URL"],
            "JOURNEYMAN_LISTEN": f"127.0.0.1:{self.listen}",
            "JOURNEYMAN_OPS_LISTEN": f"127.0.0.1:{self.ops}",
            "JOURNEYMAN_STATE_FOLDER": str(folder),
            "JOURNEYMAN_DATABASE_URL": test_database.runtime_url,
            "JOURNEYMAN_OWNER_DATABASE_URL": test_database.owner_url,
            "JOURNEYMAN_IDENTITY_TARGET": "127.0.0.1:1",
            "JOURNEYMAN_CLIENT_ID": "notes",
            "JOURNEYMAN_CLIENT_SECRET": "x",
        }

    def start(self, *command):
        return subprocess.Popen(
            [sys.executable, SERVICE, *command],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def page(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ops}{path}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self):
        return eventually(lambda: self.page("/readyz")[0] == 200)


def eventually(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)  # the pause between two looks at a condition
    return False


@pytest.fixture
def process(test_database, tmp_path):
    return Process(test_database, tmp_path)


def end(running):
    running.send_signal(signal.SIGTERM)
    output, _ = running.communicate(timeout=20)
    return running.returncode, output


def test_a_service_serves_until_it_is_told_to_stop_and_then_drains(process):
    running = process.start("serve")
    try:
        assert process.ready()
        with grpc.insecure_channel(f"127.0.0.1:{process.listen}") as channel:
            health = health_pb2_grpc.HealthStub(channel)
            answer = health.Check(health_pb2.HealthCheckRequest(), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert "journeyman_pool_connections_limit" in process.page("/metrics")[1]
    finally:
        code, output = end(running)
    assert code == 0
    assert '"serving"' in output


def problems(process):
    status, body = process.page("/readyz")
    return json.loads(body)["problems"] if status == 503 else {}


def test_a_service_is_not_ready_before_it_can_verify_a_token(process):
    process.keys.unlink()
    running = process.start("serve")
    try:
        assert eventually(lambda: problems(process).keys() == {"keys"})
    finally:
        end(running)


def test_a_service_starts_while_aged_records_are_read(process, database):
    make_partitions(database)
    with database.begin() as reader:
        reader.execute(text("SELECT ensure_partition('idempotency_records', '2026-01-01', '2026-01-02')"))
    with database.begin() as reader:
        reader.execute(text("SELECT count(*) FROM idempotency_records"))
        running = process.start("serve")
        try:
            assert process.ready()
        finally:
            code, _ = end(running)
    assert code == 0


def test_the_background_relays_what_is_committed(process, database):
    running = process.start("background")
    try:
        assert process.ready()
        with database.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO outbox"
                    " (id, type, subject, aggregate_version, occurred_at, recorded_at, data)"
                    " VALUES (gen_random_uuid(), 't', 's', 1, now(), now(), '')"
                )
            )
        assert eventually(lambda: numbered(database) == 1)
    finally:
        code, _ = end(running)
    assert code == 0


def test_a_thread_that_dies_ends_the_background(database, redis_client):
    runtime = SimpleNamespace(name="notes", database=database, redis=redis_client, doorbell=redis_client)
    runtime.metrics = Metrics()
    stopped = threading.Event()
    parts = Parts(
        servicers=[], tree=OneUnitEach(), errors={}, sweeps=[Sweep("odd", "no number", lambda: None)]
    )
    threads = background_threads(runtime, parts, stopped)
    for thread in threads:
        thread.start()
    assert stopped.wait(10)
    for thread in threads:
        thread.join()


def numbered(database):
    with database.reading() as connection:
        return connection.execute(text("SELECT position FROM outbox_head")).scalar_one()


def test_a_service_waits_for_its_schema_and_says_so(process, test_database):
    owner = Database(test_database.owner_url, "test")
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    running = process.start("serve")
    try:
        assert eventually(lambda: "starting" in process.page("/readyz")[1])
        with owner.begin() as connection:
            connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
        assert process.ready()
    finally:
        end(running)
        owner.close()


def test_migrate_brings_the_schema_and_an_unknown_command_says_what_there_is(process):
    migrating = process.start("migrate")
    output, _ = migrating.communicate(timeout=30)
    assert (migrating.returncode, output) == (0, "notes: schema 0001\n")
    confused = process.start("dance")
    output, _ = confused.communicate(timeout=30)
    assert confused.returncode == 2
    assert "serve | background" in output


def test_a_service_adds_operator_commands_of_its_own(process):
    greeting = process.start("ops", "greet")
    output, _ = greeting.communicate(timeout=30)
    assert (greeting.returncode, output) == (3, "hello from chassis_runtime")
    confused = process.start("ops", "dance")
    output, _ = confused.communicate(timeout=30)
    assert (confused.returncode, output.splitlines()[-1].split()) == (2, ["|", "greet"])
